//! Who may administer: whoever holds an admin token, `Authorization: Bearer bwa_…` (RFC 6750,
//! section 2.1), and people who are signed in and have a role, each as far as [`roles`] says.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bailiwick_domain::operator::Operator;
use bailiwick_domain::ruling::Decider;
use bailiwick_proof::opaque::{self, Opens};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};

use crate::admin::roles::{self, Demand, RECENT_SECONDS};
use crate::authority::Authority;
use crate::people::own;
use crate::people::session::{self, SignedIn};
use crate::refusal::Refusal;

/// Who asks, once it is known that they may. What is decided is decided by them.
#[derive(Debug, Clone)]
pub(crate) struct Asker(pub(crate) Decider);

/// Lets the request on to the admin API only when somebody sent it who may do what it asks for.
pub(crate) async fn check(
    State(authority): State<Authority>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let headers = request.headers();
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let demand = roles::demand(request.method().as_str(), path);
    let by_token = headers.contains_key(AUTHORIZATION);
    let signed_in = if by_token { None } else { session::find(&authority, headers).await? };
    let asker = if let Some(signed_in) = signed_in {
        check_own(&authority, &signed_in, request.method(), headers)?;
        check_person(&authority, &signed_in, demand)?;
        tracing::info!(person = %signed_in.person.id, "a person asks");
        signed_in.decider()
    } else {
        let operator = find(&authority, headers).await?;
        let least = demand.ok_or(Refusal::RoleMissing(None))?.role;
        if operator.role < least {
            return Err(Refusal::RoleMissing(Some(least)));
        }
        tracing::info!(operator = %operator.id, "an operator asks");
        let Operator { id, name, .. } = operator;
        Decider::Operator { id, name }
    };
    request.extensions_mut().insert(Asker(asker));
    Ok(next.run(request).await)
}

fn check_person(
    authority: &Authority,
    signed_in: &SignedIn,
    demand: Option<Demand>,
) -> Result<(), Refusal> {
    let Demand { role, recent } = demand.ok_or(Refusal::RoleMissing(None))?;
    if signed_in.person.role.is_none_or(|had| had < role) {
        return Err(Refusal::RoleMissing(Some(role)));
    }
    if recent && !session::fresh(signed_in, authority.now(), RECENT_SECONDS) {
        return Err(Refusal::ReauthenticationNeeded);
    }
    Ok(())
}

/// A browser sends its cookie for anybody; what changes something has to come from a page of this
/// authority, which knows the token of this sign-in and can write a field.
fn check_own(
    authority: &Authority,
    signed_in: &SignedIn,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    if !own::is_own(authority, headers) {
        return Err(Refusal::CrossSite);
    }
    let token = headers.get("x-csrf-token").and_then(|field| field.to_str().ok());
    if token.is_some_and(|token| signed_in.knows(token)) {
        return Ok(());
    }
    Err(Refusal::FormStale)
}

/// The checksum is held against the token before anything is looked up; the look-up is by digest,
/// so that how long it takes says nothing about any token.
async fn find(authority: &Authority, headers: &HeaderMap) -> Result<Operator, Refusal> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let field = fields.next().ok_or(Refusal::OperatorMissing)?;
    if fields.next().is_some() {
        return Err(Refusal::OperatorUnknown);
    }
    let token = field.to_str().ok().and_then(bearer).ok_or(Refusal::OperatorUnknown)?;
    let digest = opaque::digest_of(Opens::Administration, token);
    let digest = digest.ok_or(Refusal::OperatorUnknown)?;
    let found = authority.store.read().await?.operators().find_by_digest(&digest).await?;
    found.filter(|operator| operator.revoked_at.is_none()).ok_or(Refusal::OperatorUnknown)
}

fn bearer(field: &str) -> Option<&str> {
    let (scheme, token) = field.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
