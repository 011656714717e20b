//! `bailiwick token verify`: the gateway's own check of a token, by hand.

use std::path::Path;

use bailiwick_proof::jws;
use bailiwick_proof::jwt::{AccessToken, Confirmation, Issuer};
use bailiwick_proof::keys::PublicKey;
use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::given::{denied, read};
use crate::client::Client;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::facts;

/// Check a token's signature, issuer and time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bailiwick token verify \"$TOKEN\"\n  \
    bailiwick token verify - --jwks https://authority.acme.example/.well-known/jwks.json")]
pub(crate) struct Arguments {
    /// The token, or - for standard input.
    token: String,
    /// The keys to verify with: a URL or a file; the authority's when left out.
    #[arg(long, value_name = "URL|FILE")]
    jwks: Option<String>,
    /// The issuer it has to name; with --jwks the one it does name when left out.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let token = read(&arguments.token)?;
    let claimed = jws::decode(&token).map_err(|denial| denied(&denial))?;
    let (jwks, issuer) = arguments.trusted(&claimed.payload, invocation).await?;
    let issuer = Issuer { issuer, keys: keys(&jwks)? };
    let token = AccessToken::verify(&token, &issuer, invocation.clock.now());
    let token = token.map_err(|denial| denied(&denial))?;
    let value = json!({ "valid": true, "payload": claimed.payload });
    invocation.output.say(&value, || {
        let binding = match &token.cnf {
            Some(Confirmation::Key(jkt)) => format!("the key {jkt}"),
            Some(Confirmation::Certificate(digest)) => format!("the certificate {digest}"),
            None => "nobody: whoever holds it may use it".to_owned(),
        };
        let pairs = [
            ("valid", format!("until {}", token.exp)),
            ("issuer", token.iss.clone()),
            ("agent", format!("{} ({})", token.agent, token.client_id)),
            ("subject", token.sub.clone()),
            ("audience", token.aud.join(" ")),
            ("scopes", token.scope.to_string()),
            ("bound to", binding),
        ];
        facts(&pairs)
    });
    Ok(())
}

impl Arguments {
    /// The keys, and the issuer whose they are.
    async fn trusted(
        &self,
        claimed: &Value,
        invocation: &Invocation,
    ) -> Result<(Value, String), Failure> {
        let named = claimed.get("iss").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(place) = &self.jwks else {
            let client = invocation.client()?;
            let metadata = client.get("/.well-known/oauth-authorization-server", &[]).await?;
            let own = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default().to_owned();
            let jwks = client.get("/.well-known/jwks.json", &[]).await?;
            return Ok((jwks, self.issuer.clone().unwrap_or(own)));
        };
        let issuer = self.issuer.clone().unwrap_or(named);
        Ok((read_jwks(place).await?, issuer))
    }
}

async fn read_jwks(place: &str) -> Result<Value, Failure> {
    if let Ok(url) = Url::parse(place)
        && matches!(url.scheme(), "http" | "https")
    {
        let client = Client::new(url.origin().ascii_serialization(), None)?;
        return client.get(url.path(), &[]).await;
    }
    let unreadable = |error| Failure::usage(format!("{place} cannot be read: {error}"));
    let text = std::fs::read_to_string(Path::new(place)).map_err(unreadable)?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{place} is no JWK set: {error}")))
}

/// The keys of a set that this product verifies with; others are left out (RFC 7517, section 5).
fn keys(jwks: &Value) -> Result<Vec<PublicKey>, Failure> {
    let Some(found) = jwks.get("keys").and_then(Value::as_array) else {
        return Err(Failure::usage("no JWK set: it has no `keys`"));
    };
    Ok(found.iter().filter_map(|key| PublicKey::from_jwk(&key.to_string()).ok()).collect())
}
