//! `bailiwick agent client`: what an agent is as an OAuth client.

use clap::Args;
use serde_json::{Map, Value, json};

use super::shown::{segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::facts;

/// Make an agent an OAuth client, so that people can let it act for them; or show it as one.
///
/// Whatever is left out takes the value that fits most; a former registration is replaced.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick agent client desk-copilot \\\n    \
    --redirect-uri https://desk.acme.example/callback --name \"Desk copilot\"")]
pub(crate) struct Registration {
    /// Its name or id.
    agent: String,
    /// The project its name is looked up in.
    #[arg(long)]
    project: Option<String>,
    /// Where answers to it may go: https, http on its own machine (any port), or a scheme with a
    /// dot; once for each.
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// What people read when it asks them; the agent's name when left out.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// It has no key of its own: an app on people's machines, or in their browsers.
    #[arg(long, conflicts_with = "method")]
    public: bool,
    /// How it authenticates, as metadata names it; `private_key_jwt` when left out.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// What it may ask for tokens by, as metadata names it; once for each. A device code and CIBA
    /// have to be named, all else is there when left out.
    #[arg(long, value_name = "GRANT")]
    grant: Vec<String>,
    /// Bind all its tokens to a DPoP key.
    #[arg(long)]
    dpop: bool,
    /// Make it no client any more.
    #[arg(long, conflicts_with_all = ["redirect_uri", "name", "public", "method", "grant", "dpop"])]
    remove: bool,
}

pub(super) async fn run(asked: &Registration, invocation: &Invocation) -> Result<(), Failure> {
    let project = asked.project.as_deref().map(|name| format!("?project={}", segment(name)));
    let agent = segment(&asked.agent);
    let path = format!("/api/v1/agents/{agent}/client{}", project.unwrap_or_default());
    if asked.remove {
        let removed = invocation.client()?.delete(&path).await?;
        invocation.output.say(&removed, || format!("{} is no client any more", asked.agent));
        return Ok(());
    }
    let body = asked.body();
    let client = if body.is_empty() {
        invocation.client()?.get(&path, &[]).await?
    } else {
        invocation.client()?.put(&path, &body.into()).await?
    };
    let keys = [
        "client_id",
        "source",
        "document",
        "client_name",
        "redirect_uris",
        "token_endpoint_auth_method",
        "grant_types",
        "dpop_bound_access_tokens",
        "created_at",
        "updated_at",
    ];
    invocation.output.say(&client, || facts(&keys.map(|key| (key, text(&client, key)))));
    Ok(())
}

impl Registration {
    /// The registration as it is sent; nothing when it is only to be shown.
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        if !self.redirect_uri.is_empty() {
            put("redirect_uris", json!(self.redirect_uri));
        }
        if let Some(name) = &self.name {
            put("client_name", json!(name));
        }
        if let Some(method) = self.method.as_deref().or(self.public.then_some("none")) {
            put("token_endpoint_auth_method", json!(method));
        }
        if !self.grant.is_empty() {
            put("grant_types", json!(self.grant));
        }
        if self.dpop {
            put("dpop_bound_access_tokens", json!(true));
        }
        body
    }
}
