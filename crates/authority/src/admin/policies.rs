//! `/api/v1/policies`: what agents may do, in Cedar.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::operator::Asker;
use crate::authority::Authority;
use crate::govern::policies::{self, Version};
use crate::http::error::Problem;
use crate::http::read::{Long, Named};
use crate::refusal::Refusal;
use crate::text;

/// A version of the policies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyVersion)]
pub(crate) struct VersionObject {
    /// Its number; 0 for the shipped policies.
    #[schema(example = 3)]
    number: i64,
    /// Whether every request is decided by it.
    in_force: bool,
    /// The SHA-256 of the text, in hexadecimal digits.
    digest: String,
    /// Since when it was in force; null for the shipped policies.
    #[schema(format = DateTime)]
    activated_at: Option<String>,
    /// Who put it in force: an operator's or a person's id.
    activated_by: Option<String>,
    /// Why.
    because: Option<String>,
    /// The policies; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// The versions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionList {
    /// The newest 100, the one in force first, and the shipped one last.
    policies: Vec<VersionObject>,
}

/// Policies to put in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVersion {
    /// The policies, in Cedar: all of them, for nothing else is in force then.
    text: String,
    /// Why.
    because: String,
}

impl VersionObject {
    fn of(version: Version, in_force: bool, with_text: bool) -> Self {
        let number = version.number();
        match version {
            Version::Shipped => {
                let text = policies::shipped();
                let digest = policies::digest(&text);
                let text = with_text.then_some(text);
                let (activated_at, activated_by, because) = (None, None, None);
                Self { number, in_force, digest, activated_at, activated_by, because, text }
            }
            Version::Stored(stored) => Self {
                number,
                in_force,
                digest: stored.digest,
                activated_at: Some(stored.activated_at.to_string()),
                activated_by: Some(stored.activated_by),
                because: Some(stored.because),
                text: with_text.then_some(stored.text),
            },
        }
    }
}

/// List the versions of the policies.
#[utoipa::path(
    get,
    path = "/api/v1/policies",
    tag = "policies",
    responses(
        (status = 200, description = "The newest", body = VersionList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_policies(
    State(authority): State<Authority>,
) -> Result<Json<VersionList>, Refusal> {
    let versions = policies::list(&authority).await?.into_iter().enumerate();
    let object = |(place, version): (usize, Version)| VersionObject::of(version, place == 0, false);
    Ok(Json(VersionList { policies: versions.map(object).collect() }))
}

/// Show a version of the policies.
#[utoipa::path(
    get,
    path = "/api/v1/policies/{number}",
    tag = "policies",
    params(("number" = String, Path, description = "Its number; 0 for the shipped policies")),
    responses(
        (status = 200, description = "The version", body = VersionObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such version", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_policies(
    State(authority): State<Authority>,
    Named(number): Named,
) -> Result<Json<VersionObject>, Refusal> {
    let number = number.parse().map_err(|_| Refusal::NotFound("version of the policies"))?;
    let (version, in_force) = policies::find(&authority, number).await?;
    Ok(Json(VersionObject::of(version, in_force, true)))
}

/// Put policies in force, from the next request on. They are validated first, strictly; what is
/// wrong is named with its place, and what was in force stays so.
#[utoipa::path(
    post,
    path = "/api/v1/policies",
    tag = "policies",
    request_body = NewVersion,
    responses(
        (status = 201, description = "In force", body = VersionObject),
        (status = 400, description = "Malformed, or not as the schema says", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 413, description = "Too large", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn activate_policies(
    State(authority): State<Authority>,
    Extension(Asker(by)): Extension<Asker>,
    Long(new): Long<NewVersion>,
) -> Result<Response, Refusal> {
    let because = text::because(new.because)?;
    let version = policies::activate(&authority, new.text, because, &by.id()).await?;
    let location = format!("/api/v1/policies/{}", version.number);
    let object = VersionObject::of(Version::Stored(version), true, false);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(object)).into_response())
}
