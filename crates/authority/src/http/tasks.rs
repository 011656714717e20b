//! `/api/agents/tasks`: tasks that agents open, see and close themselves.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::agent::Agent;
use bailiwick_domain::id::TaskId;
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::grant_object::{TaskDraft, TaskObject};
use crate::authority::Authority;
use crate::govern::agents::{self, Address};
use crate::http::error::Problem;
use crate::http::read::Whole;
use crate::http::unserved::Unserved;
use crate::issue::client::{self, Client};
use crate::issue::{sender, task};
use crate::prove;
use crate::refusal::Refusal;

/// A task to open.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TaskRequest {
    #[serde(flatten)]
    draft: TaskDraft,
    /// A live token of the agent's own, to open the task below what that token may do.
    subject_token: Option<String>,
    /// Another agent of the project, by name or id, which is to do it: it fetches tokens with
    /// `client_credentials` and `task`.
    agent: Option<String>,
}

/// A task that was just opened, and the first token for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskOpened {
    #[serde(flatten)]
    task: TaskObject,
    /// The token; not when another agent is to do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// How it is sent: `Bearer`, or `DPoP` where the request came with a proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Bearer")]
    token_type: Option<&'static str>,
    /// How long it lives, in seconds. While the task is open, `client_credentials` with `task` gets
    /// another.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u32>,
    /// What the token allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// Open a task.
///
/// The authority of its tokens ends when the task is closed, and no later than it expires. With a
/// `DPoP` field the token is bound to the key of that proof (RFC 9449).
#[utoipa::path(
    post,
    path = "/api/agents/tasks",
    tag = "tasks",
    request_body = TaskRequest,
    responses(
        (status = 201, description = "Open", body = TaskOpened),
        (status = 400, description = "Malformed, or more than can be had", body = Problem),
        (status = 401, description = "The signature proves nobody", body = Problem),
        (status = 403, description = "The agent may not act now", body = Problem),
        (status = 404, description = "No such agent in the project", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn open_task(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Response, Unserved> {
    let client = proven(&authority, &whole).await?;
    let by_dpop = sender::by_dpop(&authority, whole.received(), client.key.id).await?;
    let asked: TaskRequest = whole.json()?;
    let new = asked.draft.read(asked.subject_token)?;
    let other = match asked.agent.as_deref() {
        None => None,
        Some(text) => Some(find(&authority, &client, text).await?),
    };
    let (grant, issued) = if let Some(other) = other.filter(|it| it.id != client.agent.id) {
        let opened = task::open_for(&authority, &client, (&other, new)).await;
        (opened.map_err(Refusal::from)?, None)
    } else {
        let opened = task::open(&authority, (&client, by_dpop), new).await;
        let (grant, issued) = opened.map_err(Refusal::from)?;
        (grant, Some(issued))
    };
    let task = TaskObject::new(grant.clone(), authority.now());
    let opened = TaskOpened {
        task,
        token_type: issued.as_ref().map(|it| if it.is_dpop { "DPoP" } else { "Bearer" }),
        expires_in: issued.as_ref().map(|it| it.ttl_seconds),
        scope: issued.as_ref().map(|it| it.scopes.to_string()),
        access_token: issued.map(|it| it.token),
    };
    let id = grant.task.map(|it| it.to_string()).unwrap_or_default();
    let location = format!("/api/agents/tasks/{id}");
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(opened)).into_response())
}

/// Show a task of the agent's own, or one that hangs on what it delegated.
#[utoipa::path(
    get,
    path = "/api/agents/tasks/{id}",
    tag = "tasks",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The task", body = TaskObject),
        (status = 401, description = "The signature proves nobody", body = Problem),
        (status = 403, description = "The agent may not act now", body = Problem),
        (status = 404, description = "No such task", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn show_task(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Json<TaskObject>, Refusal> {
    let client = proven(&authority, &whole).await?;
    let mut tx = authority.store.read().await?;
    let grant = task::find(&mut tx, named(&whole)?, Some(client.agent.id)).await?;
    Ok(Json(TaskObject::new(grant, authority.now())))
}

/// Close a task: its tokens are good for nothing from the next request on. Closing it again changes
/// nothing.
#[utoipa::path(
    delete,
    path = "/api/agents/tasks/{id}",
    tag = "tasks",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "Closed"),
        (status = 401, description = "The signature proves nobody", body = Problem),
        (status = 403, description = "The agent may not act now", body = Problem),
        (status = 404, description = "No such task", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn close_task(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<StatusCode, Refusal> {
    let client = proven(&authority, &whole).await?;
    task::close(&authority, named(&whole)?, Some(client.agent.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn proven(authority: &Authority, whole: &Whole) -> Result<Client, Refusal> {
    let client = client::by_key(prove::by_agent(authority, whole.received()).await?);
    task::check_state(&client.agent)?;
    // A key whose turn is over is replaced now, and not while a decision holds the store.
    authority.signing().await?;
    Ok(client)
}

/// The id at the end of the path, which is what was signed.
fn named(whole: &Whole) -> Result<TaskId, Refusal> {
    let last = whole.head.uri.path().rsplit('/').next().unwrap_or_default();
    last.parse().map_err(|_| Refusal::NotFound("task"))
}

/// Another agent of the same project.
async fn find(authority: &Authority, client: &Client, text: &str) -> Result<Agent, Refusal> {
    let project = client.agent.project.clone();
    let address = Address::read(text, project.clone());
    let address = address.map_err(|_| Refusal::NotFound("agent"))?;
    let mut tx = authority.store.read().await?;
    let found = agents::find(&mut tx, &address).await?;
    if found.project == project { Ok(found) } else { Err(Refusal::NotFound("agent")) }
}
