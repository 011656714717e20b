//! Derived signing keys: one proof by an agent's own key buys an hour of cheap ones.
//!
//! The name of a derived key, `drv_…`, says everything about it: which key it descends from, whose
//! it is, for which gateway and until when. The key itself is HKDF-SHA-256 (RFC 5869) of a root
//! secret over that name, so whoever has the same roots makes the same key, and nothing is stored.
//! Another name has another key, which nobody was given: a name that was changed anywhere only
//! leads to a signature that does not verify.
//!
//! Behind `drv_` there is base64url of: version (1 byte), epoch of the root (4), key (16), agent
//! (16), expiry in Unix seconds (8), the first 8 bytes of the SHA-256 of the audience, and 8 random
//! bytes; numbers are big-endian. Version 1 signs for the agent itself; version 2 for one task of
//! its own, and ends with the id of that task's grant (16).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::{AgentId, GrantId, KeyId};
use bailiwick_domain::time::Timestamp;
use zeroize::Zeroizing;

use crate::base64url;
use crate::keys::{KeyError, MacKey};

/// The longest a derived key is good for.
pub const MAX_SECONDS: i64 = 3_600;
/// How far the clocks of who makes a key and who checks it may differ.
const SKEW_SECONDS: i64 = 60;

const PREFIX: &str = "drv_";
const OF_AGENT: u8 = 1;
const OF_TASK: u8 = 2;
const LENGTH: usize = 1 + 4 + 16 + 16 + 8 + 8 + 8;
/// Base64url of so many bytes, without padding: of an agent's key, and of a task's.
const DIGITS: [usize; 2] = [(LENGTH * 4).div_ceil(3), ((LENGTH + 16) * 4).div_ceil(3)];
/// Sets these keys apart from whatever else is ever derived from the same secrets.
const SALT: &[u8] = b"bailiwick derived signing key 1";

/// The name of a derived key; a signature's `keyid`. One value has one text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DerivedKeyId {
    epoch: u32,
    key: KeyId,
    agent: AgentId,
    expires: i64,
    audience: [u8; 8],
    unique: [u8; 8],
    under: Option<GrantId>,
}

/// Why a text does not name a derived key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a derived key: expected drv_ and 82 or 103 base64url characters")]
pub struct NotDerived;

impl DerivedKeyId {
    /// Whether a `keyid` claims to name a derived key.
    pub fn is_claimed(keyid: &str) -> bool {
        keyid.starts_with(PREFIX)
    }

    /// The key whose proof bought this one. It has to be in force for as long as this one is used.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The agent it signs for, which has to be the one that the key above belongs to.
    pub fn agent(&self) -> AgentId {
        self.agent
    }

    /// The grant of the task that it signs for; none where it signs for the agent itself.
    pub fn under(&self) -> Option<GrantId> {
        self.under
    }

    /// When it stops being good.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.expires)
    }

    /// Whether it is good at this instant and at this gateway: not expired, made for no more than
    /// an hour, and for this audience.
    pub fn check(&self, now: Timestamp, audience: &str) -> Result<(), Denial> {
        if now >= self.expires_at() {
            return Err(Denial::CredentialExpired);
        }
        if self.expires_at() > now.plus_seconds(MAX_SECONDS + SKEW_SECONDS) {
            return Err(Denial::CredentialMalformed("a derived key is good for one hour at most"));
        }
        if self.audience != shorten(audience) {
            return Err(Denial::CredentialUnknown);
        }
        Ok(())
    }

    fn to_bytes(self) -> Vec<u8> {
        let version = if self.under.is_some() { OF_TASK } else { OF_AGENT };
        let under = self.under.map(|grant| grant.bits().to_be_bytes());
        let parts: [&[u8]; 8] = [
            &[version],
            &self.epoch.to_be_bytes(),
            &self.key.bits().to_be_bytes(),
            &self.agent.bits().to_be_bytes(),
            &self.expires.to_be_bytes(),
            &self.audience,
            &self.unique,
            under.as_ref().map_or(&[], <[u8; 16]>::as_slice),
        ];
        parts.concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let [version] = take(&mut rest)?;
        let mut id = Self {
            epoch: u32::from_be_bytes(take(&mut rest)?),
            key: KeyId::from_bits(u128::from_be_bytes(take(&mut rest)?)),
            agent: AgentId::from_bits(u128::from_be_bytes(take(&mut rest)?)),
            expires: i64::from_be_bytes(take(&mut rest)?),
            audience: take(&mut rest)?,
            unique: take(&mut rest)?,
            under: None,
        };
        match version {
            OF_AGENT => {}
            OF_TASK => id.under = Some(GrantId::from_bits(u128::from_be_bytes(take(&mut rest)?))),
            _ => return None,
        }
        rest.is_empty().then_some(id)
    }
}

impl FromStr for DerivedKeyId {
    type Err = NotDerived;

    fn from_str(text: &str) -> Result<Self, NotDerived> {
        let digits = text.strip_prefix(PREFIX).filter(|digits| DIGITS.contains(&digits.len()));
        let bytes = digits.and_then(base64url::decode).ok_or(NotDerived)?;
        Self::from_bytes(&bytes).ok_or(NotDerived)
    }
}

impl fmt::Display for DerivedKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", base64url::encode(&self.to_bytes()))
    }
}

impl fmt::Debug for DerivedKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// For whom a key is to be derived.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The key that proved the request for it.
    pub key: KeyId,
    /// The agent that key belongs to.
    pub agent: AgentId,
    /// The grant of the task that it is for, if it is for one.
    pub under: Option<GrantId>,
    /// The gateway it is for, by the name that gateway checks.
    pub audience: &'a str,
    /// How long it is to be good; beyond an hour, it is an hour.
    pub ttl_seconds: u32,
}

/// The root secrets, by epoch. New keys descend from the current one; those of earlier epochs are
/// kept for the hour that keys which descend from them may still be good.
pub struct Roots {
    current: u32,
    secrets: BTreeMap<u32, Prk>,
}

/// There is no secret for the epoch that is said to be the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the current epoch has no root secret: no key can be derived")]
pub struct NoCurrentRoot;

impl Roots {
    /// Roots of these epochs, each of 256 unpredictable bits.
    pub fn new(
        current: u32,
        secrets: impl IntoIterator<Item = (u32, Zeroizing<[u8; 32]>)>,
    ) -> Result<Self, NoCurrentRoot> {
        let salt = Salt::new(HKDF_SHA256, SALT);
        let extract = |(epoch, secret): (u32, Zeroizing<[u8; 32]>)| (epoch, salt.extract(&*secret));
        let secrets: BTreeMap<u32, Prk> = secrets.into_iter().map(extract).collect();
        if secrets.contains_key(&current) {
            Ok(Self { current, secrets })
        } else {
            Err(NoCurrentRoot)
        }
    }

    /// A fresh name of the current epoch. Its secret is [`Roots::secret`].
    pub fn name(&self, wanted: &Wanted<'_>, now: Timestamp, entropy: &Entropy) -> DerivedKeyId {
        let lifetime = i64::from(wanted.ttl_seconds).min(MAX_SECONDS);
        DerivedKeyId {
            epoch: self.current,
            key: wanted.key,
            agent: wanted.agent,
            expires: now.plus_seconds(lifetime).as_seconds(),
            audience: shorten(wanted.audience),
            unique: entropy.bytes(),
            under: wanted.under,
        }
    }

    /// The secret of the key with this name: what the caller is given, sealed. An epoch that is not
    /// here, or no longer, is an unknown credential.
    pub fn secret(&self, id: &DerivedKeyId) -> Result<Zeroizing<[u8; 32]>, Denial> {
        let root = self.secrets.get(&id.epoch).ok_or(Denial::CredentialUnknown)?;
        expand(root, &[&id.to_string()]).ok_or(Denial::Unavailable)
    }

    /// Another secret of the current epoch, for this purpose and no other. It is none of a derived
    /// key: their names begin with `drv_`.
    pub fn branch(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, NoCurrentRoot> {
        let root = self.secrets.get(&self.current).ok_or(NoCurrentRoot)?;
        expand(root, &["branch ", purpose]).ok_or(NoCurrentRoot)
    }

    /// The key with this name, to verify with. That the name may be used now and here is for
    /// [`DerivedKeyId::check`].
    pub fn derive(&self, id: &DerivedKeyId) -> Result<MacKey, Denial> {
        let secret = self.secret(id)?;
        MacKey::new(&*secret).map_err(|_: KeyError| Denial::Unavailable)
    }
}

fn expand(root: &Prk, info: &[&str]) -> Option<Zeroizing<[u8; 32]>> {
    let info: Vec<&[u8]> = info.iter().map(|part| part.as_bytes()).collect();
    let mut secret = Zeroizing::new([0; 32]);
    let okm = root.expand(&info, HKDF_SHA256).ok()?;
    okm.fill(&mut *secret).ok()?;
    Some(secret)
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({} of {:?})", self.current, self.secrets.keys())
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk::<N>()?;
    *rest = others;
    Some(*first)
}

fn shorten(audience: &str) -> [u8; 8] {
    let hash = digest(&SHA256, audience.as_bytes());
    hash.as_ref().first_chunk::<8>().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_618_884_473);
    const GATEWAY: &str = "https://gateway.example";

    fn roots(current: u32, epochs: &[u8]) -> Result<Roots, NoCurrentRoot> {
        let secret = |epoch: &u8| (u32::from(*epoch), Zeroizing::new([*epoch; 32]));
        Roots::new(current, epochs.iter().map(secret))
    }

    fn name(ttl_seconds: u32) -> DerivedKeyId {
        name_under(None, ttl_seconds)
    }

    fn name_under(under: Option<GrantId>, ttl_seconds: u32) -> DerivedKeyId {
        let (key, agent) = (KeyId::from_bits(1), AgentId::from_bits(2));
        let wanted = Wanted { key, agent, under, audience: GATEWAY, ttl_seconds };
        let entropy = Entropy::new(|buffer| buffer.fill(9));
        roots(7, &[7]).unwrap().name(&wanted, NOW, &entropy)
    }

    fn check(id: DerivedKeyId, after_seconds: i64, audience: &str, expected: Option<&Denial>) {
        assert_eq!(id.check(NOW.plus_seconds(after_seconds), audience).err().as_ref(), expected);
    }

    #[test]
    fn a_name_is_good_until_it_expires_and_where_it_was_made_for() {
        let expired = Some(&Denial::CredentialExpired);
        check(name(600), 0, GATEWAY, None);
        check(name(600), 599, GATEWAY, None);
        check(name(600), 600, GATEWAY, expired);
        check(name(0), 0, GATEWAY, expired);
        check(name(u32::MAX), 3_599, GATEWAY, None);
        check(name(u32::MAX), 3_600, GATEWAY, expired);
        check(name(600), 0, "https://gateway.example/", Some(&Denial::CredentialUnknown));
        check(name(600), 0, "", Some(&Denial::CredentialUnknown));
    }

    #[test]
    fn a_name_that_nobody_here_would_make_is_refused() {
        let made = |expires| DerivedKeyId { expires, ..name(600) };
        let hour = Denial::CredentialMalformed("a derived key is good for one hour at most");
        check(made(NOW.as_seconds() + 3_660), 0, GATEWAY, None);
        check(made(NOW.as_seconds() + 3_661), 0, GATEWAY, Some(&hour));
        check(made(i64::MAX), 0, GATEWAY, Some(&hour));
        check(made(i64::MIN), 0, GATEWAY, Some(&Denial::CredentialExpired));
    }

    /// Computed by another program: HKDF of RFC 5869 written out with HMAC.
    #[test]
    fn the_key_is_the_one_that_others_compute() {
        let id = name(600);
        assert_eq!(
            id.to_string(),
            "drv_AQAAAAcAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAgAAAABgfjnRe6f4TTRAfpcJCQkJCQkJCQ"
        );
        assert_eq!((id.key(), id.agent()), (KeyId::from_bits(1), AgentId::from_bits(2)));
        let secret = roots(7, &[7]).unwrap().secret(&id).unwrap();
        assert_eq!(
            crate::hex::encode(&*secret),
            "6c70b86702b800ef82626b6b73a200b551bcce49e6889c3e24baf5cb10028d62"
        );
    }

    #[test]
    fn an_epoch_that_is_not_here_has_no_keys() {
        assert_eq!(roots(7, &[6, 8]).map(drop), Err(NoCurrentRoot));
        let later = roots(8, &[7, 8]).unwrap();
        assert!(later.derive(&name(600)).is_ok());
        let much_later = roots(9, &[8, 9]).unwrap();
        assert_eq!(much_later.derive(&name(600)).map(drop), Err(Denial::CredentialUnknown));
        assert_eq!(format!("{later:?}"), "Roots(8 of [7, 8])");
    }

    #[test]
    fn another_root_makes_another_key() {
        let id = name(600);
        let other = Roots::new(7, [(7, Zeroizing::new([8; 32]))]).unwrap();
        let own = roots(7, &[7]).unwrap();
        assert_ne!(*other.secret(&id).unwrap(), *own.secret(&id).unwrap());
    }

    #[test]
    fn the_key_of_a_task_is_another_and_names_it() {
        let (own, tasked) = (name(600), name_under(Some(GrantId::from_bits(3)), 600));
        let read: DerivedKeyId = tasked.to_string().parse().unwrap();
        assert_eq!((read, read.under(), own.under()), (tasked, Some(GrantId::from_bits(3)), None));
        let roots = roots(7, &[7]).unwrap();
        assert_ne!(*roots.secret(&own).unwrap(), *roots.secret(&tasked).unwrap());
        let mut taken_off = tasked.to_string();
        taken_off.replace_range(4..6, "AQ");
        assert_eq!(taken_off.parse::<DerivedKeyId>(), Err(NotDerived));
        let zero = name_under(Some(GrantId::from_bits(0)), 600);
        assert_eq!(zero.to_string().parse::<DerivedKeyId>().unwrap().under(), zero.under());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let text = name(600).to_string();
        let longer = format!("{text}A");
        let padded = format!("{}=", &text[..85]);
        let version = text.replacen("drv_AQ", "drv_Ag", 1);
        let prefix = text.replacen("drv_", "DRV_", 1);
        // The last character holds four bits, two of which no byte holds.
        let loose = format!("{}{}", &text[..85], if text.ends_with('k') { 'l' } else { '_' });
        let cases = ["", "drv_", &text[4..], &text[..85], &longer, &padded, &version, &prefix];
        for case in cases.into_iter().chain([&*loose]) {
            assert_eq!(case.parse::<DerivedKeyId>(), Err(NotDerived), "{case}");
        }
    }
}
