//! `[[authority.approval_webhook]]`: who is told of requests that wait for people, and brings what
//! they decided.

use std::collections::BTreeSet;
use std::path::Path;

use bailiwick_fetch::Url;

use super::secret::{self, SecretSource};
use super::section::Section;
use super::sign_in;

/// A server that requests are put before.
#[derive(Debug, Clone)]
pub struct ApprovalWebhookSettings {
    /// What it is called in paths.
    pub name: String,
    /// Where it is told.
    pub url: Url,
    /// What both sides sign with.
    pub secret: SecretSource,
}

const URL: &str = "where requests are sent to, as in \"https://desk.acme.example/approvals\"";

pub(super) fn read(section: &mut Section<'_>, base: &Path) -> Option<ApprovalWebhookSettings> {
    let name = sign_in::read_name(section);
    let url = match section.parse::<Url>("url", URL) {
        None if !section.has("url") => {
            section.refuse("url", "is missing", format!("write {URL}"));
            None
        }
        url => url,
    };
    let secret = secret::read(section, "secret", base);
    Some(ApprovalWebhookSettings { name: name?, url: url?, secret: secret? })
}

/// One name is one webhook.
pub(super) fn refuse_twice(section: &mut Section<'_>, read: &[Option<ApprovalWebhookSettings>]) {
    let mut names = BTreeSet::new();
    for webhook in read.iter().flatten() {
        if !names.insert(&webhook.name) {
            let reason = format!("`{}` is there twice", webhook.name);
            section.refuse("approval_webhook", reason, "give each webhook a name of its own");
        }
    }
}
