//! `bailiwick token exchange`: another's token for one of one's own (RFC 8693).

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::given::read;
use crate::commands::asking::Asking;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::span::Span;

/// Exchange a token for one of the agent's own, for the same authority or less.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    bailiwick token exchange \"$TOKEN\" --key k.jwk --scope tickets:read\n  \
    bailiwick token exchange - --type id-token --key k.jwk < id_token.txt")]
pub(crate) struct Arguments {
    /// The token whose authority is asked for, or - for standard input.
    token: String,
    /// The file with the private key of the agent that asks.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What kind of token it is.
    #[arg(long = "type", value_enum, default_value = "access-token")]
    kind: Kind,
    /// A scope to ask for; everything that can be had when left out.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// The API it is for: its name, or its resource identifier.
    #[arg(long, value_name = "API")]
    audience: Vec<String>,
    /// How long it lives, as in 15m.
    #[arg(long)]
    ttl: Option<Span>,
    /// The one agent that may exchange it on: its name, id or subject.
    #[arg(long, value_name = "AGENT")]
    may_act: Option<String>,
}

/// A kind of token (RFC 8693, section 3).
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// An access token, of this authority or of a trusted issuer.
    AccessToken,
    /// An ID token of a trusted issuer.
    IdToken,
    /// A JWT of a trusted issuer.
    Jwt,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
        }
    }
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let form = arguments.form(read(&arguments.token)?);
    let answer = Asking::with(&arguments.key, invocation)?.form("/oauth/token", &form).await?;
    let token = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
    invocation.output.say(&answer, || token.to_owned());
    Ok(())
}

impl Arguments {
    fn form(&self, subject: String) -> Vec<(&'static str, String)> {
        let grant = "urn:ietf:params:oauth:grant-type:token-exchange";
        let mut form = vec![
            ("grant_type", grant.to_owned()),
            ("subject_token", subject),
            ("subject_token_type", self.kind.name().to_owned()),
        ];
        if !self.scope.is_empty() {
            form.push(("scope", self.scope.join(" ")));
        }
        for api in &self.audience {
            let name = if api.contains("://") { "resource" } else { "audience" };
            form.push((name, api.clone()));
        }
        form.extend(self.ttl.map(|ttl| ("ttl_seconds", ttl.seconds().to_string())));
        form.extend(self.may_act.clone().map(|agent| ("may_act", agent)));
        form
    }
}
