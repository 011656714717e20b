//! `/api/v1/tasks`: tasks that operators open for agents, list and close.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::id::{AgentId, TaskId};
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::grant_object::{TaskDraft, TaskObject};
use crate::admin::page;
use crate::authority::Authority;
use crate::govern::agents::{self, Address};
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::issue::task;
use crate::refusal::Refusal;
use crate::text;

/// A task to open for an agent.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TaskAssignment {
    #[serde(flatten)]
    draft: TaskDraft,
    /// The agent that is to do it, by id or name. It fetches tokens with `client_credentials` and
    /// `task`.
    agent: String,
    /// The project of the name; `default` when left out.
    project: Option<String>,
}

/// Which tasks to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TaskQuery {
    /// Only those of this agent: its id.
    agent: Option<String>,
    /// Where to go on: `next` of the page before.
    before: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
}

/// Tasks, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskList {
    /// One page of them.
    tasks: Vec<TaskObject>,
    /// Where the next page starts, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Open a task for an agent, within what it may do itself.
#[utoipa::path(
    post,
    path = "/api/v1/tasks",
    tag = "tasks",
    request_body = TaskAssignment,
    responses(
        (status = 201, description = "Open", body = TaskObject),
        (status = 400, description = "Malformed, or more than the agent may", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn assign_task(
    State(authority): State<Authority>,
    Given(body): Given<TaskAssignment>,
) -> Result<Response, Refusal> {
    let project = text::project(body.project.as_deref())?;
    let address = Address::read(&body.agent, project);
    let address = address.map_err(|it| Refusal::Malformed(format!("`agent`: {it}")))?;
    let agent = agents::find(&mut authority.store.read().await?, &address).await?;
    let grant = task::assign(&authority, &agent, body.draft.read(None)?).await?;
    let id = grant.task.map(|it| it.to_string()).unwrap_or_default();
    let object = TaskObject::new(grant, authority.now());
    let location = format!("/api/v1/tasks/{id}");
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(object)).into_response())
}

/// List tasks.
#[utoipa::path(
    get,
    path = "/api/v1/tasks",
    tag = "tasks",
    params(TaskQuery),
    responses(
        (status = 200, description = "One page", body = TaskList),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_tasks(
    State(authority): State<Authority>,
    Asked(query): Asked<TaskQuery>,
) -> Result<Json<TaskList>, Refusal> {
    let size = page::size(query.limit)?;
    let agent: Option<AgentId> = query.agent.map(|it| text::read("agent", &it)).transpose()?;
    let before: Option<TaskId> = query.before.map(|it| text::read("before", &it)).transpose()?;
    let mut tx = authority.store.read().await?;
    let mut found = tx.grants().list_tasks(agent, before, size.saturating_add(1)).await?;
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).and_then(|it| it.task).map(|it| it.to_string());
    let now = authority.now();
    let tasks = found.into_iter().map(|it| TaskObject::new(it, now)).collect();
    Ok(Json(TaskList { tasks, next }))
}

/// Close a task, whoever opened it, and everything below it.
#[utoipa::path(
    delete,
    path = "/api/v1/tasks/{id}",
    tag = "tasks",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The task as it is now", body = TaskObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such task", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn end_task(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<TaskObject>, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound("task"))?;
    let grant = task::close(&authority, id, None).await?;
    Ok(Json(TaskObject::new(grant, authority.now())))
}
