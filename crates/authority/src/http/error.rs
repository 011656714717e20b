//! The one file that knows which status and body a refusal becomes: OAuth's own form at the token
//! endpoint (RFC 6749, section 5.2), problem details (RFC 9457) everywhere else.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::approval::Undecidable;
use bailiwick_domain::denial::{Denial, Exhausted};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::issue::refused::Refused;
use crate::refusal::Refusal;

/// What a signature over a request to this server has to cover (RFC 9421, section 5.1).
const ACCEPT_SIGNATURE: &str = "sig=(\"@method\" \"@authority\" \"@path\" \"content-digest\")\
    ;created;expires;nonce;keyid";
/// How long to stay away after a fault, in seconds.
const BACK_OFF_SECONDS: u64 = 1;

/// A refusal as it is sent (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `urn:bailiwick:denial:<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// What happened, in one sentence.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What exactly was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The stable code.
    code: &'static str,
    /// How to do better.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    /// The request, as the server's log names it.
    request_id: String,
    /// Whether the same request, signed again, may succeed later.
    retryable: bool,
    /// When to try again, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// A refusal of the token endpoint as it is sent (RFC 6749, section 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OauthProblem {
    /// The error code of OAuth.
    error: &'static str,
    /// What exactly was wrong.
    error_description: String,
    /// The stable code of this product, where the proof was at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// How to do better.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    /// The request, as the server's log names it.
    request_id: String,
}

/// A refusal on its way to the layer that knows the request's id.
#[derive(Debug, Clone)]
enum Unsent {
    Problem(Refusal),
    Oauth(Refused),
}

/// The code of a refusal, for the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code(pub(crate) &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = status(&self).into_response();
        response.extensions_mut().insert(Unsent::Problem(self));
        response
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = oauth_status(&self).into_response();
        response.extensions_mut().insert(Unsent::Oauth(self));
        response
    }
}

/// Gives a refusal its body; any other response passes unchanged.
pub(crate) fn render(mut response: Response, request_id: &str) -> Response {
    let mut rendered = match response.extensions_mut().remove::<Unsent>() {
        Some(Unsent::Problem(refusal)) => problem(&refusal, request_id),
        Some(Unsent::Oauth(refused)) => oauth_problem(&refused, request_id),
        None => return response,
    };
    if let Some(methods) = response.headers_mut().remove(ALLOW) {
        rendered.headers_mut().insert(ALLOW, methods);
    }
    rendered
}

/// Takes out a refusal that is to be shown as a page, if the response is one.
pub(crate) fn take(response: &mut Response) -> Option<Refusal> {
    match response.extensions_mut().remove::<Unsent>()? {
        Unsent::Problem(refusal) => Some(refusal),
        unsent @ Unsent::Oauth(_) => {
            response.extensions_mut().insert(unsent);
            None
        }
    }
}

fn problem(refusal: &Refusal, request_id: &str) -> Response {
    let status = status(refusal);
    let retry_after_seconds = retry_after(refusal);
    let body = Problem {
        kind: format!("urn:bailiwick:denial:{}", refusal.code()),
        title: refusal.title(),
        status: status.as_u16(),
        detail: refusal.detail(),
        code: refusal.code(),
        hint: refusal.hint(),
        request_id: request_id.to_owned(),
        retryable: refusal.retryable(),
        retry_after_seconds,
    };
    let mut response = (status, Json(body)).into_response();
    response.extensions_mut().insert(Code(refusal.code()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    match refusal {
        Refusal::OperatorMissing | Refusal::ReauthenticationNeeded => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refusal::OperatorUnknown => {
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        Refusal::Denied(_) if status == StatusCode::UNAUTHORIZED => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Signature"));
            headers.insert("accept-signature", HeaderValue::from_static(ACCEPT_SIGNATURE));
        }
        Refusal::Denied(Denial::RateLimited(exhausted)) => put_limit(headers, exhausted),
        _ => {}
    }
    if let Some(seconds) = retry_after_seconds {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

const fn retry_after(refusal: &Refusal) -> Option<u64> {
    match refusal {
        Refusal::Denied(Denial::RateLimited(exhausted)) => Some(exhausted.retry_after_seconds),
        Refusal::Unavailable | Refusal::Denied(Denial::Unavailable) => Some(BACK_OFF_SECONDS),
        _ => None,
    }
}

/// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4).
fn put_limit(headers: &mut HeaderMap, exhausted: &Exhausted) {
    let Exhausted { policy, quota, window_seconds, retry_after_seconds } = exhausted;
    let left = format!("\"{policy}\";r=0;t={retry_after_seconds}");
    let whole = format!("\"{policy}\";q={quota};w={window_seconds}");
    for (name, text) in [("ratelimit", left), ("ratelimit-policy", whole)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}

/// The status that a refusal is answered with.
pub(crate) fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Denied(denial) => denial_status(denial),
        Refusal::Malformed(_) | Refusal::ScopeBroad(_) => StatusCode::BAD_REQUEST,
        Refusal::OperatorMissing | Refusal::OperatorUnknown | Refusal::ReauthenticationNeeded => {
            StatusCode::UNAUTHORIZED
        }
        Refusal::InviteUnusable(_)
        | Refusal::InviteNeeded
        | Refusal::CrossSite
        | Refusal::FormStale
        | Refusal::SignInFailed(_)
        | Refusal::PersonRefused
        | Refusal::WelcomeUnusable
        | Refusal::Undecidable(Undecidable::Involved)
        | Refusal::RoleMissing(_) => StatusCode::FORBIDDEN,
        Refusal::NotFound(_) => StatusCode::NOT_FOUND,
        Refusal::MethodUnknown => StatusCode::METHOD_NOT_ALLOWED,
        Refusal::NameTaken(_)
        | Refusal::KeyRegistered(_)
        | Refusal::IdentityTaken
        | Refusal::StateImpossible(_)
        | Refusal::Undecidable(Undecidable::Twice | Undecidable::Closed(_))
        | Refusal::KeyKept(_)
        | Refusal::KeysTooMany => StatusCode::CONFLICT,
        Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn denial_status(denial: &Denial) -> StatusCode {
    match denial {
        Denial::RequestMalformed(_)
        | Denial::CredentialMalformed(_)
        | Denial::CredentialConflict(_)
        | Denial::ContractViolated { .. }
        | Denial::McpHeaderMismatch(_) => StatusCode::BAD_REQUEST,
        Denial::CredentialMissing
        | Denial::CredentialUnknown
        | Denial::CredentialExpired
        | Denial::CredentialRevoked
        | Denial::TokenInvalid(_)
        | Denial::TokenExpired
        | Denial::TokenAudience
        | Denial::TokenRevoked
        | Denial::ProofMissing
        | Denial::ProofTooWeak { .. }
        | Denial::SignatureInvalid
        | Denial::SignatureExpired
        | Denial::SignatureNotYetValid
        | Denial::SignatureWindow
        | Denial::SignatureCoverage { .. }
        | Denial::NonceMissing
        | Denial::NonceReplayed
        | Denial::DigestMissing
        | Denial::DigestMismatch
        | Denial::AgentMismatch => StatusCode::UNAUTHORIZED,
        Denial::AgentPending
        | Denial::AgentSuspended
        | Denial::AgentRetired
        | Denial::NetworkForbidden
        | Denial::DelegationInvalid(_)
        | Denial::DelegationTooDeep
        | Denial::DelegationRevoked
        | Denial::TaskClosed
        | Denial::OperationUnknown
        | Denial::ScopeMissing { .. }
        | Denial::ApprovalDenied { .. }
        | Denial::ApprovalMismatch(_)
        | Denial::NotInLine(_)
        | Denial::PolicyDenied { .. }
        | Denial::PolicyError => StatusCode::FORBIDDEN,
        Denial::ApprovalPending(_) => StatusCode::ACCEPTED,
        Denial::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Denial::RateLimited(_) | Denial::BudgetExhausted(_) => StatusCode::TOO_MANY_REQUESTS,
        Denial::UpstreamFailed => StatusCode::BAD_GATEWAY,
        Denial::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
        Denial::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn oauth_problem(refused: &Refused, request_id: &str) -> Response {
    let status = oauth_status(refused);
    let (code, hint) = match refused {
        Refused::InvalidClient(denial) | Refused::UnauthorizedClient(denial) => {
            (Some(denial.code()), denial.hint())
        }
        // Hints speak of what is shown at the gateway.
        Refused::InvalidAssertion(denial) => (Some(denial.code()), None),
        Refused::InvalidRequest(_)
        | Refused::InvalidDetails(_)
        | Refused::NotRegistered(_)
        | Refused::InvalidGrant(_)
        | Refused::Told(..)
        | Refused::InvalidToken
        | Refused::UnsupportedGrantType
        | Refused::InvalidScope(_)
        | Refused::InvalidTarget(_)
        | Refused::Dpop { .. }
        | Refused::Unavailable => (None, None),
    };
    let error = oauth_error(refused);
    let body = OauthProblem {
        error,
        error_description: oauth_description(refused),
        code,
        hint,
        request_id: request_id.to_owned(),
    };
    let mut response = (status, Json(body)).into_response();
    response.extensions_mut().insert(Code(code.unwrap_or(error)));
    let headers = response.headers_mut();
    if matches!(refused, Refused::InvalidToken) {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        headers.insert(WWW_AUTHENTICATE, challenge);
    } else if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Signature"));
        headers.insert("accept-signature", HeaderValue::from_static(ACCEPT_SIGNATURE));
    }
    if let Refused::Dpop { nonce, .. } = refused
        && let Ok(nonce) = HeaderValue::from_str(nonce)
    {
        headers.insert("dpop-nonce", nonce);
    }
    if matches!(refused, Refused::Unavailable) {
        headers.insert(RETRY_AFTER, HeaderValue::from(BACK_OFF_SECONDS));
    }
    response
}

const fn oauth_status(refused: &Refused) -> StatusCode {
    match refused {
        Refused::InvalidClient(_) | Refused::InvalidAssertion(_) | Refused::InvalidToken => {
            StatusCode::UNAUTHORIZED
        }
        Refused::InvalidRequest(_)
        | Refused::InvalidDetails(_)
        | Refused::NotRegistered(_)
        | Refused::InvalidGrant(_)
        | Refused::Told(..)
        | Refused::UnauthorizedClient(_)
        | Refused::UnsupportedGrantType
        | Refused::InvalidScope(_)
        | Refused::Dpop { .. }
        | Refused::InvalidTarget(_) => StatusCode::BAD_REQUEST,
        Refused::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

const fn oauth_error(refused: &Refused) -> &'static str {
    match refused {
        Refused::InvalidRequest(_) => "invalid_request",
        Refused::InvalidClient(_) | Refused::InvalidAssertion(_) => "invalid_client",
        Refused::InvalidDetails(_) => "invalid_authorization_details",
        Refused::UnauthorizedClient(_) | Refused::NotRegistered(_) => "unauthorized_client",
        Refused::InvalidGrant(_) => "invalid_grant",
        Refused::Told(error, _) => error,
        Refused::InvalidToken => "invalid_token",
        Refused::UnsupportedGrantType => "unsupported_grant_type",
        Refused::InvalidScope(_) => "invalid_scope",
        Refused::InvalidTarget(_) => "invalid_target",
        Refused::Dpop { refused, .. } => refused.error(),
        Refused::Unavailable => "temporarily_unavailable",
    }
}

fn oauth_description(refused: &Refused) -> String {
    match refused {
        Refused::InvalidAssertion(denial) => of_assertion(denial),
        Refused::InvalidClient(denial) | Refused::UnauthorizedClient(denial) => {
            let detail = denial.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("{}{detail}", denial.title())
        }
        Refused::InvalidRequest(detail)
        | Refused::InvalidDetails(detail)
        | Refused::NotRegistered(detail)
        | Refused::InvalidGrant(detail)
        | Refused::InvalidTarget(detail) => (*detail).to_owned(),
        Refused::InvalidScope(detail) | Refused::Told(_, detail) => detail.clone(),
        Refused::InvalidToken => "the access token is none that opens this".to_owned(),
        Refused::Dpop { refused, .. } => refused.detail().to_owned(),
        Refused::UnsupportedGrantType => "the metadata lists the grants that there are".to_owned(),
        Refused::Unavailable => "the authority cannot decide right now".to_owned(),
    }
}

/// What is wrong with a client's assertion: denials of tokens speak of access tokens.
fn of_assertion(denial: &Denial) -> String {
    match denial {
        Denial::TokenInvalid(detail) => format!("the client assertion does not hold: {detail}"),
        Denial::TokenExpired => "the client assertion has expired".to_owned(),
        Denial::TokenAudience => {
            "the client assertion is not for this authority: its aud is the issuer".to_owned()
        }
        Denial::NonceReplayed => "the client assertion was used before".to_owned(),
        Denial::SignatureInvalid => "the client assertion is not signed by that key".to_owned(),
        other => format!("the client assertion proves nobody: {}", other.title()),
    }
}
