//! `[[authority.signal_source]]`: whose signals end sign-ins and credentials here.

use std::collections::BTreeSet;

use bailiwick_authority::SignalSource;
use bailiwick_domain::spiffe::SpiffeId;
use bailiwick_fetch::Url;

use super::section::Section;

const ISSUER: &str = "the transmitter's issuer, as in \"https://id.acme.example\"";
const AUDIENCE: &str = "what `aud` of its tokens names, as in \"https://authority.acme.example\"";
const JWKS: &str = "the URL of its keys; its ssf-configuration names them otherwise";
const DOMAIN: &str = "a SPIFFE trust domain, as in \"prod.acme.example\"";

pub(super) fn read(section: &mut Section<'_>) -> Option<SignalSource> {
    let issuer = section.required("issuer", ISSUER);
    let issuer = issuer.filter(|issuer| match issuer.parse::<Url>() {
        Ok(_) => true,
        Err(error) => {
            section.refuse("issuer", error.to_string(), format!("write {ISSUER}"));
            false
        }
    });
    let audience = section.required("audience", AUDIENCE);
    let jwks_uri = section.parse::<Url>("jwks_uri", JWKS);
    let trust_domain = section.find::<String>("trust_domain", DOMAIN);
    if let Some(name) = &trust_domain {
        let id = SpiffeId::parse(&format!("spiffe://{name}"));
        if !id.is_ok_and(|id| id.path().is_empty()) {
            let reason = format!("`{name}` is not a trust domain");
            section.refuse("trust_domain", reason, format!("write {DOMAIN}"));
        }
    }
    Some(SignalSource { issuer: issuer?, audience: audience?, jwks_uri, trust_domain })
}

/// One issuer is one source.
pub(super) fn refuse_twice(section: &mut Section<'_>, read: &[Option<SignalSource>]) {
    let mut issuers = BTreeSet::new();
    for source in read.iter().flatten() {
        if !issuers.insert(&source.issuer) {
            let reason = format!("`{}` is there twice", source.issuer);
            section.refuse("signal_source", reason, "write each source once");
        }
    }
}
