//! What this authorization server is and can do (RFC 8414): the truth, and nothing else.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use bailiwick_domain::scope::Scope;
use bailiwick_proof::dpop;
use bailiwick_proof::jwt::details;
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::authorize::extent;
use crate::http::{
    backchannel, client_registration, device_authorization, introspect, par, revoke, token,
};
use crate::issue::decide::GRANT_TYPES;

/// How a client proves itself, wherever it has to.
const METHODS: [&str; 5] = [
    "private_key_jwt",
    "http_message_signature",
    "spiffe_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
];
/// The same, and how a public client does where those are taken.
const WITH_NONE: [&str; 6] = {
    let [jwt, message, spiffe, tls, own] = METHODS;
    ["none", jwt, message, spiffe, tls, own]
};

/// How client assertions may be signed: said of each endpoint that takes them (RFC 8414, section
/// 2).
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "Ed25519"];

/// Authorization server metadata (RFC 8414, section 2).
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the RFCs' own members")]
pub(crate) struct Metadata {
    /// The issuer, exactly as tokens name it.
    issuer: String,
    /// Where tokens are issued.
    token_endpoint: String,
    /// Where people are sent to let an agent act for them.
    authorization_endpoint: String,
    /// Where clients push what they will ask a person for (RFC 9126, section 5).
    pushed_authorization_request_endpoint: String,
    /// Where devices without a browser ask for a code (RFC 8628, section 4).
    device_authorization_endpoint: String,
    /// Where clients ask a person whom they name (CIBA Core 1.0, section 4).
    backchannel_authentication_endpoint: String,
    /// How those come by what was decided.
    backchannel_token_delivery_modes_supported: [&'static str; 2],
    /// Whether a person's own code is asked for there.
    backchannel_user_code_parameter_supported: bool,
    /// Where clients register, with an invite as initial access token (RFC 7591).
    registration_endpoint: String,
    /// Where the keys are that tokens verify with.
    jwks_uri: String,
    /// The grants on offer.
    grant_types_supported: [&'static str; GRANT_TYPES.len()],
    /// Where a token is asked about (RFC 7662).
    introspection_endpoint: String,
    /// How a client proves itself there.
    introspection_endpoint_auth_methods_supported: [&'static str; 5],
    /// How client assertions may be signed there.
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
    /// How an answer is signed that is a JWT (RFC 9701, section 7).
    introspection_signing_alg_values_supported: [&'static str; 1],
    /// Where a token is taken back (RFC 7009).
    revocation_endpoint: String,
    /// How a client proves itself there.
    revocation_endpoint_auth_methods_supported: [&'static str; 6],
    /// How client assertions may be signed there.
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
    /// The types of `authorization_details` (RFC 9396, section 10).
    authorization_details_types_supported: [&'static str; 1],
    /// The profiles of the JWT bearer grant: ID-JAG.
    authorization_grant_profiles_supported: [&'static str; 1],
    /// What a person's consent comes to.
    response_types_supported: [&'static str; 1],
    /// How that is carried to the client.
    response_modes_supported: [&'static str; 2],
    /// How codes are bound to who asked for them (RFC 7636); always.
    code_challenge_methods_supported: [&'static str; 1],
    /// Answers say whose they are (RFC 9207, section 3).
    authorization_response_iss_parameter_supported: bool,
    /// Whether the URL of a document will do for a `client_id`
    /// (draft-ietf-oauth-client-id-metadata-document, section 5).
    client_id_metadata_document_supported: bool,
    /// How `sub` of an ID token names a person (`OpenID` Connect Core, section 8).
    subject_types_supported: [&'static str; 1],
    /// How ID tokens are signed.
    id_token_signing_alg_values_supported: [&'static str; 1],
    /// How a client proves itself. `http_message_signature` is a signature over the token request
    /// with the agent's key (RFC 9421).
    token_endpoint_auth_methods_supported: [&'static str; 6],
    /// How client assertions may be signed.
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
    /// How DPoP proofs may be signed (RFC 9449, section 5.1).
    dpop_signing_alg_values_supported: [&'static str; 3],
    /// A token can be bound to the client's certificate (RFC 8705, section 3.3).
    tls_client_certificate_bound_access_tokens: bool,
    /// Every scope that a described operation asks for, and what says how a consent is meant.
    scopes_supported: Vec<String>,
    /// The APIs that tokens can be for (RFC 9728, section 4).
    protected_resources: Vec<String>,
}

/// What this authorization server is and can do.
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "oauth",
    responses((status = 200, description = "Metadata", body = Metadata)),
    security(())
)]
pub(crate) async fn describe_server(State(authority): State<Authority>) -> Json<Metadata> {
    Json(metadata(&authority))
}

/// The same, where clients of `OpenID` Connect look for it (RFC 8414, section 5).
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    tag = "oauth",
    responses((status = 200, description = "Metadata", body = Metadata)),
    security(())
)]
pub(crate) async fn describe_issuer(State(authority): State<Authority>) -> Json<Metadata> {
    Json(metadata(&authority))
}

fn metadata(authority: &Authority) -> Metadata {
    let issuer = &authority.settings.issuer;
    let operations = authority.apis.iter().flat_map(|api| &api.operations);
    let mut scopes: BTreeSet<&str> =
        operations.flat_map(|operation| &operation.scopes).map(Scope::as_str).collect();
    scopes.extend([extent::OPENID, extent::OFFLINE]);
    Metadata {
        issuer: issuer.clone(),
        token_endpoint: format!("{issuer}{}", token::PATH),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        grant_types_supported: GRANT_TYPES,
        introspection_endpoint: format!("{issuer}{}", introspect::PATH),
        introspection_endpoint_auth_methods_supported: METHODS,
        introspection_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
        introspection_signing_alg_values_supported: ["ES256"],
        revocation_endpoint: format!("{issuer}{}", revoke::PATH),
        revocation_endpoint_auth_methods_supported: WITH_NONE,
        revocation_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
        authorization_details_types_supported: [details::TYPE],
        authorization_grant_profiles_supported: ["urn:ietf:params:oauth:grant-profile:id-jag"],
        authorization_endpoint: format!("{issuer}/oauth/authorize"),
        pushed_authorization_request_endpoint: format!("{issuer}{}", par::PATH),
        device_authorization_endpoint: format!("{issuer}{}", device_authorization::PATH),
        backchannel_authentication_endpoint: format!("{issuer}{}", backchannel::PATH),
        backchannel_token_delivery_modes_supported: ["poll", "ping"],
        backchannel_user_code_parameter_supported: false,
        registration_endpoint: format!("{issuer}{}", client_registration::PATH),
        response_types_supported: ["code"],
        response_modes_supported: ["query", "form_post"],
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: authority.settings.client_documents.is_some(),
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
        token_endpoint_auth_methods_supported: WITH_NONE,
        dpop_signing_alg_values_supported: dpop::ALGORITHMS,
        tls_client_certificate_bound_access_tokens: true,
        token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
        scopes_supported: scopes.into_iter().map(str::to_owned).collect(),
        protected_resources: authority.apis.iter().map(|api| api.resource.clone()).collect(),
    }
}
