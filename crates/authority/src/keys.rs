//! The authority's own keys: one signs access tokens, one signs the ledger. Made at first start;
//! the private parts rest in the store, sealed.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Clock;
use bailiwick_ledger::checkpoint::Signer;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_store::signing_keys::{Duty, SigningPublic, SigningSealed};
use bailiwick_store::{Store, Tx};
use bailiwick_vault::seal::Sealer;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::fault::Fault;

/// The keys that this installation signs with.
#[derive(Debug)]
pub struct Keys {
    token: SigningKey,
    ledger: SigningKey,
    jwks: String,
}

/// What a key is made with.
#[derive(Debug, Clone, Copy)]
pub struct Making<'a> {
    /// Seals the private part.
    pub sealer: &'a Sealer,
    /// Says when it was made.
    pub clock: &'a Clock,
    /// What it is made of.
    pub entropy: &'a Entropy,
}

impl Keys {
    /// Opens the keys in the store, making those that are not there yet. Several processes may
    /// start at once: whoever comes first makes them.
    pub async fn open(store: &Store, making: Making<'_>) -> Result<Self, Fault> {
        let mut tx = store.begin().await?;
        let token = newest(&mut tx, Duty::Token, making).await?;
        let ledger = newest(&mut tx, Duty::Ledger, making).await?;
        let published = tx.signing_keys().list(Duty::Token).await?;
        tx.save().await?;
        let jwks = published.iter().map(|key| public_jwk(&key.public)).collect::<Result<_, _>>()?;
        Ok(Self { token, ledger, jwks: json!({ "keys": Value::Array(jwks) }).to_string() })
    }

    /// The key that signs access tokens (ES256).
    pub fn token(&self) -> &SigningKey {
        &self.token
    }

    /// The signer of the ledger of this name, with the key that is for ledgers (Ed25519).
    pub fn ledger(&self, origin: &str) -> Result<Signer, Fault> {
        let seed = self.ledger.secret().try_into().map_err(|_| Fault::Corrupt("a signing key"))?;
        Ok(Signer::from_seed(origin, seed)?)
    }

    /// The JWK set that access tokens verify with (RFC 7517, section 5).
    pub fn jwks(&self) -> String {
        self.jwks.clone()
    }
}

async fn newest(tx: &mut Tx, duty: Duty, making: Making<'_>) -> Result<SigningKey, Fault> {
    if let Some(key) = tx.signing_keys().list(duty).await?.into_iter().next() {
        let opened = making.sealer.open(&key.sealed, &purpose(duty, &key.public.id))?;
        let jwk = std::str::from_utf8(&opened);
        return Ok(SigningKey::from_jwk(jwk.map_err(|_| Fault::Corrupt("a signing key"))?)?);
    }
    let algorithm = match duty {
        Duty::Token => Algorithm::EcdsaP256Sha256,
        Duty::Ledger => Algorithm::Ed25519,
    };
    let key = SigningKey::generate(algorithm, making.entropy)?;
    let id = key.thumbprint().to_owned();
    let jwk: Zeroizing<String> = key.to_jwk();
    let sealed = making.sealer.seal(jwk.as_bytes(), &purpose(duty, &id), making.entropy)?;
    let jwk = key.public().map(PublicKey::to_jwk).ok_or(Fault::Corrupt("a signing key"))?;
    let created_at = making.clock.now();
    let public = SigningPublic { id, duty, algorithm, jwk, created_at };
    tx.signing_keys().insert(&SigningSealed { public, sealed }).await?;
    Ok(key)
}

/// What a sealed key is for: one that was moved to another place does not open.
fn purpose(duty: Duty, id: &str) -> String {
    format!("signing-key:{}:{id}", duty.as_str())
}

fn public_jwk(key: &SigningPublic) -> Result<Value, Fault> {
    let jwk: Value =
        serde_json::from_str(&key.jwk).map_err(|_| Fault::Corrupt("a published key"))?;
    let Value::Object(mut members) = jwk else { return Err(Fault::Corrupt("a published key")) };
    members.insert("kid".to_owned(), json!(key.id));
    members.insert("use".to_owned(), json!("sig"));
    members.insert("alg".to_owned(), json!("ES256"));
    Ok(Value::Object(members))
}
