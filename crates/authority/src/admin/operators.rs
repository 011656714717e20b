//! `/api/v1/operators`: admin tokens, each with a role.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::operator::Operator;
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::govern::operators;
use crate::http::error::Problem;
use crate::http::read::{Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// The holder of an admin token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operator)]
pub(crate) struct OperatorObject {
    /// Its identifier.
    #[schema(example = "opr_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// What it is called.
    name: String,
    /// `viewer`, `approver`, `operator` or `admin`.
    role: &'static str,
    /// `active` or `revoked`.
    state: &'static str,
    /// When the token was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An operator to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorAddition {
    /// What it is called, for people to read.
    name: String,
    /// `viewer`, `approver`, `operator` or `admin`.
    role: String,
}

/// An operator just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorAdded {
    /// The token, shown this once.
    #[schema(example = "bwa_…")]
    admin_token: String,
    #[serde(flatten)]
    operator: OperatorObject,
}

/// The operators, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorList {
    /// All of them, those whose token was taken away too.
    operators: Vec<OperatorObject>,
}

impl From<Operator> for OperatorObject {
    fn from(operator: Operator) -> Self {
        Self {
            id: operator.id.to_string(),
            name: operator.name,
            role: operator.role.as_str(),
            state: if operator.revoked_at.is_some() { "revoked" } else { "active" },
            created_at: operator.created_at.to_string(),
        }
    }
}

/// Make an admin token.
#[utoipa::path(
    post,
    path = "/api/v1/operators",
    tag = "operators",
    request_body = OperatorAddition,
    responses(
        (status = 201, description = "Made", body = OperatorAdded),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 403, description = "No admin", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn add_operator(
    State(authority): State<Authority>,
    Given(new): Given<OperatorAddition>,
) -> Result<Response, Refusal> {
    let role = text::read("role", &new.role)?;
    let (operator, token) = operators::add(&authority, text::name(new.name)?, role).await?;
    let location = format!("/api/v1/operators/{}", operator.id);
    let added = OperatorAdded { admin_token: token.to_string(), operator: operator.into() };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(added)).into_response())
}

/// List the operators.
#[utoipa::path(
    get,
    path = "/api/v1/operators",
    tag = "operators",
    responses(
        (status = 200, description = "All of them", body = OperatorList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_operators(
    State(authority): State<Authority>,
) -> Result<Json<OperatorList>, Refusal> {
    let listed = authority.store.read().await?.operators().list().await?;
    Ok(Json(OperatorList { operators: listed.into_iter().map(OperatorObject::from).collect() }))
}

/// Take an admin token away, from the next request on.
#[utoipa::path(
    delete,
    path = "/api/v1/operators/{id}",
    tag = "operators",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The operator as it is now", body = OperatorObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 403, description = "No admin", body = Problem),
        (status = 404, description = "No such operator", body = Problem),
        (status = 409, description = "Nobody would be left who is an admin", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn revoke_operator(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<OperatorObject>, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound("operator"))?;
    Ok(Json(operators::revoke(&authority, id).await?.into()))
}
