//! An issuer's keys by its name (OpenID Connect Discovery 1.0, section 4).

use std::fmt;
use std::sync::Arc;

use bailiwick_proof::json;

use crate::cache::{Cache, Loaded, fresh_seconds};
use crate::client::{Ask, Client};
use crate::jwks::text;
use crate::key_sets::KeySets;
use crate::unfetched::{NoKey, Unfetched};
use crate::upkeep::Upkeep;
use crate::url::Url;

pub(crate) const PATH: &str = "/.well-known/openid-configuration";
pub(crate) const MAX_ISSUER_BYTES: usize = 1024;

/// Issuers of tokens, by the name they put into `iss`. Ask only for issuers that were configured.
pub struct Issuers<K> {
    key_sets: KeySets<K>,
    described: Cache<Box<str>, Url>,
}

impl<K: Send + Sync + 'static> Issuers<K> {
    /// Issuers asked by `client`, whose keys are read by `read` as [`KeySets::new`] says.
    pub fn new(
        client: Client,
        upkeep: Upkeep,
        read: impl Fn(&str) -> Option<K> + Send + Sync + 'static,
    ) -> Self {
        let key_sets = KeySets::new(client.clone(), upkeep.clone(), read);
        let described = Cache::new(upkeep, move |issuer: Box<str>, _| {
            let client = client.clone();
            Box::pin(async move {
                let url: Url = format!("{}{PATH}", issuer.trim_end_matches('/')).parse()?;
                let fetched = client.get(Ask::new(&url, &["application/json"])).await?;
                let value = key_set_of(&issuer, &fetched.body)?;
                Ok(Loaded { value, fresh_seconds: fresh_seconds(fetched.max_age) })
            })
        });
        Self { key_sets, described }
    }

    /// The issuer's key with this `kid`.
    pub async fn find(&self, issuer: &str, kid: &str) -> Result<Arc<K>, NoKey> {
        if issuer.len() > MAX_ISSUER_BYTES || issuer.contains(['?', '#']) {
            return Err(Unfetched::NotAUrl("it is not an issuer").into());
        }
        let jwks_uri = self.described.get(&issuer.into()).await?;
        self.key_sets.find(&jwks_uri, kid).await
    }
}

/// The `jwks_uri` of a description whose `issuer` is exactly the one that was asked (OpenID Connect
/// Discovery 1.0, section 4.3): else one issuer could hand out another's name with its own keys.
pub(crate) fn key_set_of(issuer: &str, document: &[u8]) -> Result<Url, Unfetched> {
    let members = json::object(document).ok_or(Unfetched::Malformed("not a JSON object"))?;
    if text(&members, "issuer") != Some(issuer) {
        return Err(Unfetched::Malformed("its issuer is not the one that was asked"));
    }
    text(&members, "jwks_uri").ok_or(Unfetched::Malformed("it has no jwks_uri"))?.parse()
}

impl<K> Clone for Issuers<K> {
    fn clone(&self) -> Self {
        Self { key_sets: self.key_sets.clone(), described: self.described.clone() }
    }
}

impl<K> fmt::Debug for Issuers<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issuers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: Result<&str, Unfetched>) {
        let read = key_set_of("https://issuer.example/a", document.as_bytes());
        let read = read.map(|url| url.to_string());
        assert_eq!(read.as_deref(), expected.as_ref().copied(), "{document}");
    }

    #[test]
    fn a_description_is_its_issuers_own() {
        let of =
            |issuer: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"https://keys.example/"}}"#);
        let other = Unfetched::Malformed("its issuer is not the one that was asked");
        check(&of("https://issuer.example/a"), Ok("https://keys.example/"));
        for issuer in ["https://issuer.example/a/", "https://ISSUER.example/a", "https://b", ""] {
            check(&of(issuer), Err(other));
        }
        check("{}", Err(other));
        check("", Err(Unfetched::Malformed("not a JSON object")));
        let none = r#"{"issuer":"https://issuer.example/a"}"#;
        check(none, Err(Unfetched::Malformed("it has no jwks_uri")));
        let file = r#"{"issuer":"https://issuer.example/a","jwks_uri":"file:///etc/passwd"}"#;
        check(file, Err(Unfetched::NotAUrl("it is not absolute")));
    }
}
