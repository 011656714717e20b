//! `/api/v1/apis/{api}/proposal`: what to configure before an observed API is enforced.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::authority::Authority;
use crate::govern::proposal::{self, Lacking, Proposal, Refusals};
use crate::http::error::Problem;
use crate::http::read::{Asked, Named};
use crate::refusal::Refusal;
use crate::text;

/// What was observed of an API, and what follows from it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(crate) struct ProposalObject {
    /// The API.
    api: String,
    /// How many requests would have been refused.
    requests: u64,
    /// Whether there were more of them than were read, the newest 20000.
    cut: bool,
    /// By which codes, the most frequent first.
    refusals: Vec<RefusalsObject>,
    /// Operations that were asked for and are not described.
    operations: Vec<ProposedOperation>,
    /// Agents that lack scopes.
    agents: Vec<LackingObject>,
}

/// The requests that one code would have refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProposalRefusals)]
pub(crate) struct RefusalsObject {
    /// The code.
    code: String,
    /// How many.
    requests: u64,
    /// The agents they are known to be of, by name.
    agents: Vec<String>,
    /// The record of the newest.
    record: String,
}

/// An operation to describe, if it is meant to be called.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposedOperation {
    /// The method.
    method: String,
    /// The path template, with `{id}` for what looks like the name of one thing among many.
    path: String,
    /// What it could ask for.
    scopes: Vec<String>,
    /// How often it was asked for.
    requests: u64,
}

/// An agent that asked for what it does not hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProposalAgent)]
pub(crate) struct LackingObject {
    /// Its name.
    agent: String,
    /// Its project.
    project: String,
    /// What it holds.
    scopes: Vec<String>,
    /// What it would take in addition.
    missing_scopes: Vec<String>,
}

/// Since when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalQuery {
    /// Only of requests that arrived at this instant (RFC 3339) or later.
    #[param(format = DateTime)]
    since: Option<String>,
}

/// Propose what to configure before an API that was only observed is enforced. Nothing is changed.
#[utoipa::path(
    get,
    path = "/api/v1/apis/{api}/proposal",
    tag = "apis",
    params(("api" = String, Path, description = "Its name in the configuration"), ProposalQuery),
    responses(
        (status = 200, description = "What was seen, and what follows", body = ProposalObject),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such API", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn propose(
    State(authority): State<Authority>,
    Named(name): Named,
    Asked(query): Asked<ProposalQuery>,
) -> Result<Json<ProposalObject>, Refusal> {
    let api = authority.apis.iter().find(|api| *api.name == *name);
    let api = api.ok_or(Refusal::NotFound("API"))?;
    let since = query.since.as_deref().map(|since| text::read("since", since)).transpose()?;
    authority.sequencer.settle().await?;
    let proposal = proposal::propose(&authority, api, since).await?;
    Ok(Json(ProposalObject::of(name, proposal)))
}

impl ProposalObject {
    fn of(api: String, proposal: Proposal) -> Self {
        let mut refusals: Vec<_> =
            proposal.refusals.into_iter().map(RefusalsObject::from).collect();
        refusals.sort_by_key(|refusals| std::cmp::Reverse(refusals.requests));
        let operations = proposal.operations.into_iter().map(|((method, path), requests)| {
            let scopes = text::of_scopes(&proposal::scopes_for(&method, &path));
            ProposedOperation { method, path, scopes, requests }
        });
        Self {
            api,
            requests: proposal.requests,
            cut: proposal.is_cut,
            refusals,
            operations: operations.collect(),
            agents: proposal.lacking.into_values().map(LackingObject::from).collect(),
        }
    }
}

impl From<(String, Refusals)> for RefusalsObject {
    fn from((code, refusals): (String, Refusals)) -> Self {
        let Refusals { requests, agents, record } = refusals;
        Self { code, requests, agents: agents.into_iter().collect(), record }
    }
}

impl From<Lacking> for LackingObject {
    fn from(lacking: Lacking) -> Self {
        Self {
            agent: lacking.name.to_string(),
            project: lacking.project,
            scopes: text::of_scopes(&lacking.held),
            missing_scopes: text::of_scopes(&lacking.missing),
        }
    }
}
