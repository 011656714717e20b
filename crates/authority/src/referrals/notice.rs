//! Telling a webhook that a request waits for people.

use bailiwick_domain::approval::Approval;
use bailiwick_proof::hook;
use serde_json::json;

use crate::admin::approval_object::ApprovalObject;
use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::approvals;
use crate::referrals::hook::ApprovalWebhook;
use crate::referrals::next::Next;

/// Tells it what the page would show, signed. The same request has the same `webhook-id` each time.
pub(super) async fn tell(
    authority: &Authority,
    webhook: &ApprovalWebhook,
    approval: Approval,
) -> Result<Next, Fault> {
    let now = authority.now();
    let mut tx = authority.store.read().await?;
    let sealed = tx.approvals().body(approval.id).await?;
    drop(tx);
    let body = sealed.map(|sealed| approvals::open(authority, &approval, &sealed)).transpose()?;
    let id = format!("{}_requested", approval.id);
    let url = format!("{}/approvals/{}", authority.settings.issuer, approval.id);
    let told = json!({
        "type": "approval.requested",
        "timestamp": approval.asked_at.to_string(),
        "url": url,
        "data": ApprovalObject::new(approval, body, now),
    });
    let told = told.to_string().into_bytes();
    let Some(fields) = hook::sign(&webhook.secret, &id, now, &told) else {
        return Err(Fault::Corrupt("what a webhook is told"));
    };
    Ok(match authority.outside.pings.send(&webhook.url, fields, told).await {
        Ok(200..=299) => Next::Done,
        Ok(status) => Next::Again(format!("it answered {status}")),
        Err(unsent) => Next::Again(unsent.to_string()),
    })
}
