//! The trust domain, and what an operator should look at twice.

use super::problem::Problems;
use super::section::Section;
use super::settings::Settings;

const DOMAIN: &str = "a SPIFFE trust domain, as in \"acme.example\"";

/// Reads `trust_domain` (SPIFFE-ID, section 2.1).
pub(super) fn read_domain(root: &mut Section<'_>) -> Option<String> {
    let domain = root.required("trust_domain", DOMAIN)?;
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    if (1..=255).contains(&domain.len()) && domain.bytes().all(plain) {
        return Some(domain);
    }
    let reason = format!("`{domain}` is not a trust domain");
    root.refuse("trust_domain", reason, format!("write {DOMAIN}, in lower case"));
    None
}

/// What is allowed and still unwise.
pub(super) fn weigh(settings: &Settings) -> Problems {
    let mut warnings = Problems::default();
    let authority = &settings.authority;
    let issuer = authority.issuer.as_deref();
    let plain = issuer.map_or(authority.tls.is_none(), |issuer| issuer.starts_with("http://"));
    if plain && !authority.listen.ip().is_loopback() {
        warnings.add(
            "authority.issuer",
            "is plain http on an address others reach: admin tokens can be read on the way",
            "put TLS in front of the authority and write its https:// URL",
        );
    }
    if settings.apis.is_empty() {
        let hint = "add an [[api]] with at least one [[api.operation]]";
        warnings.add("api", "nothing is behind the gateway: every request is refused", hint);
    }
    for (place, api) in settings.apis.iter().enumerate() {
        if api.operations.is_empty() && api.description.is_none() {
            let reason =
                format!("`{}` describes nothing: every request to it is refused", api.name);
            let hint = "write openapi = \"FILE\", or add an [[api.operation]]";
            warnings.add(format!("api[{place}].operation"), reason, hint);
        }
    }
    warnings
}
