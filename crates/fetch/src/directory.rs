//! Directories of Web Bot Auth: where an agent that calls anyone publishes its keys
//! (draft-meunier-webbotauth-httpsig-protocol, section on the key directory).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::PublicKey;
use serde_json::{Map, Value};

use crate::cache::{Cache, Loaded, fresh_seconds};
use crate::client::{Ask, Client};
use crate::jwks::{self, Jwks};
use crate::unfetched::{NoKey, Unfetched};
use crate::upkeep::Upkeep;
use crate::url::Url;

const PATH: &str = "/.well-known/http-message-signatures-directory";
const MEDIA_TYPE: &str = "application/http-message-signatures-directory+json";
/// A SHA-256 in base64url without padding (RFC 7638, section 3.1).
const THUMBPRINT_BYTES: usize = 43;

/// The keys of agents' directories. A key is found by its directory and its thumbprint together:
/// that another directory lists the same key means nothing.
#[derive(Clone)]
pub struct Directories(Cache<Url, Directory>);

struct Directory {
    by_thumbprint: HashMap<Box<str>, Listed>,
}

struct Listed {
    key: Arc<PublicKey>,
    not_before: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

impl Directories {
    /// Directories fetched by `client`.
    pub fn new(client: Client, upkeep: Upkeep) -> Self {
        Self(Cache::new(upkeep, move |url: Url, _| {
            let client = client.clone();
            Box::pin(async move {
                let fetched = client.get(Ask::new(&url, &[MEDIA_TYPE])).await?;
                let value = Directory::read(&fetched.body)?;
                Ok(Loaded { value, fresh_seconds: fresh_seconds(fetched.max_age) })
            })
        }))
    }

    /// The directory of the server that `Signature-Agent` names: its origin with the well-known
    /// path. An agent's credential is this URL, as it prints.
    pub fn locate(signature_agent: &str) -> Result<Url, Unfetched> {
        signature_agent.parse::<Url>().map(|url| url.at(PATH))
    }

    /// The key with this JWK thumbprint (RFC 7638) in this directory. A directory that fails, or
    /// does not list the key, is not asked again before a pause: strangers choose both.
    pub async fn find(&self, directory: &Url, thumbprint: &str) -> Result<Arc<PublicKey>, NoKey> {
        if thumbprint.len() != THUMBPRINT_BYTES {
            return Err(NoKey::Unknown);
        }
        let mut known = self.0.get(directory).await?;
        if !known.by_thumbprint.contains_key(thumbprint) {
            known = self.0.get_other(directory, &known).await?;
        }
        let listed = known.by_thumbprint.get(thumbprint).ok_or(NoKey::Unknown)?;
        if listed.is_timely(self.0.now()) {
            Ok(Arc::clone(&listed.key))
        } else {
            Err(NoKey::Untimely)
        }
    }
}

impl fmt::Debug for Directories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Directories")
    }
}

impl Directory {
    fn read(document: &[u8]) -> Result<Self, Unfetched> {
        let listed = Jwks::read(document)?.keys.into_iter().filter_map(Listed::read);
        let by_thumbprint = listed.map(|it| (it.key.thumbprint().into(), it)).collect();
        Ok(Self { by_thumbprint })
    }
}

impl Listed {
    /// A key whose `kid` is its own thumbprint. Others, and kinds of key that are not used here,
    /// are passed over (RFC 7517, section 5).
    fn read(members: Map<String, Value>) -> Option<Self> {
        let kid = jwks::kid(&members)?.to_owned();
        let not_before = instant(&members, "nbf")?;
        let expires_at = instant(&members, "exp")?;
        let key = PublicKey::from_jwk(&jwks::bare(members)?).ok()?;
        let named = key.thumbprint() == kid;
        named.then(|| Self { key: Arc::new(key), not_before, expires_at })
    }

    fn is_timely(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|instant| now >= instant)
            && self.expires_at.is_none_or(|instant| now < instant)
    }
}

/// Seconds since the epoch; none in the outer sense when it is there and something else.
#[expect(clippy::option_option, reason = "absent is fine, unreadable is not")]
fn instant(members: &Map<String, Value>, name: &str) -> Option<Option<Timestamp>> {
    match members.get(name) {
        None => Some(None),
        Some(value) => value.as_i64().map(|seconds| Some(Timestamp::from_seconds(seconds))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public key of RFC 8032, section 7.1, test 1, as RFC 8037, appendix A.2 has it; its
    /// thumbprint is in appendix A.3.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

    fn check(key: &str, now: i64, expected: Option<bool>) {
        let key = key.replace("THUMBPRINT", THUMBPRINT).replace("POINT", X);
        let document = format!(r#"{{"keys":[{key}]}}"#);
        let directory = Directory::read(document.as_bytes()).unwrap();
        let listed = directory.by_thumbprint.get(THUMBPRINT);
        let timely = listed.map(|it| it.is_timely(Timestamp::from_seconds(now)));
        assert_eq!(timely, expected, "{key} at {now}");
        assert_eq!(directory.by_thumbprint.len(), usize::from(expected.is_some()), "{key}");
    }

    #[test]
    fn a_key_is_listed_under_its_own_thumbprint_only() {
        check(r#"{"kty":"OKP","crv":"Ed25519","kid":"THUMBPRINT","x":"POINT"}"#, 0, Some(true));
        check(r#"{"kty":"OKP","crv":"Ed25519","kid":"mine","x":"POINT"}"#, 0, None);
        check(r#"{"kty":"OKP","crv":"Ed25519","x":"POINT"}"#, 0, None);
        check(r#"{"kty":"OKP","crv":"Ed25519","kid":"THUMBPRINT","x":"AA"}"#, 0, None);
        check(r#"{"kty":"oct","kid":"THUMBPRINT","k":"AAAA"}"#, 0, None);
        let private = r#"{"kty":"OKP","crv":"Ed25519","kid":"THUMBPRINT","x":"POINT","d":"AA"}"#;
        check(private, 0, None);
    }

    #[test]
    fn a_key_is_used_from_nbf_until_exp() {
        let key =
            r#"{"kty":"OKP","crv":"Ed25519","kid":"THUMBPRINT","x":"POINT","nbf":10,"exp":20}"#;
        for (now, timely) in [(9, false), (10, true), (19, true), (20, false)] {
            check(key, now, Some(timely));
        }
        check(&key.replace("10", "\"soon\""), 15, None);
        check(&key.replace("20", "true"), 15, None);
    }

    #[test]
    fn a_directory_is_at_the_origin_whatever_path_is_named() {
        let at = |agent| Directories::locate(agent).map(|url| url.to_string());
        let expected = "https://bot.example/.well-known/http-message-signatures-directory";
        assert_eq!(at("https://Bot.example:443").as_deref(), Ok(expected));
        assert_eq!(at("https://bot.example/some/path?x=1").as_deref(), Ok(expected));
        assert!(at("bot.example").is_err() && at("data:,x").is_err());
    }
}
