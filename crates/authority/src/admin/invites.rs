//! `/api/v1/invites`: invites made, listed and taken back.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::id::InviteId;
use bailiwick_domain::invite::Invite;
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::page;
use crate::authority::Authority;
use crate::govern::invites::{self, NewInvite};
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// How long an invite works when the request does not say, in seconds.
const USUAL_TTL_SECONDS: u32 = 86_400;

/// An invite. The code is not here: only its digest is kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invite)]
pub(crate) struct InviteObject {
    /// Its identifier.
    #[schema(example = "inv_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// The project that agents register in.
    project: String,
    /// How many agents may still use it.
    uses_left: u32,
    /// The ceiling of every agent that uses it.
    scopes: Vec<String>,
    /// When it stops working.
    #[schema(format = DateTime)]
    expires_at: String,
    /// When it was taken back.
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An invite that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct InviteAdded {
    #[serde(flatten)]
    invite: InviteObject,
    /// The code. It is shown here and never again.
    invite_code: String,
}

/// An invite to make.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteAddition {
    /// The project that agents register in; `default` when left out.
    project: Option<String>,
    /// How many agents may use it, 1 to 10000; 1 when left out.
    uses: Option<u32>,
    /// How long it works, in seconds, at most 30 days; a day when left out.
    ttl_seconds: Option<u32>,
    /// The ceiling of every agent that uses it. None may be broad.
    #[serde(default)]
    scopes: Vec<String>,
}

/// Which invites to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InviteQuery {
    /// Only those to this project.
    project: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
}

/// Invites, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InviteList {
    /// One page of them.
    invites: Vec<InviteObject>,
    /// Where the next page starts, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<Invite> for InviteObject {
    fn from(invite: Invite) -> Self {
        Self {
            id: invite.id.to_string(),
            project: invite.project.to_string(),
            uses_left: invite.uses_left,
            scopes: text::of_scopes(&invite.scopes),
            expires_at: invite.expires_at.to_string(),
            revoked_at: invite.revoked_at.map(|at| at.to_string()),
            created_at: invite.created_at.to_string(),
        }
    }
}

/// Make an invite.
#[utoipa::path(
    post,
    path = "/api/v1/invites",
    tag = "invites",
    request_body = InviteAddition,
    responses(
        (status = 201, description = "Made", body = InviteAdded),
        (status = 400, description = "Malformed, or a broad scope", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such project", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn add_invite(
    State(authority): State<Authority>,
    Given(body): Given<InviteAddition>,
) -> Result<Response, Refusal> {
    let new = NewInvite {
        project: text::project(body.project.as_deref())?,
        uses: body.uses.unwrap_or(1),
        ttl_seconds: body.ttl_seconds.unwrap_or(USUAL_TTL_SECONDS),
        scopes: text::scopes(&body.scopes)?,
    };
    let (invite, invite_code) = invites::add(&authority, new).await?;
    let location = format!("/api/v1/invites/{}", invite.id);
    let added = InviteAdded { invite: invite.into(), invite_code: invite_code.to_string() };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(added)).into_response())
}

/// List invites.
#[utoipa::path(
    get,
    path = "/api/v1/invites",
    tag = "invites",
    params(InviteQuery),
    responses(
        (status = 200, description = "One page", body = InviteList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_invites(
    State(authority): State<Authority>,
    Asked(query): Asked<InviteQuery>,
) -> Result<Json<InviteList>, Refusal> {
    let size = page::size(query.limit)?;
    let project = query.project.map(|name| text::read("project", &name)).transpose()?;
    let after: Option<InviteId> =
        query.after.map(|after| text::read("after", &after)).transpose()?;
    let found = authority.store.read().await?.invites().list(project.as_ref()).await?;
    let (found, next) = page::cut(found, |invite: &Invite| invite.id, after, size);
    let invites = found.into_iter().map(InviteObject::from).collect();
    Ok(Json(InviteList { invites, next: next.map(|id| id.to_string()) }))
}

/// Show an invite.
#[utoipa::path(
    get,
    path = "/api/v1/invites/{invite}",
    tag = "invites",
    params(("invite" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The invite", body = InviteObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such invite", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_invite(
    State(authority): State<Authority>,
    Named(invite): Named,
) -> Result<Json<InviteObject>, Refusal> {
    let id = invite.parse().map_err(|_| Refusal::NotFound("invite"))?;
    let found = authority.store.read().await?.invites().find(id).await?;
    Ok(Json(found.ok_or(Refusal::NotFound("invite"))?.into()))
}

/// Take an invite back. Agents that used it before stay.
#[utoipa::path(
    delete,
    path = "/api/v1/invites/{invite}",
    tag = "invites",
    params(("invite" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The invite as it is now", body = InviteObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such invite", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn revoke_invite(
    State(authority): State<Authority>,
    Named(invite): Named,
) -> Result<Json<InviteObject>, Refusal> {
    let id = invite.parse().map_err(|_| Refusal::NotFound("invite"))?;
    Ok(Json(invites::revoke(&authority, id).await?.into()))
}
