//! `bailiwick key`: key pairs made here, public parts registered there.

use std::io::Read;
use std::path::{Path, PathBuf};

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::keyfile;
use crate::output::{facts, line, table};
use crate::span::Span;

/// Make, register, list and revoke keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(Fresh),
    Add(Box<Addition>),
    Set(Change),
    List(Holder),
    Revoke(Named),
}

/// Make a key pair: the private part in FILE, the public part printed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick key new summarizer.jwk > summarizer.pub\n\n\
    FILE is readable by its owner alone and is never overwritten.")]
pub(crate) struct Fresh {
    /// Where the private key goes.
    file: PathBuf,
    /// The algorithm it is for.
    #[arg(long, value_enum, default_value_t = Alg::Ed25519)]
    alg: Alg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Alg {
    Ed25519,
    P256,
    Secp256k1,
    Hmac,
}

/// Register what an agent is recognized by: its key, its wallet, its certificate and more.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bailiwick key add ticket-summarizer --jwk summarizer.pub\n  \
    bailiwick key new k.jwk | bailiwick key add ticket-summarizer --jwk -\n  \
    bailiwick key add trader --wallet 0x7e5f4552091a69125d5dfcb7b8c2659029395bdf\n  \
    bailiwick key add crawler --directory https://crawler.example\n  \
    bailiwick key add report-builder --spiffe spiffe://prod.example/report-builder\n  \
    bailiwick key add deployer --issuer https://token.actions.githubusercontent.com \\\n      \
    --claim /repository=acme/shop --claim /environment=production\n  \
    bailiwick key add old-cron --api-key --scope tickets:read --ttl 30d")]
#[command(group = ArgGroup::new("material").required(true).args(
    ["jwk", "hmac", "wallet", "certificate", "spiffe", "directory", "issuer", "api_key"]
))]
pub(crate) struct Addition {
    /// The agent's name or id.
    agent: String,
    /// The public key as a JWK: a file, or - for standard input.
    #[arg(long, value_name = "FILE")]
    jwk: Option<PathBuf>,
    /// Let the authority make a shared secret and print it once.
    #[arg(long)]
    hmac: bool,
    /// The address of an Ethereum account; eip155:1:0x… for a contract on chain 1.
    #[arg(long, value_name = "ADDRESS")]
    wallet: Option<String>,
    /// A client certificate in PEM.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// The SPIFFE ID that the agent shows SVIDs of.
    #[arg(long, value_name = "ID")]
    spiffe: Option<String>,
    /// The server that publishes the agent's keys (Web Bot Auth).
    #[arg(long, value_name = "URL")]
    directory: Option<String>,
    /// A trusted issuer whose tokens the agent shows; with --claim.
    #[arg(long, value_name = "URL", requires = "claim")]
    issuer: Option<String>,
    /// What such a token has to claim, once for each: a JSON Pointer and a text.
    #[arg(long, value_name = "/POINTER=TEXT", requires = "issuer")]
    claim: Vec<String>,
    /// Let the authority make an API key, for what cannot sign, and print it once.
    #[arg(long)]
    api_key: bool,
    /// The most that an API key may be used for, once for each scope.
    #[arg(long, value_name = "SCOPE", requires = "api_key")]
    scope: Vec<String>,
    /// How long an API key lives, at most and by default 90d.
    #[arg(long, requires = "api_key")]
    ttl: Option<Span>,
    /// A network it may be used from, as in 10.0.0.0/8, once for each; anywhere when left out.
    #[arg(long, value_name = "CIDR")]
    network: Vec<String>,
    /// The project the agent's name is looked up in.
    #[arg(long)]
    project: Option<String>,
}

/// Change from where a key may be used; it holds for its next request.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  bailiwick key set key_01jd8m3q5r7t9v1x3z5b7d9f1h --network 10.0.0.0/8"
)]
pub(crate) struct Change {
    /// Its id, key_….
    key_id: String,
    /// A network it may be used from, as in 10.0.0.0/8; once for each.
    #[arg(long, value_name = "CIDR", required_unless_present = "any_network")]
    network: Vec<String>,
    /// Let it be used anywhere again that its agent may call from.
    #[arg(long, conflicts_with = "network")]
    any_network: bool,
}

/// List the keys of an agent.
#[derive(Debug, Args)]
pub(crate) struct Holder {
    /// The agent's name or id.
    agent: String,
    /// The project the agent's name is looked up in.
    #[arg(long)]
    project: Option<String>,
}

/// Revoke a key, and what the agent registered with it: the next request by any of them is refused.
#[derive(Debug, Args)]
#[command(after_help = "An agent that changes its key by itself registers the new one with the \
    old one.\nOnce a key was in other hands, do not trust what was registered with it either.")]
pub(crate) struct Named {
    /// Its id, key_….
    key_id: String,
    /// Not what was registered with it: for a key that is out of use, and was never in other hands.
    #[arg(long)]
    alone: bool,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::New(fresh) => make(fresh, invocation),
        Command::Add(addition) => add(addition, invocation).await,
        Command::Set(change) => set(change, invocation).await,
        Command::List(holder) => list(holder, invocation).await,
        Command::Revoke(named) => revoke(named, invocation).await,
    }
}

fn make(fresh: &Fresh, invocation: &Invocation) -> Result<(), Failure> {
    let algorithm = match fresh.alg {
        Alg::Ed25519 => Algorithm::Ed25519,
        Alg::P256 => Algorithm::EcdsaP256Sha256,
        Alg::Secp256k1 => Algorithm::Eip191Secp256k1,
        Alg::Hmac => Algorithm::HmacSha256,
    };
    let key = SigningKey::generate(algorithm, &invocation.entropy).map_err(Failure::refused)?;
    keyfile::write(&fresh.file, &key)?;
    if let Some(public) = key.public() {
        line(public.to_jwk());
    } else {
        // A wallet's is its address. A shared secret has no public part: what can be shown is its
        // thumbprint.
        let thumbprint = json!({ "thumbprint": key.thumbprint() });
        invocation.output.say(&thumbprint, || key.thumbprint().to_owned());
    }
    let file = fresh.file.display();
    invocation.output.aside(&format!("the private key is in {file}; it never leaves this machine"));
    Ok(())
}

/// What is shown of a key.
const FACTS: [&str; 9] =
    ["key_id", "kind", "thumbprint", "alg", "scopes", "networks", "expires_at", "state", "secret"];

async fn set(change: &Change, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/credentials/{}", segment(&change.key_id));
    let body = json!({ "networks": change.network });
    let key = invocation.client()?.patch(&path, &body).await?;
    invocation.output.say(&key, || facts(&FACTS.map(|name| (name, text(&key, name)))));
    Ok(())
}

async fn add(addition: &Addition, invocation: &Invocation) -> Result<(), Failure> {
    let mut body = addition.body()?;
    if let (Some(members), false) = (body.as_object_mut(), addition.network.is_empty()) {
        members.insert("networks".into(), json!(addition.network));
    }
    let project = addition.project.as_deref();
    let project = project.map(|name| format!("?project={}", segment(name))).unwrap_or_default();
    let path = format!("/api/v1/agents/{}/credentials{project}", segment(&addition.agent));
    let key = invocation.client()?.post(&path, &body).await?;
    invocation.output.say(&key, || facts(&FACTS.map(|name| (name, text(&key, name)))));
    if addition.hmac {
        invocation.output.aside(
            "\nThe secret is shown this once. As a key file for `fetch`:\n  \
             {\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"<secret>\"}",
        );
    }
    Ok(())
}

impl Addition {
    fn body(&self) -> Result<Value, Failure> {
        if let Some(path) = &self.jwk {
            return Ok(json!({ "jwk": public_jwk(path)? }));
        }
        if let Some(path) = &self.certificate {
            let unreadable =
                |error| Failure::usage(format!("{} cannot be read: {error}", path.display()));
            return Ok(
                json!({ "certificate": std::fs::read_to_string(path).map_err(unreadable)? }),
            );
        }
        if let Some(issuer) = &self.issuer {
            return Ok(json!({ "claims": { "issuer": issuer, "equal": self.claims()? } }));
        }
        if self.api_key {
            let mut body = json!({ "kind": "api_key" });
            if let (Some(members), false) = (body.as_object_mut(), self.scope.is_empty()) {
                members.insert("scopes".into(), json!(self.scope.join(" ")));
            }
            if let (Some(members), Some(ttl)) = (body.as_object_mut(), &self.ttl) {
                members.insert("ttl_seconds".into(), json!(ttl.seconds()));
            }
            return Ok(body);
        }
        Ok(match (&self.wallet, &self.spiffe, &self.directory) {
            (Some(address), _, _) => json!({ "wallet": address }),
            (_, Some(id), _) => json!({ "spiffe_id": id }),
            (_, _, Some(url)) => json!({ "directory": url }),
            (None, None, None) => json!({ "kind": "hmac" }),
        })
    }

    fn claims(&self) -> Result<Value, Failure> {
        let mut equal = serde_json::Map::new();
        for claim in &self.claim {
            let (pointer, value) = claim.split_once('=').ok_or_else(|| {
                Failure::usage(format!("`{claim}` is not a claim and its value"))
                    .hint("as in --claim /sub=system:serviceaccount:support:summarizer")
            })?;
            if equal.insert(pointer.to_owned(), json!(value)).is_some() {
                return Err(Failure::usage(format!("`{pointer}` is claimed twice")));
            }
        }
        Ok(Value::Object(equal))
    }
}

/// Reads a public key. A private one is refused before it could leave this machine.
fn public_jwk(path: &Path) -> Result<Value, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be read: {error}", path.display()))
    };
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().take(65_536).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        text = std::fs::read_to_string(path).map_err(unreadable)?;
    }
    let public = PublicKey::from_jwk(text.trim()).map_err(|error| {
        Failure::usage(format!("{} holds no public key: {error}", path.display()))
            .hint("`bailiwick key new FILE` prints the public JWK; the private one stays in FILE")
    })?;
    serde_json::from_str(&public.to_jwk()).map_err(Failure::refused)
}

async fn list(holder: &Holder, invocation: &Invocation) -> Result<(), Failure> {
    let mut query = vec![("agent", holder.agent.clone())];
    query.extend(holder.project.clone().map(|project| ("project", project)));
    let list = invocation.client()?.list("/api/v1/credentials", "credentials", &query).await?;
    invocation.output.say(&list, || {
        let columns = [
            "key_id",
            "kind",
            "alg",
            "state",
            "expires_at",
            "last_used_at",
            "registered_by",
            "thumbprint",
        ];
        let row = |key: &Value| columns.iter().map(|name| text(key, name)).collect();
        let rows: Vec<Vec<String>> = items(&list, "credentials").iter().map(row).collect();
        if rows.is_empty() {
            return format!("{} has no keys", holder.agent);
        }
        let head =
            ["KEY", "KIND", "ALG", "STATE", "EXPIRES", "LAST USED", "REGISTERED BY", "THUMBPRINT"];
        table(&head, &rows)
    });
    Ok(())
}

async fn revoke(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let reach = if named.alone { "?alone=true" } else { "" };
    let path = format!("/api/v1/credentials/{}{reach}", segment(&named.key_id));
    let key = invocation.client()?.delete(&path).await?;
    invocation.output.say(&key, || format!("{} is {}", text(&key, "key_id"), text(&key, "state")));
    Ok(())
}
