//! One wallet's signature, read and bounded but not yet verified.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use sfv::{BareItem, FieldType as _, InnerList, List, ListEntry, Parameters, StringRef};

use super::account::{Account, Generation};
use super::refused::Refused;
use crate::keys::wallet::personal_hash;
use crate::message::{self, Request};

/// The most bytes of one signature: a contract's may be long.
const MAX_SIGNATURE_BYTES: usize = 8 * 1024;
/// The most components.
const MAX_COMPONENTS: usize = 32;
/// The most parameters.
const MAX_PARAMETERS: usize = 16;
/// The longest nonce.
const MAX_NONCE: usize = 128;

/// A wallet's signature as a request presents it.
#[derive(Debug, Clone)]
pub struct Presented {
    message: message::Presented,
    generation: Generation,
    account: Account,
    pub(super) created: i64,
    pub(super) expires: i64,
    nonce: Option<Box<str>>,
}

impl Presented {
    /// Reads a candidate. The engine below is given the strict form of what was parsed here, so
    /// that what is checked and what is verified are the same (ERC-8128, duplicate keys).
    pub(super) fn read(
        list: &InnerList,
        signature: Option<&ListEntry>,
        generation: Generation,
    ) -> Result<Self, Refused> {
        let signature = bytes(signature)?;
        if list.items.len() > MAX_COMPONENTS || list.params.len() > MAX_PARAMETERS {
            return Err(Refused::SignatureTooLarge);
        }
        if list.params.contains_key("alg") {
            return Err(Refused::UnsupportedAlgorithm);
        }
        let keyid = list.params.get("keyid").and_then(BareItem::as_string);
        let keyid = keyid.ok_or(Refused::InvalidKeyid)?;
        let account = Account::from_keyid(keyid.as_str(), generation)?;
        let (created, expires) = times(&list.params).ok_or(Refused::InvalidTime)?;
        let nonce = nonce(&list.params)?;
        let message = engine(list, signature)?;
        Ok(Self { message, generation, account, created, expires, nonce })
    }

    /// In which of the two forms it is written.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The account that is said to have signed.
    pub fn account(&self) -> Account {
        self.account
    }

    /// When the signer says that it was made.
    pub fn created_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.created)
    }

    /// When it stops being valid. A spent nonce is kept until then, and the skew longer.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.expires)
    }

    /// The nonce (ERC-8128, section 3.1.2): 1 to 128 characters. Signatures without one could be
    /// used again, and are not taken. That it is spent only once, for this account, is for the
    /// caller to see to, last of all checks.
    pub fn nonce(&self) -> Result<&str, Refused> {
        self.nonce.as_deref().ok_or(Refused::NonceRequired)
    }

    /// Whether the component with this name is covered whole.
    pub fn covers(&self, name: &str) -> bool {
        self.message.covers(name)
    }

    /// The signature base (RFC 9421, section 2.5). A component that is covered and that the
    /// request does not have makes the signature bad.
    pub fn base(&self, request: &Request<'_>) -> Result<Vec<u8>, Refused> {
        self.message.base(request).map_err(|_| Refused::BadSignature)
    }

    /// What the account signs for this request: the hash of the base as a message (ERC-191).
    pub fn hash(&self, request: &Request<'_>) -> Result<[u8; 32], Refused> {
        self.base(request).map(|base| personal_hash(&base))
    }

    pub(super) fn signature(&self) -> &[u8] {
        self.message.signature()
    }
}

fn bytes(signature: Option<&ListEntry>) -> Result<&[u8], Refused> {
    let item = match signature {
        Some(ListEntry::Item(item)) => item.bare_item.as_byte_sequence(),
        Some(ListEntry::InnerList(_)) | None => None,
    };
    let bytes = item.ok_or(Refused::SignatureInputInvalid("a label has no signature"))?;
    if bytes.len() > MAX_SIGNATURE_BYTES {
        return Err(Refused::SignatureTooLarge);
    }
    Ok(bytes)
}

fn times(parameters: &Parameters) -> Option<(i64, i64)> {
    let seconds = |name: &str| parameters.get(name)?.as_integer().map(i64::from);
    let (created, expires) = (seconds("created")?, seconds("expires")?);
    (expires > created).then_some((created, expires))
}

fn nonce(parameters: &Parameters) -> Result<Option<Box<str>>, Refused> {
    let Some(nonce) = parameters.get("nonce") else { return Ok(None) };
    let text = nonce.as_string().map(StringRef::as_str);
    let fits = text.filter(|text| (1..=MAX_NONCE).contains(&text.len()));
    fits.map(|text| Some(text.into())).ok_or(Refused::InvalidNonce)
}

fn engine(list: &InnerList, signature: &[u8]) -> Result<message::Presented, Refused> {
    let text = List::from([ListEntry::InnerList(list.clone())]).serialize();
    let text = text.ok_or(Refused::SignatureInputInvalid("a signature covers nothing readable"))?;
    message::Presented::of_member(&text, signature.to_vec()).map_err(|denial| match denial {
        Denial::CredentialMalformed(detail) => Refused::SignatureInputInvalid(detail),
        _ => Refused::SignatureInputInvalid("what the signature covers cannot be read"),
    })
}
