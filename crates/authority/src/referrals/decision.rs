//! Decisions that a webhook brings: it says who decided, and is believed about that; whether they
//! may is decided here.

use bailiwick_domain::approval::Approval;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::PersonId;
use bailiwick_domain::person::{Person, Role};
use bailiwick_domain::ruling::{Channel, Decider, Ruling, Verdict};
use bailiwick_proof::hook;
use http::HeaderMap;

use crate::authority::Authority;
use crate::govern::approvals;
use crate::referrals::hook::ApprovalWebhook;
use crate::refusal::Refusal;

/// What a webhook says.
#[derive(Debug)]
pub(crate) struct Said {
    /// About which approval.
    pub(crate) approval: String,
    /// Who decided: a person's id, or their address.
    pub(crate) by: String,
    /// What.
    pub(crate) verdict: Verdict,
    /// Why.
    pub(crate) reason: Option<String>,
}

/// The webhook of this name, if it has sent this.
pub(crate) fn prove<'a>(
    authority: &'a Authority,
    name: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<&'a ApprovalWebhook, Refusal> {
    let mut hooks = authority.settings.approval_webhooks.iter();
    let hook = hooks.find(|it| it.name == name).ok_or(Denial::CredentialUnknown)?;
    hook::verify(&hook.secret, headers, body, authority.now())?;
    Ok(hook)
}

/// Decides as that person. Whoever decides twice is refused, so that a message that comes again
/// does nothing.
pub(crate) async fn decide(
    authority: &Authority,
    hook: &ApprovalWebhook,
    said: Said,
) -> Result<Approval, Refusal> {
    let person = find(authority, &said.by).await?;
    let by = Decider::from(&person);
    let ruling = Ruling { verdict: said.verdict, reason: said.reason, channel: Channel::Webhook };
    let decided = approvals::decide(authority, &said.approval, &by, ruling).await?;
    tracing::info!(approval = %decided.id, hook = hook.name, "a webhook brought a decision");
    Ok(decided)
}

/// The one person who goes by this, and may decide.
async fn find(authority: &Authority, by: &str) -> Result<Person, Refusal> {
    let mut tx = authority.store.read().await?;
    let mut found: Vec<Person> = match by.parse::<PersonId>() {
        Ok(id) => tx.people().find(id).await?.into_iter().collect(),
        Err(_) => tx.people().find_address(by).await?,
    };
    found.retain(Person::decides);
    match (found.pop(), found.pop()) {
        (Some(person), None) => Ok(person),
        _ => Err(Refusal::RoleMissing(Some(Role::Approver))),
    }
}
