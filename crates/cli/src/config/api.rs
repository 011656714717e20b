//! `[[api]]`: one API behind the gateway.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailiwick_domain::a2a::Skills;
use bailiwick_domain::agent::Name;
use bailiwick_domain::api::{Api, Enforcement, Kind, Mode};
use bailiwick_domain::credential::Strength;
use bailiwick_domain::mcp::Names;
use bailiwick_domain::operation::{Operation, Routes};
use bailiwick_proof::card_signature::CardKeys;

use super::section::{Noted, Section};
use super::{address, mode, operation};

/// One API as it is configured.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Its name.
    pub name: Arc<str>,
    /// What it speaks.
    pub kind: Kind,
    /// The `Host` values it answers to; any when empty.
    pub hosts: Vec<String>,
    /// The path prefix it answers to; empty for none.
    pub prefix: String,
    /// The origin requests are forwarded to; where MCP is spoken, the endpoint.
    pub upstream: String,
    /// Its resource identifier; the gateway's public URL and the prefix when absent.
    pub resource: Option<String>,
    /// What is done with requests to it that are to be refused.
    pub mode: Mode,
    /// The least proof it takes.
    pub proof: Strength,
    /// Whether the caller's signature reaches the upstream.
    pub pass_signature: bool,
    /// Whether a workload's token of another issuer is enough for it.
    pub workload_tokens: bool,
    /// Whether it is told of each request in a signed `Txn-Token`.
    pub txn_token: bool,
    /// The certificates an https upstream is trusted by; the system's when absent.
    pub upstream_ca: Option<PathBuf>,
    /// What describes it: an OpenAPI document, where MCP is spoken a catalog, and where A2A is the
    /// card.
    pub description: Option<PathBuf>,
    /// Where A2A is spoken: the keys one of which has to sign the card; when absent nothing may.
    pub card_keys: Option<Arc<CardKeys>>,
    /// What comes of requests that do not fit their description.
    pub contract: Enforcement,
    /// What it can be asked to do, whatever the document says of it.
    pub operations: Vec<Arc<Operation>>,
}

impl ApiSettings {
    /// The API as the gateway and the authority know it, once the public URL is settled.
    pub fn resolve(&self, public_url: &str) -> Api {
        let resource = || format!("{public_url}{}", self.prefix);
        Api {
            name: Arc::clone(&self.name),
            kind: self.kind,
            hosts: self.hosts.clone(),
            prefix: self.prefix.clone(),
            upstream: self.upstream.clone(),
            resource: self.resource.clone().unwrap_or_else(resource),
            mode: self.mode,
            proof: self.proof,
            pass_signature: self.pass_signature,
            workload_tokens: self.workload_tokens,
            txn_token: self.txn_token,
            described: self.description.is_some(),
            contract: self.contract,
            operations: self.operations.clone(),
        }
    }
}

pub(super) fn read(section: &mut Section<'_>, base: &Path, mode: Mode) -> Option<ApiSettings> {
    let name = read_name(section);
    let kind = read_kind(section);
    let hosts = read_hosts(section);
    let prefix = read_prefix(section);
    let upstream = read_upstream(section, kind);
    let resource = read_resource(section);
    let mode = mode::read(section, mode);
    let proof = read_proof(section);
    let pass_signature = section.find("pass_signature", "true or false").unwrap_or(false);
    let workload_tokens = read_workload_tokens(section, proof);
    let txn_token = section.find("txn_token", "true or false").unwrap_or(true);
    let upstream_ca = read_upstream_ca(section, upstream.as_deref(), base);
    let description = read_description(section, kind, base);
    let card_keys = read_card_keys(section, kind, base);
    let contract = read_contract(section);
    let operations = read_operations(section, kind, name.as_deref());
    Some(ApiSettings {
        name: name?.into(),
        kind: kind?,
        hosts: hosts?,
        prefix: prefix?,
        upstream: upstream?,
        resource: resource.ok()?,
        mode: mode?,
        proof: proof?,
        pass_signature,
        workload_tokens: workload_tokens?,
        txn_token,
        upstream_ca: upstream_ca.ok()?,
        description: description.ok()?,
        card_keys: card_keys.ok()?,
        contract: contract?,
        operations,
    })
}

const UPSTREAM: &str = "the origin of the API, as in \"http://127.0.0.1:9000\"";
const KIND: &str = "\"http\", \"mcp\" or \"a2a\"";
const HOSTS: &str = "host names, as in [\"api.acme.example\"]";
const PREFIX: &str = "a path like \"/acme\": plain segments, no slash at the end";
const RESOURCE: &str = "an absolute URI without a fragment, as RFC 8707 asks";
const OPENAPI: &str = "the path of an OpenAPI document, as in \"acme.openapi.yaml\"";
const TOOLS: &str = "the path of a catalog, which `bailiwick api import --mcp URL -o FILE` makes";
const CARD: &str = "the path of a card, which `bailiwick api import --a2a URL -o FILE` fetches";
const CARD_KEYS: &str = "the path of the public keys of whoever signs the card: a JWK Set";
const CONTRACT: &str = "\"enforce\", \"observe\" or \"off\"";
const PROOF: &str = "\"bearer\", \"mac\" or \"key\"";

/// Paths the gateway answers itself.
const RESERVED: [&str; 4] = ["/.well-known", "/healthz", "/readyz", "/metrics"];

fn read_name(section: &mut Section<'_>) -> Option<String> {
    let expected = "a name: a-z, 0-9 and `-`, at most 63, no leading `-`";
    let name = section.required("name", expected)?;
    if name.parse::<Name>().is_ok() {
        return Some(name);
    }
    section.refuse("name", format!("`{name}` is not a name"), format!("write {expected}"));
    None
}

fn read_kind(section: &mut Section<'_>) -> Option<Kind> {
    if section.has("kind") { section.parse("kind", KIND) } else { Some(Kind::default()) }
}

fn read_hosts(section: &mut Section<'_>) -> Option<Vec<String>> {
    let hosts: Vec<String> = section.find("host", HOSTS).unwrap_or_default();
    let mut lower = Vec::with_capacity(hosts.len());
    for host in hosts {
        let host = host.to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        if host.is_empty() || host.len() > 253 || !host.bytes().all(plain) {
            let reason = format!("`{host}` is not a host name");
            section.refuse("host", reason, format!("write {HOSTS}, without a port"));
            return None;
        }
        lower.push(host);
    }
    Some(lower)
}

fn read_prefix(section: &mut Section<'_>) -> Option<String> {
    let prefix = section.text("prefix", "", PREFIX);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let segment =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain);
    let well_formed = match prefix.strip_prefix('/') {
        Some(rest) => rest.split('/').all(segment),
        None => prefix.is_empty(),
    };
    if !well_formed {
        let reason = format!("`{prefix}` is not a path prefix");
        section.refuse("prefix", reason, format!("write {PREFIX}"));
        return None;
    }
    let own = |path: &str| prefix == path || prefix.starts_with(&format!("{path}/"));
    if let Some(taken) = RESERVED.into_iter().find(|path| own(path)) {
        let reason = format!("`{taken}` is answered by the gateway itself");
        section.refuse("prefix", reason, "choose another prefix");
        return None;
    }
    Some(prefix)
}

fn read_upstream(section: &mut Section<'_>, kind: Option<Kind>) -> Option<String> {
    let text = section.required("upstream", UPSTREAM)?;
    match kind {
        Some(Kind::Mcp) => address::endpoint(section, "upstream", &text),
        Some(Kind::Http | Kind::A2a) | None => address::check(section, "upstream", &text),
    }
}

fn read_resource(section: &mut Section<'_>) -> Result<Option<String>, Noted> {
    if !section.has("resource") {
        return Ok(None);
    }
    let text: String = section.find("resource", RESOURCE).ok_or(Noted)?;
    match reqwest::Url::parse(&text) {
        Ok(uri) if uri.fragment().is_none() => Ok(Some(text)),
        _ => {
            let reason = format!("`{text}` is not a resource identifier");
            section.refuse("resource", reason, format!("write {RESOURCE}"));
            Err(Noted)
        }
    }
}

fn read_proof(section: &mut Section<'_>) -> Option<Strength> {
    let text = section.text("proof", "key", PROOF);
    let strength = text.parse().ok();
    if strength.is_none() {
        let reason = format!("`{text}` is not a strength of proof known here");
        section.refuse("proof", reason, format!("write {PROOF}"));
    }
    strength
}

fn read_workload_tokens(section: &mut Section<'_>, proof: Option<Strength>) -> Option<bool> {
    let taken = section.find("workload_tokens", "true or false").unwrap_or(false);
    if taken && proof.is_some_and(|proof| proof > Strength::Bearer) {
        let hint = "write proof = \"bearer\", or let workloads get a token from the authority";
        section.refuse("workload_tokens", "would be refused for their weak proof", hint);
        return None;
    }
    Some(taken)
}

fn read_upstream_ca(
    section: &mut Section<'_>,
    upstream: Option<&str>,
    base: &Path,
) -> Result<Option<PathBuf>, Noted> {
    if !section.has("upstream_ca") {
        return Ok(None);
    }
    let path = section.file("upstream_ca", "the path of PEM certificates", base).ok_or(Noted)?;
    if upstream.is_some_and(|origin| origin.starts_with("http://")) {
        let hint = "write an https:// upstream, or leave upstream_ca out";
        section.refuse("upstream_ca", "is never used: the upstream is plain http", hint);
        return Err(Noted);
    }
    Ok(Some(path))
}

/// What describes the API. A server of MCP and an agent of A2A are always described: what they say
/// of themselves is told to models, and has to be what somebody has read.
fn read_description(
    section: &mut Section<'_>,
    kind: Option<Kind>,
    base: &Path,
) -> Result<Option<PathBuf>, Noted> {
    let (key, expected) = match kind.unwrap_or_default() {
        Kind::Http => ("openapi", OPENAPI),
        Kind::Mcp => ("tools", TOOLS),
        Kind::A2a => ("card", CARD),
    };
    let others = ["openapi", "tools", "card"].into_iter().filter(|other| *other != key);
    let written: Vec<_> = others.filter(|other| section.has(other)).collect();
    if let Some(other) = written.first() {
        let kinds = format!("is for an API of another kind: this one is described by `{key}`");
        let hint = "openapi is for kind = \"http\", tools for \"mcp\", card for \"a2a\"";
        section.refuse(other, kinds, hint);
        section.discard(other);
        return Err(Noted);
    }
    if section.has(key) || matches!(kind, Some(Kind::Mcp | Kind::A2a)) {
        section.file(key, expected, base).map(Some).ok_or(Noted)
    } else {
        Ok(None)
    }
}

/// The keys that the card is taken from.
fn read_card_keys(
    section: &mut Section<'_>,
    kind: Option<Kind>,
    base: &Path,
) -> Result<Option<Arc<CardKeys>>, Noted> {
    if !section.has("card_keys") {
        return Ok(None);
    }
    if kind != Some(Kind::A2a) {
        section.refuse("card_keys", "is for an API of kind = \"a2a\"", "leave card_keys out");
        section.discard("card_keys");
        return Err(Noted);
    }
    let path = section.file("card_keys", CARD_KEYS, base).ok_or(Noted)?;
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string());
    let keys = text.and_then(|text| CardKeys::read(&text).map_err(|error| error.to_string()));
    keys.map(|keys| Some(Arc::new(keys))).map_err(|error| {
        let reason = format!("{} is no set of keys: {error}", path.display());
        section.refuse("card_keys", reason, format!("write {CARD_KEYS}"));
        Noted
    })
}

fn read_contract(section: &mut Section<'_>) -> Option<Enforcement> {
    if !section.has("contract") {
        return Some(Enforcement::default());
    }
    section.parse("contract", CONTRACT)
}

fn read_operations(
    section: &mut Section<'_>,
    kind: Option<Kind>,
    api: Option<&str>,
) -> Vec<Arc<Operation>> {
    let api: Arc<str> = api.unwrap_or("unnamed").into();
    let kind = kind.unwrap_or_default();
    let operations = section.each("operation", |entry| operation::read(entry, &api, kind));
    let operations: Vec<_> = operations.into_iter().flatten().collect();
    let (arranged, hint) = match kind {
        Kind::Http => (
            Routes::new(&operations).map(drop),
            "write each method and path once; `/t/{id}` and `/t/{name}` are the same",
        ),
        Kind::Mcp => (
            Names::new(&operations).map(drop),
            "write each tool, resource and prompt once, as the server names it",
        ),
        Kind::A2a => (
            Skills::new(&operations).map(drop),
            "write each skill once, as the card names it, and each other method of A2A",
        ),
    };
    if let Err(ambiguous) = arranged {
        section.refuse("operation", ambiguous.to_string(), hint);
    }
    operations
}
