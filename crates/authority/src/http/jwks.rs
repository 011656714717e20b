//! `GET /.well-known/jwks.json`: the keys that access tokens verify with (RFC 7517, section 5), and
//! those of gateways' transaction tokens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::refusal::Refusal;
use crate::transaction_keys;

/// How long a copy of the keys may be kept. A key is published for half a day at least before it
/// takes its turn, and for a day after it has stopped: a copy that is a minute old has every key
/// that a valid token names. What it does not have is a revocation: whoever verifies by a copy
/// accepts what a revoked key has signed for this long, and no longer.
pub(super) const CACHE: &str = "public, max-age=60";

/// The keys that access tokens verify with.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "oauth",
    responses(
        (status = 200, description = "A JWK set", content_type = "application/jwk-set+json"),
        (status = 503, description = "The store does not answer", body = Problem),
    ),
    security(())
)]
pub(crate) async fn list_signing_keys(
    State(authority): State<Authority>,
) -> Result<Response, Refusal> {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json")),
        (CACHE_CONTROL, HeaderValue::from_static(CACHE)),
    ];
    let own = authority.signing().await?;
    let jwks = transaction_keys::beside(&own.jwks, &authority.store, authority.now()).await?;
    Ok((headers, jwks).into_response())
}
