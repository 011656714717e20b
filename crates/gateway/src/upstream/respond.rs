//! From a denial to an HTTP answer: the only file that knows which status a denial has.

use std::sync::Arc;

use bailiwick_domain::api::Kind;
use bailiwick_domain::approval::State;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::RecordId;
use bailiwick_domain::scope::{Scope, ScopeSet};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::challenge;
use super::fields::{REQUEST_ID, RateLimit};
use crate::asked::Asked;
use crate::core::Gate;
use crate::routes::Routed;
use crate::speak::heard::Heard;
use crate::speak::mcp::elicitation;
use crate::speak::refusal;

/// RFC 7240, section 3.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const ACCEPT_SIGNATURE: HeaderName = HeaderName::from_static("accept-signature");

/// What a signature must cover (RFC 9421, section 5.1); `@query`, `content-digest` and
/// `authorization` where the request has them.
const WANTED: &str = "sig=(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\" \
                      \"authorization\");created;expires;nonce;keyid";

/// The body of a refusal: problem details (RFC 9457).
#[derive(Debug, Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    code: &'a str,
    request_id: String,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_scopes: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<&'a [Arc<str>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approval>,
}

/// The approval that a request waits for.
#[derive(Debug, Serialize)]
struct Approval {
    id: String,
    status: &'static str,
    url: String,
    expires_at: String,
}

/// The status of each denial.
pub fn status(denial: &Denial) -> StatusCode {
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

/// The whole answer to a request that was read, and refused: in the words of its scheme too.
pub fn refuse_asked(denial: &Denial, asked: &Asked, gate: &Gate<'_>) -> Response<Answer> {
    let mut challenges = HeaderMap::new();
    let reason = challenge::put(&mut challenges, (denial, status(denial)), (asked, gate));
    let reason = reason.map(|reason| reason.code());
    let routed = gate.world.apis.find(asked.host(), asked.target.path());
    let spoken = routed.and_then(|routed| message(denial, reason, (asked, routed, gate)));
    let mut response = spoken.unwrap_or_else(|| refuse(denial, reason, asked.arrival.id));
    let headers = response.headers_mut();
    // In the words of its scheme alone: clients of one read no further than the first challenge.
    for (name, value) in &challenges {
        headers.insert(name.clone(), value.clone());
    }
    if let (Denial::ScopeMissing { missing }, Some(wanted)) =
        (denial, asked.facts.known().operation)
    {
        let scopes = if wanted.scopes.is_empty() { missing } else { &wanted.scopes };
        put_insufficient_scope(headers, scopes);
    }
    challenge::point_to_metadata(headers, asked, gate);
    response
}

/// The answer to a refused request; `reason` is the word that its scheme has for it, if any.
pub fn refuse(denial: &Denial, reason: Option<&str>, id: RecordId) -> Response<Answer> {
    let body = serde_json::to_vec(&Problem::of(denial, reason, id)).unwrap_or_default();
    whole(denial, status(denial), (body, "application/problem+json"), id)
}

/// The answer to a message that could not be forwarded, as its API's protocol has it.
pub fn refuse_message(
    denial: &Denial,
    spoken: (Kind, Option<&Heard>),
    id: RecordId,
) -> Response<Answer> {
    match refusal::answer(denial, spoken, problem(denial, None, id), None) {
        Some((status, body, media_type)) => whole(denial, status, (body, media_type), id),
        None => refuse(denial, None, id),
    }
}

/// The answer to a refused message, where the API speaks another protocol than HTTP.
fn message(
    denial: &Denial,
    reason: Option<&str>,
    (asked, routed, gate): (&Asked, &Routed, &Gate<'_>),
) -> Option<Response<Answer>> {
    let (known, id) = (asked.facts.known(), asked.arrival.id);
    let heard = known.heard.as_deref();
    let sealing = (&*gate.core.sealer, &gate.core.entropy);
    let method = known.operation.as_ref().map_or("", |operation| &operation.method);
    let of = (&*routed.api.name, method);
    let state = elicitation::asked(denial, heard.and_then(Heard::mcp), of, sealing);
    let spoken = (routed.api.kind, heard);
    let told = refusal::answer(denial, spoken, problem(denial, reason, id), state.as_deref());
    let (given, body, media_type) = told?;
    // To a proxy that asks, 200 is a yes, whatever is said with it.
    let status = if asked.arrival.via.is_some() { status(denial) } else { given };
    Some(whole(denial, status, (body, media_type), id))
}

fn problem(
    denial: &Denial,
    reason: Option<&str>,
    id: RecordId,
) -> (StatusCode, Map<String, Value>) {
    let members = match serde_json::to_value(Problem::of(denial, reason, id)) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    (status(denial), members)
}

fn whole(
    denial: &Denial,
    status: StatusCode,
    (body, media_type): (Vec<u8>, &'static str),
    id: RecordId,
) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    put(headers, REQUEST_ID, &id.to_string());
    if let Some(seconds) = retry_after(denial) {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    put_challenges(headers, denial, status);
    response
}

impl<'a> Problem<'a> {
    fn of(denial: &'a Denial, reason: Option<&'a str>, id: RecordId) -> Self {
        let (policies, told) = match denial {
            Denial::PolicyDenied { policies, reason } => (Some(&**policies), reason.as_deref()),
            _ => (None, None),
        };
        let (missing, pointer) = match denial {
            Denial::ScopeMissing { missing } => (Some(missing), None),
            Denial::ContractViolated { pointer, .. } => (None, Some(pointer.as_str())),
            _ => (None, None),
        };
        Self {
            r#type: format!("urn:bailiwick:denial:{}", denial.code()),
            title: denial.title(),
            status: status(denial).as_u16(),
            detail: describe(denial),
            code: denial.code(),
            request_id: id.to_string(),
            retryable: denial.retryable(),
            hint: told.or(denial.hint()),
            reason,
            missing_scopes: missing.map(|set| set.iter().map(Scope::as_str).collect()),
            pointer,
            policies: policies.filter(|policies| !policies.is_empty()),
            retry_after_seconds: retry_after(denial),
            approval: describe_approval(denial),
        }
    }
}

/// When to try again, in seconds.
fn retry_after(denial: &Denial) -> Option<u64> {
    match denial {
        Denial::RateLimited(exhausted) => Some(exhausted.retry_after_seconds),
        Denial::ApprovalPending(waiting) => Some(look_again(waiting.state)),
        Denial::Unavailable => Some(1),
        _ => None,
    }
}

/// When to send a request again that waits for people, in seconds: at once when they have agreed.
const fn look_again(state: State) -> u64 {
    match state {
        State::Approved => 0,
        State::Pending | State::Denied | State::Expired | State::Used => 5,
    }
}

fn describe_approval(denial: &Denial) -> Option<Approval> {
    let Denial::ApprovalPending(waiting) = denial else { return None };
    Some(Approval {
        id: waiting.id.to_string(),
        status: waiting.state.as_str(),
        url: waiting.url.clone(),
        expires_at: waiting.expires_at.to_string(),
    })
}

/// What exactly was wrong, where the denial knows more than its title says.
fn describe(denial: &Denial) -> Option<String> {
    match denial {
        Denial::ProofTooWeak { required } => Some(format!("the least proof here is `{required}`")),
        Denial::ScopeMissing { missing } => Some(format!("missing: {missing}")),
        Denial::ContractViolated { pointer, reason } => Some(format!("`{pointer}` {reason}")),
        Denial::BodyTooLarge { limit_bytes } => Some(format!("at most {limit_bytes} bytes")),
        Denial::RateLimited(it) => {
            let (quota, window) = (it.quota, it.window_seconds);
            Some(format!("the {} limit is {quota} requests in {window} s", it.policy))
        }
        Denial::ApprovalDenied { reason } => Some(reason.clone()),
        Denial::SignatureCoverage { missing } => Some(format!("not covered: {missing}")),
        _ => denial.detail().map(str::to_owned),
    }
}

fn put_challenges(headers: &mut HeaderMap, denial: &Denial, status: StatusCode) {
    if status == StatusCode::UNAUTHORIZED {
        put(headers, WWW_AUTHENTICATE, bearer_challenge(denial));
        put(headers, ACCEPT_SIGNATURE, WANTED);
    }
    match denial {
        Denial::ScopeMissing { missing } => {
            put_insufficient_scope(headers, missing);
        }
        Denial::RateLimited(exhausted) => {
            let mut rate_limit = RateLimit::default();
            let policy = (exhausted.quota, exhausted.window_seconds);
            rate_limit.add(exhausted.policy, policy, (0, exhausted.retry_after_seconds));
            rate_limit.put(headers);
        }
        Denial::ApprovalPending(waiting) => {
            if let Some(seconds) = waiting.waited {
                put(headers, PREFERENCE_APPLIED, &format!("wait={seconds}"));
            }
        }
        _ => {}
    }
}

/// RFC 6750, section 3.1: the scopes that the operation takes, all of them where that is known: a
/// client that asks for what it reads here gets nothing else.
fn put_insufficient_scope(headers: &mut HeaderMap, scopes: &ScopeSet) {
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\"");
    put(headers, WWW_AUTHENTICATE, &challenge);
}

/// RFC 6750, section 3: an error code only where a token was sent.
fn bearer_challenge(denial: &Denial) -> &'static str {
    match denial {
        Denial::TokenInvalid(_)
        | Denial::TokenExpired
        | Denial::TokenAudience
        | Denial::TokenRevoked
        | Denial::ProofMissing => "Bearer error=\"invalid_token\"",
        _ => "Bearer",
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::denial::Exhausted;
    use http_body_util::BodyExt;

    async fn check(denial: Denial, field: (&str, &str), expected: &[(&str, serde_json::Value)]) {
        let response = refuse(&denial, None, RecordId::from_bits(7));
        let value = response.headers().get(field.0).and_then(|value| value.to_str().ok());
        assert_eq!(value, Some(field.1), "{denial:?}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        for (member, value) in expected {
            assert_eq!(problem.get(member), Some(value), "{problem}");
        }
    }

    #[tokio::test]
    async fn a_refusal_says_what_was_missing_and_when_to_try_again() {
        let missing = "tickets:write".parse().unwrap();
        check(
            Denial::ScopeMissing { missing },
            ("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"tickets:write\""),
            &[("status", 403.into()), ("missing_scopes", vec!["tickets:write"].into())],
        )
        .await;
        let exhausted =
            Exhausted { policy: "agent", quota: 30, window_seconds: 60, retry_after_seconds: 2 };
        check(
            Denial::RateLimited(exhausted),
            ("ratelimit", "\"agent\";r=0;t=2"),
            &[("retry_after_seconds", 2.into()), ("retryable", true.into())],
        )
        .await;
        check(
            Denial::TokenExpired,
            ("www-authenticate", "Bearer error=\"invalid_token\""),
            &[
                ("code", "token_expired".into()),
                ("type", "urn:bailiwick:denial:token_expired".into()),
            ],
        )
        .await;
        check(
            Denial::CredentialMissing,
            ("accept-signature", WANTED),
            &[("request_id", "rec_00000000000000000000000007".into())],
        )
        .await;
    }
}
