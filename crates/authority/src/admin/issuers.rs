//! `/api/v1/issuers`: whose tokens are believed of workloads.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::issuer::TrustedIssuer;
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::govern::issuers;
use crate::http::error::Problem;
use crate::http::read::{Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// A trusted issuer of `OpenID` Connect tokens for workloads.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Issuer)]
pub(crate) struct IssuerObject {
    /// Its identifier.
    #[schema(example = "iss_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// Its issuer identifier, exactly as its tokens say it.
    #[schema(example = "https://token.actions.githubusercontent.com")]
    url: String,
    /// What `aud` of its tokens must name.
    audience: String,
    /// The most that its tokens about people can hand to an agent; null where they never stand for
    /// people.
    person_scopes: Option<Vec<String>>,
    /// `trusted` or `ended`.
    state: &'static str,
    /// When it was first trusted.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An issuer to trust.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIssuer {
    /// Its issuer identifier, an `https` URL; its keys are found by discovery.
    url: String,
    /// What `aud` of its tokens must name; this authority's issuer when left out.
    audience: Option<String>,
    /// The most that its tokens about people can hand to an agent. When left out, they never stand
    /// for people.
    person_scopes: Option<Vec<String>>,
}

/// The issuers, by URL.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuerList {
    /// All of them, those that have ended too.
    issuers: Vec<IssuerObject>,
}

impl From<TrustedIssuer> for IssuerObject {
    fn from(issuer: TrustedIssuer) -> Self {
        Self {
            id: issuer.id.to_string(),
            url: issuer.url,
            audience: issuer.audience,
            person_scopes: issuer.person_scopes.as_ref().map(text::of_scopes),
            state: if issuer.ended_at.is_some() { "ended" } else { "trusted" },
            created_at: issuer.created_at.to_string(),
        }
    }
}

/// Trust an issuer.
#[utoipa::path(
    post,
    path = "/api/v1/issuers",
    tag = "issuers",
    request_body = NewIssuer,
    responses(
        (status = 201, description = "Trusted", body = IssuerObject),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 409, description = "Trusted already", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn add_issuer(
    State(authority): State<Authority>,
    Given(new): Given<NewIssuer>,
) -> Result<Response, Refusal> {
    let audience = new.audience.as_deref().unwrap_or(&authority.settings.issuer);
    let person_scopes = new.person_scopes.as_deref().map(text::scopes).transpose()?;
    let issuer = issuers::add(&authority, &new.url, audience, person_scopes).await?;
    let location = format!("/api/v1/issuers/{}", issuer.id);
    let object = IssuerObject::from(issuer);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(object)).into_response())
}

/// List the issuers.
#[utoipa::path(
    get,
    path = "/api/v1/issuers",
    tag = "issuers",
    responses(
        (status = 200, description = "All of them", body = IssuerList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_issuers(
    State(authority): State<Authority>,
) -> Result<Json<IssuerList>, Refusal> {
    let listed = authority.store.read().await?.issuers().list().await?;
    Ok(Json(IssuerList { issuers: listed.into_iter().map(IssuerObject::from).collect() }))
}

/// Trust an issuer no more, from the next request on.
#[utoipa::path(
    delete,
    path = "/api/v1/issuers/{id}",
    tag = "issuers",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The issuer as it is now", body = IssuerObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such issuer", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn end_issuer(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<IssuerObject>, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound("issuer"))?;
    Ok(Json(issuers::end(&authority, id).await?.into()))
}
