//! Who may administer: whoever holds an admin token, `Authorization: Bearer bwa_…` (RFC 6750,
//! section 2.1).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bailiwick_domain::id::OperatorId;
use bailiwick_proof::opaque::{self, Opens};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::authority::Authority;
use crate::refusal::Refusal;

/// Lets the request on to the admin API only when an operator sent it.
pub(crate) async fn check(
    State(authority): State<Authority>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let operator = find(&authority, request.headers()).await?;
    tracing::info!(%operator, "an operator asks");
    Ok(next.run(request).await)
}

/// The checksum is held against the token before anything is looked up; the look-up is by digest,
/// so that how long it takes says nothing about any token.
async fn find(authority: &Authority, headers: &HeaderMap) -> Result<OperatorId, Refusal> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let field = fields.next().ok_or(Refusal::OperatorMissing)?;
    if fields.next().is_some() {
        return Err(Refusal::OperatorUnknown);
    }
    let token = field.to_str().ok().and_then(bearer).ok_or(Refusal::OperatorUnknown)?;
    let digest = opaque::digest_of(Opens::Administration, token);
    let digest = digest.ok_or(Refusal::OperatorUnknown)?;
    let found = authority.store.read().await?.operators().find_by_digest(&digest).await?;
    found.ok_or(Refusal::OperatorUnknown)
}

fn bearer(field: &str) -> Option<&str> {
    let (scheme, token) = field.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
