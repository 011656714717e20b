//! Who an agent is, and how that is written down.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::key::{self, Key};
use crate::store::Store;

/// How an agent is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Identity {
    /// The authority's origin.
    pub server: String,
    /// `agt_…`; the OAuth `client_id`.
    pub agent_id: String,
    /// Its name.
    pub name: String,
    /// The subject of its tokens: a SPIFFE ID.
    pub subject: String,
    /// `key_…`; what signatures name.
    pub key_id: String,
    /// Where the APIs are.
    pub gateway: String,
    /// Who issues its tokens.
    pub issuer: String,
    /// `pending`, `active`, `suspended` or `retired`, as it was when it was asked last.
    pub status: String,
}

/// What the authority says of an agent.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Me {
    /// `agt_…`
    pub agent_id: String,
    /// Its name.
    pub name: String,
    /// The subject of its tokens.
    pub subject: String,
    /// The key that asked, `key_…`.
    pub key_id: String,
    /// Where the APIs are.
    pub gateway: String,
    /// Who issues its tokens.
    pub issuer: String,
    /// `pending`, `active`, `suspended` or `retired`.
    pub status: String,
    /// All that is known of it: scopes, limit, networks, owner and more.
    #[serde(default)]
    pub agent: Value,
}

impl Me {
    pub(crate) fn identity(self, server: &str) -> Identity {
        let Self { agent_id, name, subject, key_id, gateway, issuer, status, .. } = self;
        let server = server.to_owned();
        Identity { server, agent_id, name, subject, key_id, gateway, issuer, status }
    }

    pub(crate) fn refused_because(&self) -> Option<String> {
        self.agent.get("refused_because").and_then(Value::as_str).map(str::to_owned)
    }
}

/// What a store holds: perhaps only a key, perhaps a key and where it is for.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) server: Option<String>,
    pub(crate) identity: Option<Identity>,
    pub(crate) key: Option<Key>,
}

#[derive(Serialize)]
struct Nobody<'a> {
    server: &'a str,
}

/// Reads what a store holds; nothing where it holds nothing.
pub(crate) async fn load(store: &dyn Store) -> Result<Option<Kept>, Error> {
    let Some(text) = store.load().await? else { return Ok(None) };
    let key = key::held(&text)?;
    let members: Value = serde_json::from_str(&text).unwrap_or_default();
    let server = members.get("server").and_then(Value::as_str).map(str::to_owned);
    let identity = serde_json::from_str(&text).ok();
    Ok(Some(Kept { server, identity, key }))
}

/// Keeps a key before anybody knows it.
pub(crate) async fn save_key(store: &dyn Store, server: &str, key: &Key) -> Result<(), Error> {
    save(store, &Nobody { server }, key).await
}

/// Keeps an identity with its key.
pub(crate) async fn save_identity(
    store: &dyn Store,
    identity: &Identity,
    key: &Key,
) -> Result<(), Error> {
    save(store, identity, key).await
}

/// One object: what is known of the agent, which has no objects in it, and the key.
async fn save<T: Serialize + Sync>(store: &dyn Store, known: &T, key: &Key) -> Result<(), Error> {
    let known = serde_json::to_string(known);
    let known = known.map_err(|error| Error::misused(format!("the identity: {error}")))?;
    let (known, jwk) = (known.trim_end_matches('}'), key.to_jwk());
    store.save(&Zeroizing::new(format!("{known},\"jwk\":{}}}\n", *jwk))).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[tokio::test]
    async fn what_is_kept_is_read_again_whole_or_in_part() {
        let (store, key) = (MemoryStore::default(), Key::generate().unwrap());
        assert!(load(&store).await.unwrap().is_none());
        save_key(&store, "https://a.example", &key).await.unwrap();
        let kept = load(&store).await.unwrap().unwrap();
        assert_eq!(kept.server.as_deref(), Some("https://a.example"));
        assert!(kept.identity.is_none());
        assert_eq!(kept.key.unwrap().thumbprint(), key.thumbprint());

        let told = r#"{"agent_id":"agt_1","name":"a","subject":"s","key_id":"key_1",
            "gateway":"g","issuer":"i","status":"active"}"#;
        let me: Me = serde_json::from_str(told).unwrap();
        let identity = me.identity("https://a.example");
        save_identity(&store, &identity, &key).await.unwrap();
        let kept = load(&store).await.unwrap().unwrap();
        assert_eq!(kept.identity, Some(identity));
        let text = store.load().await.unwrap().unwrap();
        assert!(text.contains(r#""agentId":"agt_1""#), "as the other clients write it");
    }
}
