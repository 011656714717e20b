//! `GET /.well-known/ssf-configuration`: this authority as a transmitter of signals (SSF 1.0,
//! section 7): the truth, and nothing else.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::ssf::stream_object::{POLL, PUSH};
use crate::http::ssf::{status, stream, verification};

/// Transmitter configuration metadata (SSF 1.0, section 7.1).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalConfiguration {
    /// The version of the framework.
    spec_version: &'static str,
    /// The issuer, exactly as tokens name it.
    issuer: String,
    /// Where the keys are that tokens verify with.
    jwks_uri: String,
    /// How signals are delivered: sent (RFC 8935) or asked for (RFC 8936).
    delivery_methods_supported: [&'static str; 2],
    /// Where streams are made and changed.
    configuration_endpoint: String,
    /// Where streams are paused.
    status_endpoint: String,
    /// Where a sign of life is asked for.
    verification_endpoint: String,
    /// How a receiver proves itself there.
    authorization_schemes: [AuthorizationScheme; 2],
    /// Every stream tells of everybody.
    default_subjects: &'static str,
}

/// A way for a receiver to prove itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthorizationScheme {
    /// Which: the stream's token (RFC 6750), or a signature with an agent's key (RFC 9421).
    spec_urn: &'static str,
}

/// This authority as a transmitter of signals.
#[utoipa::path(
    get,
    path = "/.well-known/ssf-configuration",
    tag = "signals",
    responses((status = 200, description = "Metadata", body = SignalConfiguration)),
    security(())
)]
pub(crate) async fn describe_transmitter(
    State(authority): State<Authority>,
) -> Json<SignalConfiguration> {
    let issuer = &authority.settings.issuer;
    Json(SignalConfiguration {
        spec_version: "1_0",
        issuer: issuer.clone(),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        delivery_methods_supported: [PUSH, POLL],
        configuration_endpoint: format!("{issuer}{}", stream::PATH),
        status_endpoint: format!("{issuer}{}", status::PATH),
        verification_endpoint: format!("{issuer}{}", verification::PATH),
        authorization_schemes: ["urn:ietf:rfc:6750", "urn:ietf:rfc:9421"]
            .map(|spec_urn| AuthorizationScheme { spec_urn }),
        default_subjects: "ALL",
    })
}
