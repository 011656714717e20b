//! The client's side of a wallet's signature.

use bailiwick_domain::time::Timestamp;

use super::account::{Account, Generation};
use super::candidates::TAG;
use super::check::components;
use crate::keys::{KeyError, SigningKey};
use crate::message::Request;
use crate::sign::{self, Signed, Unsigned};

/// What a wallet's signature is to say.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// In which form it is written.
    pub generation: Generation,
    /// The chain of the account, by number (EIP-155).
    pub chain: u64,
    /// When it is made; whole seconds are sent.
    pub created: Timestamp,
    /// When it stops being valid; whole seconds are sent.
    pub expires: Timestamp,
    /// What makes it usable once: at least 128 bits that nobody can guess, at most 128 characters.
    pub nonce: &'a str,
}

/// Signs a request with the key of an account. All that its verifier asks to be covered is; a
/// `Content-Digest` for a body has to be among the fields already.
pub fn sign(
    request: &Request<'_>,
    key: &SigningKey,
    signing: &Signing<'_>,
) -> Result<Signed, Unsigned> {
    let address = *key.address().ok_or(KeyError::Unsupported)?;
    let account = Account { chain: signing.chain, address };
    let (label, tag) = match signing.generation {
        Generation::One => ("eth", None),
        Generation::Two => ("request", Some(TAG)),
    };
    let fields = sign::Signing {
        components: &components(signing.generation, request),
        created: signing.created,
        expires: signing.expires,
        nonce: signing.nonce,
        keyid: &account.keyid(signing.generation),
        label,
    };
    sign::sign_tagged(request, key, &fields, tag)
}
