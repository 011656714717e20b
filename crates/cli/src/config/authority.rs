//! `[authority]`: where agents are administered and tokens issued.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use bailiwick_authority::{ClientDocuments, SignalSource};
use bailiwick_domain::agent::Name;
use bailiwick_domain::scope::{Scope, ScopeSet};

use super::address;
use super::approval_webhook::{self, ApprovalWebhookSettings};
use super::section::{Bounds, Noted, Section};
use super::sign_in::{self, SignInSettings};
use super::signal_source;
use super::tls::{self, TlsSettings};

/// The issuing half.
#[derive(Debug, Clone)]
pub struct AuthoritySettings {
    /// Where it listens; port 0 lets the operating system choose.
    pub listen: SocketAddr,
    /// The issuer of its tokens (RFC 8414, section 2); the listener's own address when absent.
    pub issuer: Option<String>,
    /// The certificate it serves; plain HTTP when absent.
    pub tls: Option<TlsSettings>,
    /// For how many days a key signs tokens before the next one does.
    pub signing_key_days: u64,
    /// Where people sign in.
    pub sign_in: Vec<SignInSettings>,
    /// Whose signals are taken in.
    pub signal_sources: Vec<SignalSource>,
    /// Who is told of requests that wait for people.
    pub approval_webhooks: Vec<ApprovalWebhookSettings>,
    /// Where clients go that are known by a document which they publish; none are taken when
    /// absent.
    pub client_documents: Option<ClientDocuments>,
}

pub(super) fn read(section: &mut Section<'_>, base: &Path) -> Option<AuthoritySettings> {
    let listen = address::listener(section, SocketAddr::from((Ipv4Addr::LOCALHOST, 8701)));
    let tls = tls::read(section, base);
    let signing_key_days =
        section.number("signing_key_days", Bounds { least: 1, default: 30, most: 365 });
    let sign_in = section.each("sign_in", |way| sign_in::read(way, base));
    sign_in::refuse_twice(section, &sign_in);
    let sources = section.each("signal_source", signal_source::read);
    signal_source::refuse_twice(section, &sources);
    let webhooks = section.each("approval_webhook", |it| approval_webhook::read(it, base));
    approval_webhook::refuse_twice(section, &webhooks);
    let client_documents = read_client_documents(section);
    let issuer = address::origin(section, "issuer").ok()?;
    let listen = listen?;
    if listen.ip().is_unspecified() && issuer.is_none() {
        section.refuse(
            "issuer",
            format!("is missing, and {listen} is no address a client can call"),
            "write the URL clients use, as in \"https://authority.acme.example\"",
        );
        return None;
    }
    let sign_in = sign_in.into_iter().collect::<Option<_>>()?;
    let (tls, client_documents) = (tls.ok()?, client_documents.ok()?);
    Some(AuthoritySettings {
        listen,
        issuer,
        tls,
        signing_key_days,
        sign_in,
        signal_sources: sources.into_iter().collect::<Option<_>>()?,
        approval_webhooks: webhooks.into_iter().collect::<Option<_>>()?,
        client_documents,
    })
}

fn read_client_documents(section: &mut Section<'_>) -> Result<Option<ClientDocuments>, Noted> {
    if !section.has("client_documents") {
        return Ok(None);
    }
    section.within("client_documents", |section| {
        let expected = "a project, as in \"default\"";
        let project = section.required("project", expected).and_then(|text| {
            let read = text.parse::<Name>();
            read.map_err(|error| section.refuse("project", error.to_string(), expected)).ok()
        });
        let scopes = read_scopes(section);
        let (project, scopes) = (project.ok_or(Noted)?, scopes.ok_or(Noted)?);
        Ok(Some(ClientDocuments { project, scopes }))
    })
}

/// Anybody can publish a document, so that none brings a broad scope.
fn read_scopes(section: &mut Section<'_>) -> Option<ScopeSet> {
    let expected = "scopes, as in [\"tickets:read\"]";
    let texts: Vec<String> = section.find("scopes", expected).unwrap_or_default();
    let scopes = match ScopeSet::from_texts(texts.iter().map(String::as_str)) {
        Ok(scopes) => scopes,
        Err(error) => {
            section.refuse("scopes", error.to_string(), expected);
            return None;
        }
    };
    if scopes.iter().any(Scope::is_broad) {
        section.refuse("scopes", "has a broad scope", "name what such a client may be granted");
        return None;
    }
    Some(scopes)
}
