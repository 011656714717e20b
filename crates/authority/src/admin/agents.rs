//! `/api/v1/agents`: agents added, listed, shown and changed.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::agent::{Agent, Kind, State as AgentState};
use bailiwick_domain::id::AgentId;
use bailiwick_domain::limit::Limit;
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::agent_object::{AgentObject, InProject};
use crate::admin::page;
use crate::authority::Authority;
use crate::govern::agents::{self, Change, LimitChange, NewAgent};
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// An agent to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentAddition {
    /// Its name: a-z, 0-9 and `-`.
    #[schema(example = "ticket-summarizer")]
    name: String,
    /// Its project; `default` when left out.
    project: Option<String>,
    /// The person or team who answers for it.
    owner: String,
    /// What it is for.
    #[serde(default)]
    purpose: String,
    /// `copilot` or `autonomous`; the latter when left out.
    kind: Option<String>,
    /// The most it may be granted.
    #[serde(default)]
    scopes: Vec<String>,
    /// Why it is granted a broad scope (`*`, `x:*`, `admin`, `owner`).
    broad_because: Option<String>,
    /// How often it may call.
    #[schema(example = "30/min")]
    limit: Option<String>,
    /// Networks or addresses that it may call from; anywhere when left out.
    #[serde(default)]
    networks: Vec<String>,
}

/// What is to change of an agent; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentChange {
    /// The person or team who answers for it.
    owner: Option<String>,
    /// What it is for.
    purpose: Option<String>,
    /// The most it may be granted.
    scopes: Option<Vec<String>>,
    /// Why it is granted a broad scope.
    broad_because: Option<String>,
    /// How often it may call; null lifts the limit.
    #[serde(default, deserialize_with = "limit_or_null")]
    #[schema(value_type = Option<String>, example = "30/min")]
    limit: LimitText,
    /// Networks or addresses that it may call from; anywhere when empty.
    networks: Option<Vec<String>>,
}

#[derive(Debug, Default)]
enum LimitText {
    #[default]
    Absent,
    Null,
    Text(String),
}

fn limit_or_null<'de, D: Deserializer<'de>>(field: D) -> Result<LimitText, D::Error> {
    let text = Option::<String>::deserialize(field)?;
    Ok(text.map_or(LimitText::Null, LimitText::Text))
}

/// Which agents to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AgentQuery {
    /// Only those of this project.
    project: Option<String>,
    /// Only those in this state: `pending`, `active`, `suspended` or `retired`.
    state: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
}

/// Agents, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentList {
    /// One page of them.
    agents: Vec<AgentObject>,
    /// Where the next page starts, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Add an agent.
#[utoipa::path(
    post,
    path = "/api/v1/agents",
    tag = "agents",
    request_body = AgentAddition,
    responses(
        (status = 201, description = "Added", body = AgentObject),
        (status = 400, description = "Malformed, or broad without a reason", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such project", body = Problem),
        (status = 409, description = "The name, or one like it, is taken", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn add_agent(
    State(authority): State<Authority>,
    Given(body): Given<AgentAddition>,
) -> Result<Response, Refusal> {
    let agent = agents::add(&authority, body.read()?).await?;
    let location = format!("/api/v1/agents/{}", agent.id);
    let object = AgentObject::new(&authority, agent);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(object)).into_response())
}

/// List agents.
#[utoipa::path(
    get,
    path = "/api/v1/agents",
    tag = "agents",
    params(AgentQuery),
    responses(
        (status = 200, description = "One page", body = AgentList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_agents(
    State(authority): State<Authority>,
    Asked(query): Asked<AgentQuery>,
) -> Result<Json<AgentList>, Refusal> {
    let size = page::size(query.limit)?;
    let project = query.project.map(|name| text::read("project", &name)).transpose()?;
    let state: Option<AgentState> =
        query.state.map(|state| text::read("state", &state)).transpose()?;
    let after: Option<AgentId> =
        query.after.map(|after| text::read("after", &after)).transpose()?;
    let mut found = authority.store.read().await?.agents().list(project.as_ref()).await?;
    found.retain(|agent| state.is_none_or(|state| agent.state == state));
    let (found, next) = page::cut(found, |agent: &Agent| agent.id, after, size);
    let agents = found.into_iter().map(|agent| AgentObject::new(&authority, agent)).collect();
    Ok(Json(AgentList { agents, next: next.map(|id| id.to_string()) }))
}

/// Show an agent.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{agent}",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    responses(
        (status = 200, description = "The agent", body = AgentObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_agent(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(place): Asked<InProject>,
) -> Result<Json<AgentObject>, Refusal> {
    let mut tx = authority.store.read().await?;
    let agent = agents::find(&mut tx, &place.address(&agent)?).await?;
    Ok(Json(AgentObject::new(&authority, agent)))
}

/// Change an agent. It holds for the agent's next request, tokens issued before included.
#[utoipa::path(
    patch,
    path = "/api/v1/agents/{agent}",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    request_body = AgentChange,
    responses(
        (status = 200, description = "The agent as it is now", body = AgentObject),
        (status = 400, description = "Malformed, or broad without a reason", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
        (status = 409, description = "Scopes of a pending agent", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn change_agent(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(place): Asked<InProject>,
    Given(body): Given<AgentChange>,
) -> Result<Json<AgentObject>, Refusal> {
    let agent = agents::change(&authority, &place.address(&agent)?, body.read()?).await?;
    Ok(Json(AgentObject::new(&authority, agent)))
}

impl AgentAddition {
    fn read(self) -> Result<NewAgent, Refusal> {
        let kind = self.kind.as_deref().map(|kind| text::read("kind", kind));
        Ok(NewAgent {
            project: text::project(self.project.as_deref())?,
            name: text::read("name", &self.name)?,
            owner: text::owner(self.owner)?,
            purpose: text::purpose(self.purpose)?,
            kind: kind.transpose()?.unwrap_or(Kind::Autonomous),
            scopes: text::scopes(&self.scopes)?,
            broad_because: self.broad_because.map(text::reason).transpose()?,
            limit: self.limit.as_deref().map(limit).transpose()?,
            networks: text::networks(&self.networks)?,
        })
    }
}

impl AgentChange {
    fn read(self) -> Result<Change, Refusal> {
        Ok(Change {
            owner: self.owner.map(text::owner).transpose()?,
            purpose: self.purpose.map(text::purpose).transpose()?,
            scopes: self.scopes.as_deref().map(text::scopes).transpose()?,
            broad_because: self.broad_because.map(text::reason).transpose()?,
            limit: match self.limit {
                LimitText::Absent => LimitChange::Keep,
                LimitText::Null => LimitChange::Lift,
                LimitText::Text(text) => LimitChange::To(limit(&text)?),
            },
            networks: self.networks.as_deref().map(text::networks).transpose()?,
        })
    }
}

fn limit(text: &str) -> Result<Limit, Refusal> {
    text::read("limit", text)
}
