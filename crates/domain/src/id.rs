//! Typed identifiers: a prefix that says what is named, and a part that sorts by time.
//!
//! The sortable part is 48 bits of Unix milliseconds and 80 bits that make it unique, written as 26
//! lower-case Crockford base32 digits (the alphabet and layout of ULID).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use crate::entropy::Entropy;
use crate::time::Timestamp;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// What an identifier names; decides its prefix.
pub trait Named {
    /// The prefix, underscore included.
    const PREFIX: &'static str;
}

/// Names an agent.
pub enum OfAgent {}
/// Names a key of an agent.
pub enum OfKey {}
/// Names an invite.
pub enum OfInvite {}
/// Names a trusted issuer.
pub enum OfIssuer {}
/// Names one request's record in the ledger; sent to the upstream as `X-Request-ID`.
pub enum OfRecord {}
/// Names an access token; its `jti`.
pub enum OfToken {}
/// Names an operator's admin token.
pub enum OfOperator {}
/// Names a project.
pub enum OfProject {}
/// Names a grant: what one lets another do.
pub enum OfGrant {}
/// Names a task.
pub enum OfTask {}
/// Names a person; the `sub` of tokens that act for them.
pub enum OfPerson {}
/// Names a person's sign-in.
pub enum OfSession {}
/// Names a person's passkey.
pub enum OfPasskey {}
/// Names an approval.
pub enum OfApproval {}

impl Named for OfAgent {
    const PREFIX: &'static str = "agt_";
}
impl Named for OfKey {
    const PREFIX: &'static str = "key_";
}
impl Named for OfInvite {
    const PREFIX: &'static str = "inv_";
}
impl Named for OfIssuer {
    const PREFIX: &'static str = "iss_";
}
impl Named for OfRecord {
    const PREFIX: &'static str = "rec_";
}
impl Named for OfToken {
    const PREFIX: &'static str = "tok_";
}
impl Named for OfOperator {
    const PREFIX: &'static str = "opr_";
}
impl Named for OfProject {
    const PREFIX: &'static str = "prj_";
}
impl Named for OfGrant {
    const PREFIX: &'static str = "grt_";
}
impl Named for OfTask {
    const PREFIX: &'static str = "tsk_";
}
impl Named for OfPerson {
    const PREFIX: &'static str = "psn_";
}
impl Named for OfPasskey {
    const PREFIX: &'static str = "pky_";
}
impl Named for OfSession {
    const PREFIX: &'static str = "ses_";
}
impl Named for OfApproval {
    const PREFIX: &'static str = "apr_";
}

/// An agent's identifier, `agt_…`.
pub type AgentId = Id<OfAgent>;
/// A key's identifier, `key_…`.
pub type KeyId = Id<OfKey>;
/// An invite's identifier, `inv_…`.
pub type InviteId = Id<OfInvite>;
/// A trusted issuer's identifier, `iss_…`.
pub type IssuerId = Id<OfIssuer>;
/// A record's identifier, `rec_…`; also the request's id.
pub type RecordId = Id<OfRecord>;
/// A token's identifier, `tok_…`.
pub type TokenId = Id<OfToken>;
/// An operator's identifier, `opr_…`.
pub type OperatorId = Id<OfOperator>;
/// A project's identifier, `prj_…`.
pub type ProjectId = Id<OfProject>;
/// A grant's identifier, `grt_…`.
pub type GrantId = Id<OfGrant>;
/// A task's identifier, `tsk_…`.
pub type TaskId = Id<OfTask>;
/// A person's identifier, `psn_…`.
pub type PersonId = Id<OfPerson>;
/// A passkey's identifier, `pky_…`.
pub type PasskeyId = Id<OfPasskey>;
/// A sign-in's identifier, `ses_…`.
pub type SessionId = Id<OfSession>;
/// An approval's identifier, `apr_…`.
pub type ApprovalId = Id<OfApproval>;

/// An identifier of one kind of thing: 128 bits, printed as prefix and 26 digits.
pub struct Id<K> {
    bits: u128,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: expected {prefix} and 26 base32 digits")]
pub struct NotAnId {
    prefix: &'static str,
}

impl<K: Named> Id<K> {
    /// A fresh identifier for this instant.
    pub fn fresh(now: Timestamp, entropy: &Entropy) -> Self {
        let mut random = [0_u8; 16];
        entropy.fill(&mut random);
        Self::at(now, u128::from_be_bytes(random))
    }

    /// An identifier for this instant whose unique part is the low 80 bits of `unique`.
    pub fn at(now: Timestamp, unique: u128) -> Self {
        let millis = u128::from(now.as_millis().unsigned_abs()) & 0xffff_ffff_ffff;
        Self::from_bits((millis << 80) | (unique & ((1 << 80) - 1)))
    }

    /// The identifier with these bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self { bits, kind: PhantomData }
    }

    /// The 128 bits: a key for maps.
    pub const fn bits(self) -> u128 {
        self.bits
    }

    /// Writes prefix and digits into `out` without going through the formatter.
    pub fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(K::PREFIX.as_bytes());
        out.extend_from_slice(&digits(self.bits));
    }
}

fn digits(bits: u128) -> [u8; LENGTH] {
    let mut rest = bits;
    let mut text = [b'0'; LENGTH];
    for digit in text.iter_mut().rev() {
        let low = usize::try_from(rest & 31).unwrap_or(0);
        *digit = DIGITS.get(low).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    text
}

impl<K: Named> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let refused = NotAnId { prefix: K::PREFIX };
        let Some(tail) = text.strip_prefix(K::PREFIX) else { return Err(refused) };
        if tail.len() != LENGTH {
            return Err(refused);
        }
        let mut bits: u128 = 0;
        for (place, byte) in tail.bytes().enumerate() {
            let Some(value) = DIGITS.iter().position(|digit| *digit == byte) else {
                return Err(refused);
            };
            // 26 digits hold 130 bits: the first may not exceed 7, or two texts would name one id.
            if place == 0 && value > 7 {
                return Err(refused);
            }
            bits = (bits << 5) | u128::try_from(value).unwrap_or(0);
        }
        Ok(Self::from_bits(bits))
    }
}

impl<K: Named> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(K::PREFIX)?;
        digits(self.bits).iter().try_for_each(|digit| fmt::Write::write_char(f, char::from(*digit)))
    }
}

impl<K: Named> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bits.cmp(&other.bits)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_printed_id_reads_back(bits: u128) {
            let id = AgentId::from_bits(bits);
            prop_assert_eq!(id.to_string().parse::<AgentId>(), Ok(id));
            let mut written = Vec::new();
            id.write(&mut written);
            prop_assert_eq!(written, id.to_string().into_bytes());
        }

        #[test]
        fn ids_sort_by_time(earlier in 0_i64..1 << 47, step in 1_i64..1_000, a: u128, b: u128) {
            let first = KeyId::at(Timestamp::from_millis(earlier), a);
            let second = KeyId::at(Timestamp::from_millis(earlier + step), b);
            prop_assert!(first < second);
            prop_assert!(first.to_string() < second.to_string());
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        let cases = [
            "",
            "agt_",
            "key_00000000000000000000000000",
            "agt_0000000000000000000000000",
            "agt_0000000000000000000000000000",
            "agt_0000000000000000000000000U",
            "agt_80000000000000000000000000",
            "AGT_00000000000000000000000000",
        ];
        for text in cases {
            assert!(text.parse::<AgentId>().is_err(), "{text}");
        }
    }
}
