//! The issuer's key, as the store tells gateways of it.

use bailiwick_domain::signing::Life;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::SigningKey;
use bailiwick_store::Store;
use bailiwick_store::signing_keys::{Duty, SigningPublic, SigningSealed};

/// Publishes a key, which signs from the beginning of time on.
pub async fn begin(store: &Store, issuer: &SigningKey) {
    let public = SigningPublic {
        id: issuer.thumbprint().to_owned(),
        duty: Duty::Token,
        algorithm: issuer.algorithm(),
        jwk: issuer.public().unwrap().to_jwk(),
        created_at: Timestamp::default(),
        life: Life { signs_from: Some(Timestamp::default()), ..Life::default() },
    };
    let mut tx = store.begin().await.unwrap();
    tx.signing_keys().insert(&SigningSealed { public, sealed: Vec::new() }).await.unwrap();
    tx.save().await.unwrap();
}

/// Changes the life of a key that is published.
pub async fn change(store: &Store, issuer: &SigningKey, life: Life) {
    let mut tx = store.begin().await.unwrap();
    assert!(tx.signing_keys().update(issuer.thumbprint(), life).await.unwrap());
    tx.save().await.unwrap();
}
