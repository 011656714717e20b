//! `GET /api/agents/discover`: where agents can come in by themselves.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::enroll::discover::{self, Welcoming};
use crate::refusal::Refusal;
use crate::text;

/// Where agents can come in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Discovery {
    /// Every project that is not closed, by name.
    projects: Vec<DiscoveredProject>,
}

/// A project that takes agents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiscoveredProject {
    /// Its identifier.
    #[schema(example = "prj_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// Its name.
    #[schema(example = "support")]
    name: String,
    /// What it is.
    description: String,
    /// `invite`: with an invite. `ask`: with an invite, or an operator approves. `open`: anyone.
    registration: &'static str,
    /// What agents of it might do.
    apis: Vec<DiscoveredApi>,
}

/// An API that agents of a project might call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiscoveredApi {
    /// Its name.
    name: String,
    /// The scopes an agent could get there; by invite, the invite says which.
    scopes: Vec<String>,
}

impl From<Welcoming> for DiscoveredProject {
    fn from(Welcoming { project, apis }: Welcoming) -> Self {
        let apis = apis.iter().map(|(name, scopes)| DiscoveredApi {
            name: name.to_string(),
            scopes: text::of_scopes(scopes),
        });
        Self {
            id: project.id.to_string(),
            name: project.name.to_string(),
            description: project.description,
            registration: project.registration.as_str(),
            apis: apis.collect(),
        }
    }
}

/// List the projects that agents can come into by themselves.
#[utoipa::path(
    get,
    path = "/api/agents/discover",
    tag = "enrollment",
    responses((status = 200, description = "All that are not closed", body = Discovery)),
    security(())
)]
pub(crate) async fn discover_projects(
    State(authority): State<Authority>,
) -> Result<Json<Discovery>, Refusal> {
    let projects = discover::projects(&authority).await?;
    Ok(Json(Discovery { projects: projects.into_iter().map(Into::into).collect() }))
}
