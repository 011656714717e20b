//! Agents, as they are kept.

use bailiwick_domain::agent::{Agent, Name, State};
use bailiwick_domain::id::AgentId;
use bailiwick_domain::lookalike::skeleton;
use bailiwick_domain::signal::Happening;
use bailiwick_domain::time::Timestamp;

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
    /// Adds an agent; a conflict when its project has one of that name or of one that looks like
    /// it, retired ones included. Its project must exist.
    pub async fn insert(&mut self, agent: &Agent) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO agents (id, project, name, skeleton, owner, purpose, kind, state, \
                   scopes, broad_because, rate, networks, refused_because, created_at, \
                   updated_at, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
                   $12, $13, $14, $15, $16)";
        self.0.execute(sql, values(agent, number)).await.map_err(|it| it.about(NAME))?;
        Ok(())
    }

    /// Writes an agent that exists; says whether it does. Receivers of signals will be told when it
    /// is active no more.
    pub async fn update(&mut self, agent: &Agent) -> Result<bool, Fault> {
        let before = self.find(agent.id).await?.map(|it| it.state);
        let number = self.0.number().await?;
        let sql = "UPDATE agents SET project = $2, name = $3, skeleton = $4, owner = $5, \
                   purpose = $6, kind = $7, state = $8, scopes = $9, broad_because = $10, \
                   rate = $11, networks = $12, refused_because = $13, created_at = $14, \
                   updated_at = $15, changed = $16 WHERE id = $1";
        let changed = self.0.execute(sql, values(agent, number)).await;
        changed.map_err(|it| it.about(NAME))?;
        if before == Some(State::Active) && agent.state != State::Active {
            let happening = Happening::AgentStopped(agent.id);
            self.0.signals().tell(&happening, agent.updated_at).await?;
        }
        Ok(before.is_some())
    }

    /// The agent with this id.
    pub async fn find(&mut self, id: AgentId) -> Result<Option<Agent>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM agents WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The agent that holds this name in a project.
    pub async fn find_named(
        &mut self,
        project: &Name,
        name: &Name,
    ) -> Result<Option<Agent>, Fault> {
        let alike = self.find_alike(project, name).await?;
        Ok(alike.filter(|agent| agent.name == *name))
    }

    /// The agent that holds this name in a project, or one that looks like it.
    pub async fn find_alike(
        &mut self,
        project: &Name,
        name: &Name,
    ) -> Result<Option<Agent>, Fault> {
        let sql = "SELECT * FROM agents WHERE project = $1 AND skeleton = $2";
        let values = [project.as_str().into(), skeleton(name).into()];
        let row = self.0.fetch_first(sql, values).await?;
        row.as_ref().map(read).transpose()
    }

    /// How many agents of a project have asked to come in since an instant and wait for approval.
    pub async fn count_pending(&mut self, project: &Name, since: Timestamp) -> Result<i64, Fault> {
        let sql = "SELECT COUNT(*) AS waiting FROM agents \
                   WHERE project = $1 AND state = 'pending' AND created_at > $2";
        let row = self.0.fetch_first(sql, [project.as_str().into(), since.into()]).await?;
        row.ok_or_else(|| Fault::corrupt("a count without a row"))?.int("waiting")
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
        self.0.fetch_each(sql, [number.into()], read).await
    }
}

fn values(agent: &Agent, number: i64) -> [Value; 16] {
    let networks: Vec<String> = agent.networks.iter().map(ToString::to_string).collect();
    [
        agent.id.into(),
        agent.project.as_str().into(),
        agent.name.as_str().into(),
        agent.refused.is_none().then(|| skeleton(&agent.name)).into(),
        agent.owner.as_str().into(),
        agent.purpose.as_str().into(),
        agent.kind.as_str().into(),
        agent.state.as_str().into(),
        agent.scopes.to_string().into(),
        agent.broad_because.as_deref().into(),
        agent.limit.map(|limit| limit.to_string()).into(),
        networks.join(" ").into(),
        agent.refused.as_deref().into(),
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
        refused: row.text_or_null("refused_because")?.map(str::to_owned),
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}
