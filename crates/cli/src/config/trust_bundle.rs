//! `[[trust_bundle]]`: SPIFFE trust domains whose workloads are believed.

use std::collections::BTreeSet;
use std::path::Path;

use bailiwick_domain::spiffe::SpiffeId;
use bailiwick_fetch::{Url, Whence};

use super::section::Section;

/// One trust domain, and where its keys are.
#[derive(Debug, Clone)]
pub struct TrustBundleSettings {
    /// The trust domain's name.
    pub trust_domain: String,
    /// Where its bundle comes from.
    pub whence: Whence,
}

const DOMAIN: &str = "a trust domain, as in \"prod.acme.example\"";
const URL: &str = "a bundle endpoint (SPIFFE Federation, https_web), as in \"https://…\"";
const FILE: &str = "the path of a bundle: a JWK Set";

pub(super) fn read(section: &mut Section<'_>, base: &Path) -> Option<TrustBundleSettings> {
    let trust_domain = read_domain(section);
    let whence = match (section.has("url"), section.has("file")) {
        (true, false) => section.parse::<Url>("url", URL).map(Whence::Web),
        (false, true) => section.file("file", FILE, base).map(Whence::File),
        _ => {
            let hint = format!("write either url, {URL}, or file, {FILE}");
            section.refuse("url", "and `file`: exactly one says where the bundle is", hint);
            None
        }
    };
    Some(TrustBundleSettings { trust_domain: trust_domain?, whence: whence? })
}

/// One trust domain has one bundle.
pub(super) fn refuse_twice(root: &mut Section<'_>, read: &[Option<TrustBundleSettings>]) {
    let mut names = BTreeSet::new();
    for bundle in read.iter().flatten() {
        if !names.insert(&bundle.trust_domain) {
            let reason = format!("`{}` is there twice", bundle.trust_domain);
            root.refuse("trust_bundle", reason, "write one bundle for each trust domain");
        }
    }
}

fn read_domain(section: &mut Section<'_>) -> Option<String> {
    let name = section.required("trust_domain", DOMAIN)?;
    let id = SpiffeId::parse(&format!("spiffe://{name}"));
    match id {
        Ok(id) if id.path().is_empty() => Some(name),
        _ => {
            let reason = format!("`{name}` is not a trust domain");
            section.refuse("trust_domain", reason, format!("write {DOMAIN}"));
            None
        }
    }
}
