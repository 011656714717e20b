//! A signing key on its way into the store and out again: sealed, and for one place only.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::signing::Life;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_store::signing_keys::{Duty, SigningPublic, SigningSealed};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::making::Making;

/// A fresh key for a duty, which has not begun to sign.
pub(crate) fn make(duty: Duty, making: Making<'_>) -> Result<SigningSealed, Fault> {
    let algorithm = match duty {
        Duty::Token => Algorithm::EcdsaP256Sha256,
        Duty::Ledger => Algorithm::Ed25519,
    };
    let key = SigningKey::generate(algorithm, making.entropy)?;
    let id = key.thumbprint().to_owned();
    let jwk: Zeroizing<String> = key.to_jwk();
    let sealed = making.sealer.seal(jwk.as_bytes(), &purpose(duty, &id), making.entropy)?;
    let jwk = key.public().map(PublicKey::to_jwk).ok_or(Fault::Corrupt("a signing key"))?;
    let (created_at, life) = (making.clock.now(), Life::default());
    let public = SigningPublic { id, duty, algorithm, jwk, created_at, life };
    Ok(SigningSealed { public, sealed })
}

/// The key as it signs.
pub(crate) fn open(key: &SigningSealed, making: Making<'_>) -> Result<SigningKey, Fault> {
    let purpose = purpose(key.public.duty, &key.public.id);
    let opened = making.sealer.open(&key.sealed, &purpose)?;
    let jwk = std::str::from_utf8(&opened).map_err(|_| Fault::Corrupt("a signing key"))?;
    Ok(SigningKey::from_jwk(jwk)?)
}

/// What a sealed key is for: one that was moved to another place does not open.
fn purpose(duty: Duty, id: &str) -> String {
    format!("signing-key:{}:{id}", duty.as_str())
}
