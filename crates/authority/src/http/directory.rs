//! `GET /.well-known/http-message-signatures-directory`: this authority's own keys, as Web Bot Auth
//! looks for them (draft-ietf-webbotauth-httpsig-protocol), with a signature by the key in use: the
//! set is this server's, and whoever serves it holds the key.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_proof::digest::CONTENT_DIGEST;
use bailiwick_proof::directory::{Answer, sign};
use bailiwick_proof::message::{SIGNATURE, SIGNATURE_INPUT};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::http::error::Problem;
use crate::http::jwks;
use crate::refusal::Refusal;

/// How long a copy may be shown to others as proof: no longer than a key takes to be withdrawn.
const PROOF_SECONDS: i64 = 3_600;

/// The authority's own signing keys; each `kid` is the key's thumbprint (RFC 7638).
#[utoipa::path(
    get,
    path = "/.well-known/http-message-signatures-directory",
    tag = "oauth",
    responses(
        (
            status = 200,
            description = "A JWK set",
            content_type = "application/http-message-signatures-directory+json"
        ),
        (status = 503, description = "The store does not answer", body = Problem),
    ),
    security(())
)]
pub(crate) async fn list_directory(
    State(authority): State<Authority>,
) -> Result<Response, Refusal> {
    let signing = authority.signing().await?;
    let body = signing.jwks.clone();
    let (scheme, host) = authority.origin();
    let answer = Answer { scheme, authority: host, body: body.as_bytes() };
    let (created, key) = (authority.now(), &signing.key);
    let signed = sign(&answer, key, (created, created.plus_seconds(PROOF_SECONDS)));
    let signed = signed.map_err(Fault::from)?;
    let media_type = "application/http-message-signatures-directory+json";
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CACHE_CONTROL, jwks::CACHE.to_owned()),
        (CONTENT_DIGEST, signed.content_digest),
        (SIGNATURE_INPUT, signed.signature_input),
        (SIGNATURE, signed.signature),
    ];
    Ok((headers, body).into_response())
}
