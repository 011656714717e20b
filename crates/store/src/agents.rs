//! Agents, as they are kept.

use bailiwick_domain::agent::{Agent, Name};
use bailiwick_domain::id::AgentId;

use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// The agents, within one transaction.
pub struct Agents<'a>(&'a mut Tx);

impl Tx {
    /// The agents.
    pub fn agents(&mut self) -> Agents<'_> {
        Agents(self)
    }
}

const NAME: &str = "the agent's name";

impl Agents<'_> {
    /// Adds an agent; a conflict when its project has one of that name, retired ones included.
    pub async fn insert(&mut self, agent: &Agent) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO agents (id, project, name, owner, purpose, kind, state, scopes, \
                   broad_because, rate, networks, created_at, updated_at, changed) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        self.0.execute(sql, values(agent, number)).await.map_err(|it| it.about(NAME))?;
        Ok(())
    }

    /// Writes an agent that exists; says whether it does.
    pub async fn update(&mut self, agent: &Agent) -> Result<bool, Fault> {
        let number = self.0.number().await?;
        let sql = "UPDATE agents SET project = $2, name = $3, owner = $4, purpose = $5, \
                   kind = $6, state = $7, scopes = $8, broad_because = $9, rate = $10, \
                   networks = $11, created_at = $12, updated_at = $13, changed = $14 \
                   WHERE id = $1";
        let changed = self.0.execute(sql, values(agent, number)).await;
        Ok(changed.map_err(|it| it.about(NAME))? > 0)
    }

    /// The agent with this id.
    pub async fn find(&mut self, id: AgentId) -> Result<Option<Agent>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM agents WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The agent of this name in a project.
    pub async fn find_named(
        &mut self,
        project: &Name,
        name: &Name,
    ) -> Result<Option<Agent>, Fault> {
        let sql = "SELECT * FROM agents WHERE project = $1 AND name = $2";
        let values = [project.as_str().into(), name.as_str().into()];
        let row = self.0.fetch_first(sql, values).await?;
        row.as_ref().map(read).transpose()
    }

    /// The agents of a project, or all, by project and name.
    pub async fn list(&mut self, project: Option<&Name>) -> Result<Vec<Agent>, Fault> {
        let rows = match project {
            Some(project) => {
                let sql = "SELECT * FROM agents WHERE project = $1 ORDER BY name";
                self.0.fetch(sql, [project.as_str().into()]).await?
            }
            None => self.0.fetch("SELECT * FROM agents ORDER BY project, name", []).await?,
        };
        rows.iter().map(read).collect()
    }

    /// The agents written by transactions after this number.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<Agent>, Fault> {
        let sql = "SELECT * FROM agents WHERE changed > $1";
        self.0.fetch(sql, [number.into()]).await?.iter().map(read).collect()
    }
}

fn values(agent: &Agent, number: i64) -> [Value; 14] {
    let networks: Vec<String> = agent.networks.iter().map(ToString::to_string).collect();
    [
        agent.id.into(),
        agent.project.as_str().into(),
        agent.name.as_str().into(),
        agent.owner.as_str().into(),
        agent.purpose.as_str().into(),
        agent.kind.as_str().into(),
        agent.state.as_str().into(),
        agent.scopes.to_string().into(),
        agent.broad_because.as_deref().into(),
        agent.limit.map(|limit| limit.to_string()).into(),
        networks.join(" ").into(),
        agent.created_at.into(),
        agent.updated_at.into(),
        number.into(),
    ]
}

fn read(row: &Row) -> Result<Agent, Fault> {
    let limit = row.text_or_null("rate")?.map(str::parse).transpose();
    let networks = row.text("networks")?.split_whitespace().map(str::parse).collect();
    Ok(Agent {
        id: row.parsed("id")?,
        project: row.parsed("project")?,
        name: row.parsed("name")?,
        owner: row.text("owner")?.to_owned(),
        purpose: row.text("purpose")?.to_owned(),
        kind: row.parsed("kind")?,
        state: row.parsed("state")?,
        scopes: row.parsed("scopes")?,
        broad_because: row.text_or_null("broad_because")?.map(str::to_owned),
        limit: limit.map_err(Fault::corrupt)?,
        networks: Result::map_err(networks, Fault::corrupt)?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}
