//! The keys by which gateways tell APIs of requests, published beside the authority's own: an API
//! takes both from one place.

use bailiwick_domain::time::Timestamp;
use bailiwick_store::Store;
use serde_json::{Map, Value, json};

use crate::fault::Fault;

/// The JWK set, and in it those of the gateways' keys that count now (RFC 7517, section 5).
pub(crate) async fn beside(jwks: &str, store: &Store, now: Timestamp) -> Result<String, Fault> {
    let published = store.read().await?.transaction_keys().list(now).await?;
    if published.is_empty() {
        return Ok(jwks.to_owned());
    }
    let mut set: Map<String, Value> = read(jwks)?;
    let keys = set.get_mut("keys").and_then(Value::as_array_mut);
    let keys = keys.ok_or(Fault::Corrupt("a published key"))?;
    for key in published {
        let mut members = read(&key.jwk)?;
        members.insert("kid".to_owned(), json!(key.id));
        members.insert("use".to_owned(), json!("sig"));
        members.insert("alg".to_owned(), json!("EdDSA"));
        keys.push(Value::Object(members));
    }
    Ok(Value::Object(set).to_string())
}

fn read(text: &str) -> Result<Map<String, Value>, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Corrupt("a published key"))
}
