//! `POST /webhooks/approvals/{name}`: a webhook says what a person decided.

use axum::Json;
use axum::extract::State;
use bailiwick_domain::ruling::Verdict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::{Named, Whole};
use crate::referrals::decision::{self, Said};
use crate::refusal::Refusal;
use crate::text;

/// What a person decided, as a webhook says it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BroughtDecision {
    /// About which request.
    #[schema(example = "apr_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    approval: String,
    /// `approve` or `deny`.
    verdict: String,
    /// Who decided: a person's id, or an address that is theirs alone. They need the role approver.
    #[schema(example = "ada@acme.example")]
    by: String,
    /// Why; required to deny.
    because: Option<String>,
}

/// Where the request stands with that.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TakenDecision {
    /// The request.
    approval: String,
    /// `pending` while another person has to decide too; `approved` or `denied`.
    status: &'static str,
}

/// Take in what a person decided, signed as Standard Webhooks are with the secret that is
/// configured for this name: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
#[utoipa::path(
    post,
    path = "/webhooks/approvals/{name}",
    tag = "approvals",
    params(("name" = String, Path, description = "What the webhook is called")),
    request_body = BroughtDecision,
    responses(
        (status = 200, description = "Taken", body = TakenDecision),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "Not signed by this webhook, or too long ago", body = Problem),
        (status = 403, description = "No approver, or it is their own", body = Problem),
        (status = 404, description = "No such approval", body = Problem),
        (status = 409, description = "Over, or decided by them already", body = Problem),
    ),
    security(())
)]
pub(crate) async fn take_decision(
    State(authority): State<Authority>,
    Named(name): Named,
    whole: Whole,
) -> Result<Json<TakenDecision>, Refusal> {
    let hook = decision::prove(&authority, &name, &whole.head.headers, &whole.body)?;
    let brought: BroughtDecision = whole.json()?;
    let verdict: Verdict = text::read("verdict", &brought.verdict)?;
    let reason = brought.because.map(text::because).transpose()?;
    if verdict == Verdict::Deny && reason.is_none() {
        return Err(Refusal::Malformed("because is missing: say why it is denied".to_owned()));
    }
    let said = Said { approval: brought.approval, by: brought.by, verdict, reason };
    let decided = decision::decide(&authority, hook, said).await?;
    let status = decided.state_at(authority.now()).as_str();
    Ok(Json(TakenDecision { approval: decided.id.to_string(), status }))
}
