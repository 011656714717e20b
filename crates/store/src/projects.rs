//! Projects, as they are kept.

use bailiwick_domain::agent::Name;
use bailiwick_domain::id::ProjectId;
use bailiwick_domain::project::Project;
use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// The projects, within one transaction.
pub struct Projects<'a>(&'a mut Tx);

impl Tx {
    /// The projects. One called `default` is there from the start.
    pub fn projects(&mut self) -> Projects<'_> {
        Projects(self)
    }
}

const NAME: &str = "the project's name";

impl Projects<'_> {
    /// Adds a project; a conflict when there is one of that name.
    pub async fn insert(&mut self, project: &Project) -> Result<(), Fault> {
        let sql = "INSERT INTO projects (id, name, description, registration, scopes, \
                   created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        self.0.execute(sql, values(project)).await.map_err(|it| it.about(NAME))?;
        Ok(())
    }

    /// Says when the installation began: the project that is there from the start is as old, unless
    /// that was said before.
    pub async fn begin(&mut self, at: Timestamp) -> Result<(), Fault> {
        let sql = "UPDATE projects SET created_at = $1, \
                   updated_at = CASE WHEN updated_at = 0 THEN $1 ELSE updated_at END \
                   WHERE created_at = 0";
        self.0.execute(sql, [at.into()]).await.map(drop)
    }

    /// Writes a project that exists; says whether it does.
    pub async fn update(&mut self, project: &Project) -> Result<bool, Fault> {
        let sql = "UPDATE projects SET name = $2, description = $3, registration = $4, \
                   scopes = $5, created_at = $6, updated_at = $7 WHERE id = $1";
        let changed = self.0.execute(sql, values(project)).await;
        Ok(changed.map_err(|it| it.about(NAME))? > 0)
    }

    /// The project with this id.
    pub async fn find(&mut self, id: ProjectId) -> Result<Option<Project>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM projects WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The project of this name.
    pub async fn find_named(&mut self, name: &Name) -> Result<Option<Project>, Fault> {
        let sql = "SELECT * FROM projects WHERE name = $1";
        let row = self.0.fetch_first(sql, [name.as_str().into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// All projects, by name.
    pub async fn list(&mut self) -> Result<Vec<Project>, Fault> {
        let rows = self.0.fetch("SELECT * FROM projects ORDER BY name", []).await?;
        rows.iter().map(read).collect()
    }
}

fn values(project: &Project) -> [Value; 7] {
    [
        project.id.into(),
        project.name.as_str().into(),
        project.description.as_str().into(),
        project.registration.as_str().into(),
        project.scopes.to_string().into(),
        project.created_at.into(),
        project.updated_at.into(),
    ]
}

fn read(row: &Row) -> Result<Project, Fault> {
    Ok(Project {
        id: row.parsed("id")?,
        name: row.parsed("name")?,
        description: row.text("description")?.to_owned(),
        registration: row.parsed("registration")?,
        scopes: row.parsed("scopes")?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}
