//! The webhooks that requests are put before, with the secrets that go with them.

use bailiwick_authority::ApprovalWebhook;
use bailiwick_proof::hook;

use super::{Fault, Sources, secret};
use crate::config::Settings;

/// Every webhook that is configured.
pub(super) fn webhooks(
    settings: &Settings,
    sources: &Sources,
) -> Result<Vec<ApprovalWebhook>, Fault> {
    let webhook = |it: &crate::config::ApprovalWebhookSettings| {
        let text = secret::read(&it.secret, sources)?;
        let secret = hook::secret(&text).ok_or_else(|| Fault::WebhookSecret(it.name.clone()))?;
        Ok(ApprovalWebhook { name: it.name.clone(), url: it.url.clone(), secret })
    };
    settings.authority.approval_webhooks.iter().map(webhook).collect()
}
