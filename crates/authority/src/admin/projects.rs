//! `/api/v1/projects`: projects made, listed, shown and changed.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::id::ProjectId;
use bailiwick_domain::project::{Project, Registration};
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::page;
use crate::authority::Authority;
use crate::govern::projects::{self, Address, Change, NewProject};
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// A project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub(crate) struct ProjectObject {
    /// Its identifier.
    #[schema(example = "prj_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// Its name.
    #[schema(example = "support")]
    name: String,
    /// What it is; told to whoever asks.
    description: String,
    /// How agents come in by themselves: `closed`, `invite`, `ask` or `open`.
    registration: &'static str,
    /// The most that an agent which comes in without an invite is granted.
    scopes: Vec<String>,
    /// When it was made; the epoch, for the one that is there from the start.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A project to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectAddition {
    /// Its name: a-z, 0-9 and `-`. It never changes.
    #[schema(example = "support")]
    name: String,
    /// What it is.
    #[serde(default)]
    description: String,
    /// `closed`: only operators add agents. `invite`: agents with an invite come in. `ask`: others
    /// wait for approval. `open`: anyone comes in. `invite` when left out.
    registration: Option<String>,
    /// The most that an agent which comes in without an invite is granted. None may be broad.
    #[serde(default)]
    scopes: Vec<String>,
}

/// What is to change of a project; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectChange {
    /// What it is.
    description: Option<String>,
    /// How agents come in by themselves: `closed`, `invite`, `ask` or `open`.
    registration: Option<String>,
    /// The most that an agent which comes in without an invite is granted. None may be broad.
    scopes: Option<Vec<String>>,
}

/// Which projects to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProjectQuery {
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
}

/// Projects, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectList {
    /// One page of them.
    projects: Vec<ProjectObject>,
    /// Where the next page starts, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<Project> for ProjectObject {
    fn from(project: Project) -> Self {
        Self {
            id: project.id.to_string(),
            name: project.name.to_string(),
            description: project.description,
            registration: project.registration.as_str(),
            scopes: text::of_scopes(&project.scopes),
            created_at: project.created_at.to_string(),
            updated_at: project.updated_at.to_string(),
        }
    }
}

/// Make a project.
#[utoipa::path(
    post,
    path = "/api/v1/projects",
    tag = "projects",
    request_body = ProjectAddition,
    responses(
        (status = 201, description = "Made", body = ProjectObject),
        (status = 400, description = "Malformed, or a broad scope", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 409, description = "The name is taken", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn add_project(
    State(authority): State<Authority>,
    Given(body): Given<ProjectAddition>,
) -> Result<Response, Refusal> {
    let new = NewProject {
        name: text::read("name", &body.name)?,
        description: text::description(body.description)?,
        registration: registration(body.registration)?.unwrap_or(Registration::Invite),
        scopes: text::scopes(&body.scopes)?,
    };
    let project = projects::add(&authority, new).await?;
    let location = format!("/api/v1/projects/{}", project.id);
    let object = ProjectObject::from(project);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(object)).into_response())
}

/// List projects.
#[utoipa::path(
    get,
    path = "/api/v1/projects",
    tag = "projects",
    params(ProjectQuery),
    responses(
        (status = 200, description = "One page", body = ProjectList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_projects(
    State(authority): State<Authority>,
    Asked(query): Asked<ProjectQuery>,
) -> Result<Json<ProjectList>, Refusal> {
    let size = page::size(query.limit)?;
    let after: Option<ProjectId> =
        query.after.map(|after| text::read("after", &after)).transpose()?;
    let found = authority.store.read().await?.projects().list().await?;
    let (found, next) = page::cut(found, |project: &Project| project.id, after, size);
    let projects = found.into_iter().map(ProjectObject::from).collect();
    Ok(Json(ProjectList { projects, next: next.map(|id| id.to_string()) }))
}

/// Show a project.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}",
    tag = "projects",
    params(("project" = String, Path, description = "Its id or name")),
    responses(
        (status = 200, description = "The project", body = ProjectObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such project", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_project(
    State(authority): State<Authority>,
    Named(project): Named,
) -> Result<Json<ProjectObject>, Refusal> {
    let mut tx = authority.store.read().await?;
    Ok(Json(projects::find(&mut tx, &Address::read(&project)?).await?.into()))
}

/// Change a project. It holds for whoever comes next; agents that are in it stay as they are.
#[utoipa::path(
    patch,
    path = "/api/v1/projects/{project}",
    tag = "projects",
    params(("project" = String, Path, description = "Its id or name")),
    request_body = ProjectChange,
    responses(
        (status = 200, description = "The project as it is now", body = ProjectObject),
        (status = 400, description = "Malformed, or a broad scope", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such project", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn change_project(
    State(authority): State<Authority>,
    Named(project): Named,
    Given(body): Given<ProjectChange>,
) -> Result<Json<ProjectObject>, Refusal> {
    let change = Change {
        description: body.description.map(text::description).transpose()?,
        registration: registration(body.registration)?,
        scopes: body.scopes.as_deref().map(text::scopes).transpose()?,
    };
    Ok(Json(projects::change(&authority, &Address::read(&project)?, change).await?.into()))
}

fn registration(text: Option<String>) -> Result<Option<Registration>, Refusal> {
    text.map(|text| text::read("registration", &text)).transpose()
}
