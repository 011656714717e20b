//! Invites, as they are kept: by the digest of their code.

use bailiwick_domain::agent::Name;
use bailiwick_domain::id::InviteId;
use bailiwick_domain::invite::Invite;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// The invites, within one transaction.
pub struct Invites<'a>(&'a mut Tx);

impl Tx {
    /// The invites.
    pub fn invites(&mut self) -> Invites<'_> {
        Invites(self)
    }
}

impl Invites<'_> {
    /// Adds an invite.
    pub async fn insert(&mut self, invite: &Invite) -> Result<(), Fault> {
        let sql = "INSERT INTO invites (id, project, code_digest, uses_left, scopes, \
                   expires_at, revoked_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        self.0.execute(sql, values(invite)).await.map_err(|it| it.about("the invite"))?;
        Ok(())
    }

    /// Writes an invite that exists; says whether it does.
    pub async fn update(&mut self, invite: &Invite) -> Result<bool, Fault> {
        let sql = "UPDATE invites SET project = $2, code_digest = $3, uses_left = $4, \
                   scopes = $5, expires_at = $6, revoked_at = $7, created_at = $8 WHERE id = $1";
        Ok(self.0.execute(sql, values(invite)).await? > 0)
    }

    /// The invite with this id.
    pub async fn find(&mut self, id: InviteId) -> Result<Option<Invite>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM invites WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The invite whose code has this SHA-256.
    pub async fn find_by_digest(&mut self, code: &[u8; 32]) -> Result<Option<Invite>, Fault> {
        let sql = "SELECT * FROM invites WHERE code_digest = $1";
        let row = self.0.fetch_first(sql, [encode(code).into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The invites to a project, or all, oldest first.
    pub async fn list(&mut self, project: Option<&Name>) -> Result<Vec<Invite>, Fault> {
        let rows = match project {
            Some(project) => {
                let sql = "SELECT * FROM invites WHERE project = $1 ORDER BY id";
                self.0.fetch(sql, [project.as_str().into()]).await?
            }
            None => self.0.fetch("SELECT * FROM invites ORDER BY id", []).await?,
        };
        rows.iter().map(read).collect()
    }
}

fn values(invite: &Invite) -> [Value; 8] {
    [
        invite.id.into(),
        invite.project.as_str().into(),
        encode(&invite.code_digest).into(),
        invite.uses_left.into(),
        invite.scopes.to_string().into(),
        invite.expires_at.into(),
        invite.revoked_at.into(),
        invite.created_at.into(),
    ]
}

fn read(row: &Row) -> Result<Invite, Fault> {
    let digest = decode(row.text("code_digest")?)?.try_into();
    Ok(Invite {
        id: row.parsed("id")?,
        project: row.parsed("project")?,
        code_digest: digest.map_err(|_| Fault::corrupt("an invite's digest"))?,
        uses_left: row.int("uses_left")?.try_into().map_err(Fault::corrupt)?,
        scopes: row.parsed("scopes")?,
        expires_at: row.instant("expires_at")?,
        revoked_at: row.instant_or_null("revoked_at")?,
        created_at: row.instant("created_at")?,
    })
}
