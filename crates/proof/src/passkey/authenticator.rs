//! What the authenticator says and signs (Web Authentication, section 6.1).

use super::cbor::Reader;
use super::cose::CoseKey;
use super::refused::Refused;
use crate::opaque::sha256;

/// The longest, in bytes.
const MAX_BYTES: usize = 4_096;
/// How long a credential's id is, in bytes (section 4, "Credential ID", and section 7.1, step 25).
const ID_BYTES: std::ops::RangeInclusive<usize> = 16..=1_023;

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ELIGIBLE_FOR_BACKUP: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;

const SHORT: Refused = Refused::Malformed("the authenticator data is broken off");

/// Authenticator data that is of this relying party and says that the person was verified.
pub(super) struct AuthenticatorData<'a> {
    /// How often the key has signed; 0 where that is not counted.
    pub(super) sign_count: u32,
    /// The new credential, when there is one.
    pub(super) credential: Option<Credential<'a>>,
}

/// A new credential.
pub(super) struct Credential<'a> {
    pub(super) id: &'a [u8],
    /// Its key in COSE, which has been read and is one that is taken.
    pub(super) key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn read(bytes: &'a [u8], rp_id: &str) -> Result<Self, Refused> {
        if bytes.len() > MAX_BYTES {
            return Err(Refused::Malformed("the authenticator data is longer than 4096 bytes"));
        }
        let (party, rest) = bytes.split_first_chunk::<32>().ok_or(SHORT)?;
        let (&[flags, a, b, c, d], rest) = rest.split_first_chunk::<5>().ok_or(SHORT)?;
        if *party != sha256(rp_id.as_bytes()) {
            return Err(Refused::RelyingParty);
        }
        if flags & PRESENT == 0 || flags & VERIFIED == 0 {
            return Err(Refused::Unverified);
        }
        if flags & BACKED_UP != 0 && flags & ELIGIBLE_FOR_BACKUP == 0 {
            return Err(Refused::Malformed("a backup of what cannot be backed up"));
        }
        let (credential, rest) = match flags & ATTESTED {
            0 => (None, rest),
            _ => Credential::read(rest).map(|(credential, rest)| (Some(credential), rest))?,
        };
        let mut reader = Reader::new(rest);
        if flags & EXTENDED != 0 {
            reader.skip()?;
        }
        reader.end()?;
        Ok(Self { sign_count: u32::from_be_bytes([a, b, c, d]), credential })
    }
}

impl<'a> Credential<'a> {
    /// Attested credential data (section 6.5.1), and what comes after it.
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refused> {
        let (_make, rest) = bytes.split_first_chunk::<16>().ok_or(SHORT)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(SHORT)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if !ID_BYTES.contains(&length) {
            return Err(Refused::Malformed("a credential's id has 16 to 1023 bytes"));
        }
        let (id, rest) = rest.split_at_checked(length).ok_or(SHORT)?;
        let mut reader = Reader::new(rest);
        CoseKey::read_from(&mut reader)?;
        let after = reader.rest();
        let key = rest.get(..rest.len().saturating_sub(after.len())).ok_or(SHORT)?;
        Ok((Self { id, key }, after))
    }
}
