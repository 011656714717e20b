//! Security event tokens: the keys of those who send them, and sending them (RFC 8935).

use std::fmt;
use std::sync::Arc;

use bailiwick_proof::keys::{Bounds, IssuerAlgorithm, IssuerKeys};
use http::HeaderValue;

use crate::cache::{Cache, Loaded, fresh_seconds};
use crate::client::{Ask, Client, authorized};
use crate::discovery::key_set_of;
use crate::key_sets::KeySets;
use crate::unfetched::{NoKey, Unfetched};
use crate::upkeep::Upkeep;
use crate::url::Url;

/// One key at a time; the sets they come in are bounded where they are fetched.
const BOUNDS: Bounds<'static> =
    Bounds { max_bytes: 16 * 1024, max_keys: 1, rsa: &IssuerAlgorithm::RSA };
/// Where transmitters describe themselves (SSF 1.0, section 7.2).
const PATH: &str = "/.well-known/ssf-configuration";
/// The longest answer to a token, in bytes: an error in a few words.
const ANSWER_BYTES: usize = 8 * 1024;

/// Transmitters of security event tokens that are to be believed, and receivers. Ask only for
/// transmitters that were configured.
#[derive(Clone)]
pub struct Signals {
    client: Client,
    key_sets: KeySets<IssuerKeys>,
    described: Cache<Box<str>, Url>,
}

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The status; 202 acknowledges.
    pub status: u16,
    /// The body, which may say what was wrong.
    pub body: Vec<u8>,
}

impl Signals {
    /// Asks and sends by this client.
    pub fn new(client: Client, upkeep: Upkeep) -> Self {
        let key_sets = KeySets::new(client.clone(), upkeep.clone(), only_key);
        let asking = client.clone();
        let described = Cache::new(upkeep, move |issuer: Box<str>, _| {
            let client = asking.clone();
            Box::pin(async move {
                let url = configuration_of(&issuer)?;
                let fetched = client.get(Ask::new(&url, &["application/json"])).await?;
                let value = key_set_of(&issuer, &fetched.body)?;
                Ok(Loaded { value, fresh_seconds: fresh_seconds(fetched.max_age) })
            })
        });
        Self { client, key_sets, described }
    }

    /// The transmitter's key with this `kid`, from the set at `jwks`, or else from the one that its
    /// configuration names.
    pub async fn key(
        &self,
        issuer: &str,
        jwks: Option<&Url>,
        kid: &str,
    ) -> Result<Arc<IssuerKeys>, NoKey> {
        if let Some(url) = jwks {
            return self.key_sets.find(url, kid).await;
        }
        let url = self.described.get(&issuer.into()).await?;
        self.key_sets.find(&url, kid).await
    }

    /// Sends a token (RFC 8935, section 2.1), with this `Authorization` if any. Whatever is
    /// answered counts, except that nobody is followed elsewhere.
    pub async fn push(
        &self,
        url: &Url,
        authorization: Option<HeaderValue>,
        token: String,
    ) -> Result<Pushed, Unfetched> {
        let ask = Ask { max_bytes: ANSWER_BYTES, ..Ask::new(url, &["application/json"]) };
        let sent = ("application/secevent+jwt", token.into_bytes());
        let (status, body) = self.client.send(ask, sent, authorized(authorization)).await?;
        Ok(Pushed { status, body })
    }
}

/// The well-known path goes between the host and the path of the issuer.
fn configuration_of(issuer: &str) -> Result<Url, Unfetched> {
    let url: Url = issuer.parse()?;
    if issuer.contains(['?', '#']) {
        return Err(Unfetched::NotAUrl("it is not an issuer"));
    }
    let scheme = if url.is_secure() { "https" } else { "http" };
    let path = url.target().trim_end_matches('/');
    format!("{scheme}://{}{PATH}{path}", url.authority()).parse()
}

/// One key out of what a transmitter publishes.
fn only_key(jwk: &str) -> Option<IssuerKeys> {
    let keys = IssuerKeys::from_jwks(&format!(r#"{{"keys":[{jwk}]}}"#), &BOUNDS).ok()?;
    (!keys.is_empty()).then_some(keys)
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signals")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_between_host_and_path() {
        for (issuer, expected) in [
            ("https://a.example", "https://a.example/.well-known/ssf-configuration"),
            ("https://a.example/", "https://a.example/.well-known/ssf-configuration"),
            ("http://a:8/t/1", "http://a:8/.well-known/ssf-configuration/t/1"),
        ] {
            assert_eq!(configuration_of(issuer).unwrap().to_string(), expected);
        }
        assert!(configuration_of("https://a.example/?x").is_err());
        assert!(configuration_of("a.example").is_err());
    }
}
