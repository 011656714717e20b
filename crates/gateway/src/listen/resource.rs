//! What an API is, for clients that are yet to get a token for it (RFC 9728): which authority to
//! ask, and how tokens are taken. Told before anybody is identified, as configured and nothing
//! else.

use std::collections::BTreeSet;

use bailiwick_domain::scope::Scope;
use bailiwick_proof::dpop;
use bailiwick_proof::jwt::details;
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::json;

use crate::asked::Asked;
use crate::core::Gate;
use crate::routes::{METADATA, Routed};
use crate::settings::{ClientCertificates, Settings};
use crate::upstream::answer::Answer;

/// The metadata that is asked for, or that there is none; nothing when that is not the question.
pub(super) fn answer(asked: &Asked, gate: &Gate<'_>) -> Option<Response<Answer>> {
    let rest = asked.target.path().strip_prefix(METADATA)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    if asked.parts.method != Method::GET && asked.parts.method != Method::HEAD {
        let mut refused = problem(StatusCode::METHOD_NOT_ALLOWED, "metadata is read with GET");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Some(refused);
    }
    Some(match gate.world.apis.described_at(asked.host(), asked.target.path()) {
        Some(routed) => describe(routed, &gate.core.settings),
        None => problem(StatusCode::NOT_FOUND, "no API here has this resource identifier"),
    })
}

/// RFC 9728, section 2. DPoP is one way among several to show a key, so it is never the one that is
/// required.
fn describe(routed: &Routed, settings: &Settings) -> Response<Answer> {
    let api = &routed.api;
    let scopes = api.operations.iter().flat_map(|operation| operation.scopes.iter());
    let scopes: BTreeSet<&str> = scopes.map(Scope::as_str).collect();
    let certificates = settings.proxies.client_cert_header
        || settings.tls.as_ref().is_some_and(|tls| tls.clients != ClientCertificates::Ignored);
    let document = json!({
        "resource": api.resource,
        "resource_name": &*api.name,
        "authorization_servers": [settings.issuer],
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
        "authorization_details_types_supported": [details::TYPE],
        "dpop_signing_alg_values_supported": dpop::ALGORITHMS,
        "dpop_bound_access_tokens_required": false,
        "tls_client_certificate_bound_access_tokens": certificates,
    });
    let mut response = Response::new(Answer::whole(Bytes::from(document.to_string())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

fn problem(status: StatusCode, detail: &str) -> Response<Answer> {
    let title = status.canonical_reason().unwrap_or_default();
    let problem = json!({
        "type": "about:blank",
        "title": title,
        "status": status.as_u16(),
        "detail": detail,
    });
    let mut response = Response::new(Answer::whole(Bytes::from(problem.to_string())));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}
