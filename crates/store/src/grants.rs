//! Grants, as they are kept.

use bailiwick_domain::grant::{Extent, Grant};
use bailiwick_domain::id::{AgentId, GrantId, PersonId, TaskId};
use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// The most ancestors that are read: more than any grant can have.
const LONGEST_LINE: i64 = 64;

/// The grants, within one transaction.
pub struct Grants<'a>(&'a mut Tx);

impl Tx {
    /// The grants.
    pub fn grants(&mut self) -> Grants<'_> {
        Grants(self)
    }
}

impl Grants<'_> {
    /// Adds a grant.
    pub async fn insert(&mut self, grant: &Grant) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO grants (id, agent, person, parent, depth, key, session, token, \
                   task, purpose, scopes, resources, details, budgets, expires_at, ended_at, \
                   ended_because, created_at, changed) VALUES \
                   ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
                   $18, $19)";
        let values = values(grant).into_iter().chain([number.into()]);
        self.0.execute(sql, values).await.map_err(|it| it.about("the grant"))?;
        Ok(())
    }

    /// Writes how a grant ended, how long it lasts and how far it reaches; says whether it exists.
    /// Nothing else of a grant ever changes.
    pub async fn update(&mut self, grant: &Grant) -> Result<bool, Fault> {
        let number = self.0.number().await?;
        let sql = "UPDATE grants SET expires_at = $2, ended_at = $3, ended_because = $4, \
                   scopes = $5, resources = $6, details = $7, changed = $8 WHERE id = $1";
        let values = [
            grant.id.into(),
            grant.expires_at.into(),
            grant.ended_at.into(),
            grant.ended_because.clone().into(),
            grant.extent.scopes.to_string().into(),
            grant.extent.resources.join("\n").into(),
            grant.extent.details.to_string().into(),
            number.into(),
        ];
        Ok(self.0.execute(sql, values).await? > 0)
    }

    /// The grant with this id.
    pub async fn find(&mut self, id: GrantId) -> Result<Option<Grant>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM grants WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The grant of a task.
    pub async fn find_task(&mut self, task: TaskId) -> Result<Option<Grant>, Fault> {
        let sql = "SELECT * FROM grants WHERE task = $1";
        let row = self.0.fetch_first(sql, [task.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The grant and everything it was granted out of, itself first. Empty when there is none.
    pub async fn line(&mut self, id: GrantId) -> Result<Vec<Grant>, Fault> {
        let sql = "WITH RECURSIVE line AS (\
                   SELECT grants.*, 0 AS place FROM grants WHERE id = $1 UNION ALL \
                   SELECT grants.*, line.place + 1 FROM grants \
                   JOIN line ON grants.id = line.parent WHERE line.place < $2) \
                   SELECT * FROM line ORDER BY place";
        let rows = self.0.fetch(sql, [id.into(), LONGEST_LINE.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// What a person has granted, newest first.
    pub async fn list_of_person(&mut self, person: PersonId) -> Result<Vec<Grant>, Fault> {
        let sql = "SELECT * FROM grants WHERE person = $1 ORDER BY id DESC";
        self.0.fetch(sql, [person.into()]).await?.iter().map(read).collect()
    }

    /// What a person has granted that has neither ended nor expired, newest first: at most so many,
    /// those before an id where one is given. What was made out of it is not listed.
    pub async fn live_of_person(
        &mut self,
        person: PersonId,
        now: Timestamp,
        (before, most): (Option<GrantId>, u32),
    ) -> Result<Vec<Grant>, Fault> {
        let sql = "SELECT * FROM grants WHERE person = $1 AND parent IS NULL \
                   AND ended_at IS NULL AND expires_at > $2 AND ($3 = '' OR id < $3) \
                   ORDER BY id DESC LIMIT $4";
        let before = Value::Text(before.map(|it| it.to_string()).unwrap_or_default());
        let values = [person.into(), now.into(), before, most.into()];
        self.0.fetch(sql, values).await?.iter().map(read).collect()
    }

    /// The same of what has ended or expired.
    pub async fn past_of_person(
        &mut self,
        person: PersonId,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Grant>, Fault> {
        let sql = "SELECT * FROM grants WHERE person = $1 AND parent IS NULL \
                   AND (ended_at IS NOT NULL OR expires_at <= $2) ORDER BY id DESC LIMIT $3";
        let values = [person.into(), now.into(), most.into()];
        self.0.fetch(sql, values).await?.iter().map(read).collect()
    }

    /// What an agent may act by, or all there are, newest first: at most so many, those before an
    /// id where one is given.
    pub async fn list(
        &mut self,
        agent: Option<AgentId>,
        before: Option<GrantId>,
        most: u32,
    ) -> Result<Vec<Grant>, Fault> {
        let sql = "SELECT * FROM grants WHERE ($1 = '' OR agent = $1) AND ($2 = '' OR id < $2) \
                   ORDER BY id DESC LIMIT $3";
        let text = |it: Option<String>| Value::Text(it.unwrap_or_default());
        let agent = text(agent.map(|it| it.to_string()));
        let before = text(before.map(|it| it.to_string()));
        self.0.fetch(sql, [agent, before, most.into()]).await?.iter().map(read).collect()
    }

    /// The grants that are tasks, newest first: of one agent or of all, at most so many, those
    /// before a task where one is given.
    pub async fn list_tasks(
        &mut self,
        agent: Option<AgentId>,
        before: Option<TaskId>,
        most: u32,
    ) -> Result<Vec<Grant>, Fault> {
        let sql = "SELECT * FROM grants WHERE task IS NOT NULL AND ($1 = '' OR agent = $1) \
                   AND ($2 = '' OR task < $2) ORDER BY task DESC LIMIT $3";
        let text = |it: Option<String>| Value::Text(it.unwrap_or_default());
        let agent = text(agent.map(|it| it.to_string()));
        let before = text(before.map(|it| it.to_string()));
        self.0.fetch(sql, [agent, before, most.into()]).await?.iter().map(read).collect()
    }

    /// Those written by transactions after this number; of all there are, those that are live.
    pub(crate) async fn changed_since(
        &mut self,
        number: i64,
        now: Timestamp,
    ) -> Result<Vec<Grant>, Fault> {
        let sql = "SELECT * FROM grants WHERE changed > $1 \
                   AND ($1 > 0 OR (ended_at IS NULL AND expires_at > $2))";
        self.0.fetch_each(sql, [number.into(), now.into()], read).await
    }
}

fn values(grant: &Grant) -> [Value; 18] {
    [
        grant.id.into(),
        grant.agent.into(),
        grant.person.into(),
        grant.parent.into(),
        grant.depth.into(),
        grant.key.into(),
        grant.session.into(),
        grant.token.into(),
        grant.task.into(),
        grant.purpose.as_str().into(),
        grant.extent.scopes.to_string().into(),
        grant.extent.resources.join("\n").into(),
        grant.extent.details.to_string().into(),
        grant.budgets.to_string().into(),
        grant.expires_at.into(),
        grant.ended_at.into(),
        grant.ended_because.clone().into(),
        grant.created_at.into(),
    ]
}

fn read(row: &Row) -> Result<Grant, Fault> {
    Ok(Grant {
        id: row.parsed("id")?,
        agent: row.parsed("agent")?,
        person: row.parsed_or_null("person")?,
        parent: row.parsed_or_null("parent")?,
        depth: row.int("depth")?.try_into().map_err(Fault::corrupt)?,
        key: row.parsed_or_null("key")?,
        session: row.parsed_or_null("session")?,
        token: row.parsed_or_null("token")?,
        task: row.parsed_or_null("task")?,
        purpose: row.text("purpose")?.to_owned(),
        extent: Extent {
            scopes: row.parsed("scopes")?,
            resources: row.text("resources")?.lines().map(str::to_owned).collect(),
            details: row.parsed("details")?,
        },
        budgets: row.parsed("budgets")?,
        expires_at: row.instant("expires_at")?,
        ended_at: row.instant_or_null("ended_at")?,
        ended_because: row.text_or_null("ended_because")?.map(str::to_owned),
        created_at: row.instant("created_at")?,
    })
}
