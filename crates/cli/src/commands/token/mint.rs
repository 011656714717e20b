//! `bailiwick token mint`: an access token, asked for with the agent's key.

use std::path::PathBuf;

use bailiwick_domain::id::AgentId;
use bailiwick_proof::jws;
use bailiwick_proof::jwt::ClientAssertion;
use bailiwick_proof::keys::SigningKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;
use serde_json::Value;

use crate::client::Client;
use crate::failure::Failure;
use crate::form;
use crate::invocation::Invocation;
use crate::keyfile;
use crate::signed::{self, Moment, Signer, Target};
use crate::span::Span;

/// How long a client assertion lives, in seconds.
const ASSERTION_SECONDS: i64 = 60;
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Get an access token (OAuth 2.0 `client_credentials`), proven by the agent's key.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    TOKEN=$(bailiwick token mint --key k.jwk --agent refund-processor --scope refunds:write)\n  \
    bailiwick fetch --key k.jwk --agent refund-processor --token \"$TOKEN\" \
    http://127.0.0.1:8700/acme/refunds")]
pub(crate) struct Arguments {
    /// The file with the agent's private key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The agent's name or id; the key has to be its own.
    #[arg(long, value_name = "NAME")]
    agent: String,
    /// A scope to ask for; everything it may have when left out.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// The API it is for: its name, or its resource identifier.
    #[arg(long, value_name = "API")]
    audience: Vec<String>,
    /// How long it lives, as in 15m.
    #[arg(long)]
    ttl: Option<Span>,
    /// Ask for one that works without the key. Only an API with proof = "bearer" takes it.
    #[arg(long)]
    unbound: bool,
    /// Prove the agent with a signed assertion (`private_key_jwt`) instead of a signed request.
    #[arg(long)]
    assertion: bool,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let minting =
        Minting { key: keyfile::read(&arguments.key)?, client: invocation.client()?, invocation };
    let answer = minting.mint(arguments).await?;
    let token = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
    check_agent(token, &arguments.agent)?;
    invocation.output.say(&answer, || token.to_owned());
    Ok(())
}

/// The key decides whose token it is; a name that differs is a mistake worth knowing of.
fn check_agent(token: &str, expected: &str) -> Result<(), Failure> {
    let claims = jws::decode(token).map(|decoded| decoded.payload).unwrap_or_default();
    let claim = |key: &str| claims.get(key).and_then(Value::as_str);
    match (claim("agent"), claim("client_id")) {
        (Some(name), Some(id)) if name != expected && id != expected => {
            let message = format!("the key belongs to {name}, not to {expected}");
            Err(Failure::refused(message).code("agent_mismatch"))
        }
        _ => Ok(()),
    }
}

struct Minting<'a> {
    key: SigningKey,
    client: Client,
    invocation: &'a Invocation,
}

impl Minting<'_> {
    async fn mint(&self, arguments: &Arguments) -> Result<Value, Failure> {
        let issuer = self.issuer().await?;
        let mut form = arguments.form();
        if arguments.assertion {
            let client_id = self.client_id(&arguments.agent).await?;
            form.push(("client_assertion_type", JWT_BEARER.to_owned()));
            form.push(("client_assertion", self.assert(client_id, &issuer)?));
        }
        let url = parse(&format!("{issuer}/oauth/token"))?;
        let body = form::encode(&form);
        let mut request = reqwest::Request::new(Method::POST, url.clone());
        let headers = request.headers_mut();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, kind);
        if !arguments.assertion {
            self.sign(&Target::of(Method::POST, &url), headers, body.as_bytes())?;
        }
        *request.body_mut() = Some(body.into());
        self.client.execute(request).await
    }

    /// The issuer, which has to be the place that was asked (RFC 8414, section 3.3).
    async fn issuer(&self) -> Result<String, Failure> {
        let metadata = self.client.get("/.well-known/oauth-authorization-server", &[]).await?;
        let issuer = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if issuer == self.client.url() {
            return Ok(issuer.to_owned());
        }
        let message = format!("{} calls itself {issuer}", self.client.url());
        Err(Failure::usage(message).hint(format!("set BAILIWICK_URL to {issuer}")))
    }

    /// The agent's id: as it was given, or as the authority tells whoever holds the key.
    async fn client_id(&self, agent: &str) -> Result<AgentId, Failure> {
        if let Ok(id) = agent.parse() {
            return Ok(id);
        }
        let url = parse(&format!("{}/api/agents/me", self.client.url()))?;
        let mut request = reqwest::Request::new(Method::GET, url.clone());
        self.sign(&Target::of(Method::GET, &url), request.headers_mut(), b"")?;
        let me = self.client.execute(request).await?;
        let id = me.get("agent_id").and_then(Value::as_str).unwrap_or_default();
        id.parse().map_err(|_| Failure::refused("the authority told no agent id"))
    }

    fn assert(&self, client_id: AgentId, issuer: &str) -> Result<String, Failure> {
        let now = self.invocation.clock.now();
        let jti = URL_SAFE_NO_PAD.encode(self.invocation.entropy.bytes::<18>());
        let assertion =
            ClientAssertion { client_id, jti, exp: now.plus_seconds(ASSERTION_SECONDS) };
        assertion.sign(&self.key, issuer, now).map_err(Failure::refused)
    }

    fn sign(&self, target: &Target, headers: &mut HeaderMap, body: &[u8]) -> Result<(), Failure> {
        let invocation = self.invocation;
        let moment = Moment::starting(invocation.clock.now(), &invocation.entropy);
        signed::sign(target, headers, body, Signer::own(&self.key), &moment)
    }
}

impl Arguments {
    fn form(&self) -> Vec<(&'static str, String)> {
        let mut form = vec![("grant_type", "client_credentials".to_owned())];
        if !self.scope.is_empty() {
            form.push(("scope", self.scope.join(" ")));
        }
        for api in &self.audience {
            let name = if api.contains("://") { "resource" } else { "audience" };
            form.push((name, api.clone()));
        }
        form.extend(self.ttl.map(|ttl| ("ttl_seconds", ttl.seconds().to_string())));
        form.extend(self.unbound.then(|| ("token_binding", "none".to_owned())));
        form
    }
}

fn parse(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|_| Failure::usage(format!("`{text}` is not a URL")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_of_another_agent_is_noticed() {
        let key = SigningKey::generate(
            bailiwick_domain::credential::Algorithm::Ed25519,
            &crate::ambient::entropy(),
        )
        .unwrap();
        let claims = json!({"agent": "a", "client_id": "agt_1"});
        let token = jws::sign(&key, "at+jwt", &claims).unwrap();
        for (expected, fine) in [("a", true), ("agt_1", true), ("b", false)] {
            assert_eq!(check_agent(&token, expected).is_ok(), fine, "{expected}");
        }
    }
}
