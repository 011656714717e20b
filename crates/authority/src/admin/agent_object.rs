//! An agent as the admin API shows it, and as operators address it.

use bailiwick_domain::agent::{Agent, Name};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::authority::Authority;
use crate::govern::agents::Address;
use crate::refusal::Refusal;
use crate::text;

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
pub(crate) struct AgentObject {
    /// Its identifier; the OAuth `client_id`.
    #[schema(example = "agt_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// Its name, unique in the project.
    #[schema(example = "ticket-summarizer")]
    name: String,
    /// Its project.
    #[schema(example = "default")]
    project: String,
    /// The person or team who answers for it.
    owner: String,
    /// What it is for.
    purpose: String,
    /// `copilot` or `autonomous`.
    kind: &'static str,
    /// `pending`, `active`, `suspended` or `retired`.
    state: &'static str,
    /// The most it may be granted.
    scopes: Vec<String>,
    /// Why it holds a broad scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    broad_because: Option<String>,
    /// How often it may call.
    #[schema(example = "30/min")]
    limit: Option<String>,
    /// Where it may call from; anywhere when empty.
    networks: Vec<String>,
    /// Why its request to come in was refused; its name is free again.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_because: Option<String>,
    /// The subject of its tokens: a SPIFFE ID.
    subject: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// In which project a name is looked up.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InProject {
    /// The project of the agent, when it is addressed by name.
    project: Option<String>,
}

impl AgentObject {
    /// The agent as it is shown.
    pub(crate) fn new(authority: &Authority, agent: Agent) -> Self {
        Self {
            id: agent.id.to_string(),
            subject: agent.subject(&authority.settings.trust_domain),
            name: agent.name.to_string(),
            project: agent.project.to_string(),
            owner: agent.owner,
            purpose: agent.purpose,
            kind: agent.kind.as_str(),
            state: agent.state.as_str(),
            scopes: text::of_scopes(&agent.scopes),
            broad_because: agent.broad_because,
            limit: agent.limit.map(|limit| limit.to_string()),
            networks: agent.networks.iter().map(ToString::to_string).collect(),
            refused_because: agent.refused,
            created_at: agent.created_at.to_string(),
            updated_at: agent.updated_at.to_string(),
        }
    }
}

impl InProject {
    /// Who is addressed: `agt_…` is an identifier, anything else a name.
    pub(crate) fn address(&self, agent: &str) -> Result<Address, Refusal> {
        address(agent, self.project.as_deref())
    }
}

/// Who is addressed: `agt_…` is an identifier, anything else a name in the project.
pub(crate) fn address(agent: &str, in_project: Option<&str>) -> Result<Address, Refusal> {
    if agent.starts_with("agt_") {
        let unknown = |_| Refusal::NotFound("agent");
        return agent.parse().map(Address::Id).map_err(unknown);
    }
    let name: Name = agent.parse().map_err(|_| Refusal::NotFound("agent"))?;
    Ok(Address::Name(text::project(in_project)?, name))
}
