//! `OpenID` providers, at which people sign in (OpenID Connect Core, section 3.1).

use std::fmt;
use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::json;
use bailiwick_proof::jwt::{self, IdExpectation, IdToken};
use bailiwick_proof::keys::IssuerKeys;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde_json::{Map, Value};

use crate::cache::{Cache, Loaded, fresh_seconds};
use crate::client::{Ask, Client};
use crate::discovery::{MAX_ISSUER_BYTES, PATH};
use crate::form;
use crate::jwks::text;
use crate::key_sets::KeySets;
use crate::trust::only_key;
use crate::unfetched::{NoKey, Unfetched};
use crate::upkeep::Upkeep;
use crate::url::Url;

/// What a provider says of itself (OpenID Connect Discovery 1.0, section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Where browsers are sent.
    pub authorization_endpoint: Url,
    /// Whether every answer says whose it is (RFC 9207, section 3).
    pub names_itself: bool,
    /// Where people are asked who are not at a browser (CIBA Core 1.0, section 4), if they are.
    pub(crate) backchannel_endpoint: Option<Url>,
    pub(crate) token_endpoint: Url,
    jwks_uri: Url,
    /// Whether it takes the secret in the `Authorization` field, as it has to by default.
    takes_basic: bool,
}

/// What this product is called at a provider.
#[derive(Clone, Copy)]
pub struct ClientName<'a> {
    /// Its `client_id`.
    pub id: &'a str,
    /// Its `client_secret`, unless it is a public client.
    pub secret: Option<&'a str>,
}

/// What a provider gave for a code.
#[derive(Clone)]
pub struct Redeemed {
    /// The ID token, not verified.
    pub id_token: String,
    /// The access token, if any; good for nothing here but `at_hash`.
    pub access_token: Option<String>,
}

/// Providers by their issuer. Ask only for those that were configured.
#[derive(Clone)]
pub struct Providers {
    pub(crate) client: Client,
    described: Cache<Box<str>, Provider>,
    key_sets: KeySets<IssuerKeys>,
}

impl Providers {
    /// Providers asked by `client`.
    pub fn new(client: Client, upkeep: Upkeep) -> Self {
        let key_sets = KeySets::new(client.clone(), upkeep.clone(), only_key);
        let asking = client.clone();
        let described = Cache::new(upkeep, move |issuer: Box<str>, _| {
            let client = asking.clone();
            Box::pin(async move {
                let url: Url = format!("{}{PATH}", issuer.trim_end_matches('/')).parse()?;
                let fetched = client.get(Ask::new(&url, &["application/json"])).await?;
                let value = read(&issuer, &fetched.body)?;
                Ok(Loaded { value, fresh_seconds: fresh_seconds(fetched.max_age) })
            })
        });
        Self { client, described, key_sets }
    }

    /// What the provider says of itself.
    pub async fn describe(&self, issuer: &str) -> Result<Arc<Provider>, Unfetched> {
        if issuer.len() > MAX_ISSUER_BYTES || issuer.contains(['?', '#']) {
            return Err(Unfetched::NotAUrl("it is not an issuer"));
        }
        self.described.get(&issuer.into()).await
    }

    /// Redeems a code (RFC 6749, section 4.1.3) with its PKCE verifier (RFC 7636, section 4.5).
    pub async fn redeem(
        &self,
        provider: &Provider,
        name: ClientName<'_>,
        [code, redirect_uri, verifier]: [&str; 3],
    ) -> Result<Redeemed, Unfetched> {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let authorization = provider.introduce(name, &mut pairs)?;
        let ask = Ask::new(&provider.token_endpoint, &["application/json"]);
        let answer = self.client.post_form(ask, form::encode(pairs), authorization).await?;
        Redeemed::read(&answer.body)
    }

    /// The ID token, verified with the provider's keys. One that names no key is of its only one
    /// (OpenID Connect Core, section 10.1).
    pub async fn id_token(
        &self,
        provider: &Provider,
        token: &str,
        expected: &IdExpectation<'_>,
    ) -> Result<IdToken, Denial> {
        let keys = if let Some(kid) = jwt::claimed_kid(token)? {
            self.key_sets.find(&provider.jwks_uri, &kid).await.map_err(refuse)?
        } else {
            let set = self.key_sets.all(&provider.jwks_uri).await;
            let set = set.map_err(|missing| refuse(missing.into()))?;
            let [only] = set.keys() else {
                return Err(Denial::TokenInvalid("the token names no key (kid)"));
            };
            Arc::clone(only)
        };
        IdToken::verify(token, &keys, expected)
    }
}

impl Provider {
    /// Says who asks, in the way that the provider takes (RFC 6749, section 2.3.1): in the form, or
    /// by the field that is returned.
    pub(crate) fn introduce<'a>(
        &self,
        name: ClientName<'a>,
        pairs: &mut Vec<(&'a str, &'a str)>,
    ) -> Result<Option<HeaderValue>, Unfetched> {
        match name.secret {
            Some(secret) if self.takes_basic => return basic(name.id, secret).map(Some),
            Some(secret) => pairs.extend([("client_id", name.id), ("client_secret", secret)]),
            None => pairs.push(("client_id", name.id)),
        }
        Ok(None)
    }
}

impl Redeemed {
    /// What a token endpoint answers (OpenID Connect Core, section 3.1.3.3).
    pub(crate) fn read(body: &[u8]) -> Result<Self, Unfetched> {
        let members = json::object(body).ok_or(Unfetched::Malformed("not a JSON object"))?;
        let id_token = text(&members, "id_token");
        let id_token = id_token.ok_or(Unfetched::Malformed("it has no id_token"))?.to_owned();
        Ok(Self { id_token, access_token: text(&members, "access_token").map(str::to_owned) })
    }
}

fn refuse(missing: NoKey) -> Denial {
    match missing {
        NoKey::Unknown | NoKey::Untimely => {
            Denial::TokenInvalid("its issuer publishes no such key")
        }
        NoKey::Unfetched(_) => Denial::Unavailable,
    }
}

/// Name and secret, each escaped first (RFC 6749, section 2.3.1).
fn basic(id: &str, secret: &str) -> Result<HeaderValue, Unfetched> {
    let pair = format!("{}:{}", form::escaped(id), form::escaped(secret));
    let field = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)));
    field.map_err(|_| Unfetched::NotAUrl("the client's secret cannot be sent"))
}

/// Reads a description whose `issuer` is exactly the one that was asked (OpenID Connect Discovery
/// 1.0, section 4.3).
fn read(issuer: &str, document: &[u8]) -> Result<Provider, Unfetched> {
    let members = json::object(document).ok_or(Unfetched::Malformed("not a JSON object"))?;
    if text(&members, "issuer") != Some(issuer) {
        return Err(Unfetched::Malformed("its issuer is not the one that was asked"));
    }
    let url = |name: &'static str| -> Result<Url, Unfetched> {
        let missing = Unfetched::Malformed("an endpoint is missing");
        text(&members, name).ok_or(missing)?.parse()
    };
    let backchannel = text(&members, "backchannel_authentication_endpoint");
    let methods = list(&members, "token_endpoint_auth_methods_supported");
    Ok(Provider {
        authorization_endpoint: url("authorization_endpoint")?,
        backchannel_endpoint: backchannel.map(str::parse).transpose()?,
        token_endpoint: url("token_endpoint")?,
        jwks_uri: url("jwks_uri")?,
        names_itself: members.get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true)),
        takes_basic: methods.is_empty() || methods.contains(&"client_secret_basic"),
    })
}

fn list<'a>(members: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let listed = members.get(name).and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str).collect()
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Providers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(change: Value, fine: bool) {
        let mut document = json!({
            "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/keys",
        });
        let Value::Object(change) = change else { return };
        for (name, value) in change {
            document[&name] = value;
        }
        let read = read("https://id.example", document.to_string().as_bytes());
        assert_eq!(read.is_ok(), fine, "{document}");
    }

    #[test]
    fn a_provider_describes_itself_and_nobody_else() {
        check(json!({}), true);
        check(json!({ "issuer": "https://id.example/" }), false);
        check(json!({ "issuer": "https://evil.example" }), false);
        check(json!({ "token_endpoint": null }), false);
        check(json!({ "jwks_uri": "file:///etc/passwd" }), false);
        check(json!({ "authorization_endpoint": "javascript:alert(1)" }), false);
    }

    #[test]
    fn a_secret_goes_where_the_provider_takes_it() {
        let read = |methods: Value| {
            let document = json!({
                "issuer": "https://id.example",
                "authorization_endpoint": "https://id.example/authorize",
                "token_endpoint": "https://id.example/token",
                "jwks_uri": "https://id.example/keys",
                "token_endpoint_auth_methods_supported": methods,
            });
            super::read("https://id.example", document.to_string().as_bytes()).unwrap().takes_basic
        };
        assert!(read(Value::Null) && read(json!(["client_secret_post", "client_secret_basic"])));
        assert!(!read(json!(["client_secret_post"])));
        assert_eq!(basic("a b", "c:d").unwrap(), "Basic YSUyMGI6YyUzQWQ=");
    }
}
