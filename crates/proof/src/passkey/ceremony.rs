//! The two ceremonies: a passkey registered, and a passkey used (Web Authentication, section 7).

use super::authenticator::AuthenticatorData;
use super::cbor::Reader;
use super::client;
use super::cose::CoseKey;
use super::refused::Refused;
use crate::opaque::sha256;

/// The longest attestation object, in bytes.
const MAX_ATTESTATION: usize = 8_192;
/// The longest signature, in bytes: one of RSA with 8192 bits.
const MAX_SIGNATURE: usize = 1_024;

/// What a ceremony has to be about.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// What was asked, as bytes; unpredictable, and used once.
    pub challenge: &'a [u8],
    /// The origin of the page that asked, compared exactly.
    pub origin: &'a str,
    /// The relying party: the host of that origin.
    pub rp_id: &'a str,
}

/// What a browser answers when a passkey was made.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `attestationObject`.
    pub attestation: &'a [u8],
}

/// A passkey that was made for here, by a verified person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its id, 16 to 1023 bytes.
    pub credential_id: Vec<u8>,
    /// Its public key in COSE.
    pub public_key: Vec<u8>,
    /// How often it has signed.
    pub sign_count: u32,
}

/// What a browser answers when a passkey was used.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `signature`.
    pub signature: &'a [u8],
}

/// Registers a passkey (section 7.1). Attestation is not asked for, and a statement is refused:
/// the format has to be `none`.
pub fn register(
    given: &Registration<'_>,
    expected: &Expectation<'_>,
) -> Result<Registered, Refused> {
    client::check(given.client_data, "webauthn.create", expected.challenge, expected.origin)?;
    let data = attested(given.attestation)?;
    let data = AuthenticatorData::read(data, expected.rp_id)?;
    let credential = data.credential.ok_or(Refused::Malformed("there is no new credential"))?;
    Ok(Registered {
        credential_id: credential.id.to_vec(),
        public_key: credential.key.to_vec(),
        sign_count: data.sign_count,
    })
}

/// Holds the use of a passkey against its key in COSE and how often it is known to have signed
/// (section 7.2): how often it has signed now. The caller keeps that, in the same breath.
pub fn assert(
    given: &Assertion<'_>,
    public_key: &[u8],
    sign_count: u32,
    expected: &Expectation<'_>,
) -> Result<u32, Refused> {
    client::check(given.client_data, "webauthn.get", expected.challenge, expected.origin)?;
    let data = AuthenticatorData::read(given.authenticator_data, expected.rp_id)?;
    if data.credential.is_some() {
        return Err(Refused::Malformed("there is a new credential"));
    }
    if given.signature.len() > MAX_SIGNATURE {
        return Err(Refused::Malformed("the signature is longer than any"));
    }
    let signed = [given.authenticator_data, &sha256(given.client_data)].concat();
    CoseKey::read(public_key)?.verify(&signed, given.signature)?;
    let counted = sign_count != 0 || data.sign_count != 0;
    if counted && data.sign_count <= sign_count {
        return Err(Refused::Count);
    }
    Ok(data.sign_count)
}

/// The authenticator data of an attestation object (section 6.5.4) whose format is `none`
/// (section 8.7).
fn attested(bytes: &[u8]) -> Result<&[u8], Refused> {
    if bytes.len() > MAX_ATTESTATION {
        return Err(Refused::Malformed("the attestation is longer than 8192 bytes"));
    }
    let mut reader = Reader::new(bytes);
    let (mut format, mut statement, mut data) = (None, None, None);
    for _ in 0..reader.map()? {
        let twice = match reader.text()? {
            "fmt" => format.replace(reader.text()?).is_some(),
            "attStmt" => statement.replace(reader.map()?).is_some(),
            "authData" => data.replace(reader.bytes()?).is_some(),
            _ => return Err(Refused::Malformed("the attestation has another member")),
        };
        if twice {
            return Err(Refused::Malformed("a member of the attestation is there twice"));
        }
        if statement.is_some_and(|members| members != 0) {
            return Err(Refused::Malformed("the attestation is not `none`"));
        }
    }
    reader.end()?;
    match (format, statement, data) {
        (Some("none"), Some(0), Some(data)) => Ok(data),
        _ => Err(Refused::Malformed("the attestation is not `none`")),
    }
}
