//! Which of a request's signatures are a wallet's, in the order they came (ERC-8128, section 3.5).

use http::HeaderMap;
use http::header::HeaderName;
use sfv::{BareItem, Dictionary, InnerList, ListEntry, Parser};

use super::account::Generation;
use super::failures::Failures;
use super::presented::Presented;
use super::refused::Refused;
use crate::message::{MAX_FIELD_BYTES, SIGNATURE, SIGNATURE_INPUT};

/// The most candidates of one request.
const MAX_CANDIDATES: usize = 8;
/// The tag of the second generation, and the namespace of the first: no candidate lacks it.
pub(super) const TAG: &str = "erc8128";

/// The signatures of a request that claim to be a wallet's.
#[derive(Debug, Clone)]
pub struct Candidates {
    read: Vec<Result<Presented, Refused>>,
    others: usize,
}

impl Candidates {
    /// Finds them. None when no signature has the tag `erc8128` and none without a tag has a
    /// `keyid` that begins with `erc8128:`; the request may then be signed otherwise. Where a
    /// parameter or a label comes twice, the last counts.
    ///
    /// Refused as a whole, before any cryptography, are fields that cannot be read, fields over
    /// 16 KiB, and more than eight candidates.
    pub fn find(headers: &HeaderMap) -> Result<Option<Self>, Refused> {
        if !headers.get_all(SIGNATURE_INPUT).iter().any(|line| mentions(line.as_bytes(), TAG)) {
            return Ok(None);
        }
        let inputs = dictionary(headers, &SIGNATURE_INPUT)?;
        let chosen = || inputs.iter().filter_map(|(label, member)| Some((label, claim(member)?)));
        let count = chosen().count();
        if count == 0 {
            return Ok(None);
        }
        if count > MAX_CANDIDATES {
            return Err(Refused::SignatureTooLarge);
        }
        if !headers.contains_key(SIGNATURE) {
            return Err(Refused::SignatureMissing);
        }
        let signatures = dictionary(headers, &SIGNATURE)?;
        let read = chosen().map(|(label, (list, generation))| {
            Presented::read(list, signatures.get(label), generation)
        });
        let others = inputs.len().saturating_sub(count);
        Ok(Some(Self { read: read.collect(), others }))
    }

    /// How many signatures of another kind stand beside them. The draft lets them stand; who takes
    /// exactly one way of identifying refuses them.
    pub fn others(&self) -> usize {
        self.others
    }

    /// The first that can be read and that `check` takes, with what it gives. A candidate that
    /// fails never hides one after it; when none wins, the reason is chosen by [`Failures`].
    pub fn select<T>(
        self,
        mut check: impl FnMut(&Presented) -> Result<T, Refused>,
    ) -> Result<(Presented, T), Refused> {
        let mut failures = Failures::default();
        for candidate in self {
            let checked = candidate.and_then(|it| check(&it).map(|given| (it, given)));
            match checked {
                Ok(won) => return Ok(won),
                Err(refused) => failures.add(refused),
            }
        }
        Err(failures.reason())
    }
}

/// One after another, in the order of the field; what cannot be read says why.
impl IntoIterator for Candidates {
    type Item = Result<Presented, Refused>;
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.read.into_iter()
    }
}

/// The inner list of a member that claims to be a wallet's signature.
fn claim(member: &ListEntry) -> Option<(&InnerList, Generation)> {
    let ListEntry::InnerList(list) = member else { return None };
    let generation = match list.params.get("tag") {
        Some(BareItem::String(tag)) if tag.as_str() == TAG => Generation::Two,
        None if is_first(list) => Generation::One,
        _ => return None,
    };
    Some((list, generation))
}

fn is_first(list: &InnerList) -> bool {
    let keyid = list.params.get("keyid").and_then(BareItem::as_string);
    let named = keyid.and_then(|keyid| keyid.as_str().strip_prefix(TAG));
    named.is_some_and(|rest| rest.starts_with(':'))
}

/// All lines of a field as one dictionary (RFC 9651, section 4.2).
fn dictionary(headers: &HeaderMap, name: &HeaderName) -> Result<Dictionary, Refused> {
    let mut field = Vec::new();
    for line in headers.get_all(name) {
        if !field.is_empty() {
            field.extend_from_slice(b", ");
        }
        if field.len().saturating_add(line.len()) > MAX_FIELD_BYTES {
            return Err(Refused::SignatureTooLarge);
        }
        field.extend_from_slice(line.as_bytes());
    }
    let parsed = Parser::new(&field).parse();
    parsed.map_err(|_| Refused::SignatureInputInvalid("a signature field cannot be read"))
}

fn mentions(field: &[u8], word: &str) -> bool {
    field.windows(word.len()).any(|window| window == word.as_bytes())
}
