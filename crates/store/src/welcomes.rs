//! Links with which people come in, as they are kept: by the digest of their code.

use bailiwick_domain::passkey::Welcome;
use bailiwick_domain::person::Role;
use bailiwick_domain::time::Timestamp;

use crate::encoding::encode;
use crate::fault::Fault;
use crate::tx::Tx;

/// The links, within one transaction.
pub struct Welcomes<'a>(&'a mut Tx);

impl Tx {
    /// The links.
    pub fn welcomes(&mut self) -> Welcomes<'_> {
        Welcomes(self)
    }
}

impl Welcomes<'_> {
    /// Adds a link.
    pub async fn insert(&mut self, welcome: &Welcome) -> Result<(), Fault> {
        let sql = "INSERT INTO welcomes (digest, name, role, created_at, expires_at, used_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            encode(&welcome.digest).into(),
            welcome.name.as_deref().into(),
            welcome.role.map(Role::as_str).into(),
            welcome.created_at.into(),
            welcome.expires_at.into(),
            welcome.used_at.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the link"))?;
        Ok(())
    }

    /// The link whose code has this SHA-256.
    pub async fn find(&mut self, digest: &[u8; 32]) -> Result<Option<Welcome>, Fault> {
        let sql = "SELECT * FROM welcomes WHERE digest = $1";
        let Some(row) = self.0.fetch_first(sql, [encode(digest).into()]).await? else {
            return Ok(None);
        };
        let role = row.text_or_null("role")?.map(str::parse).transpose();
        Ok(Some(Welcome {
            digest: *digest,
            name: row.text_or_null("name")?.map(str::to_owned),
            role: role.map_err(Fault::corrupt)?,
            created_at: row.instant("created_at")?,
            expires_at: row.instant("expires_at")?,
            used_at: row.instant_or_null("used_at")?,
        }))
    }

    /// Uses a link up; says whether it was not used yet.
    pub async fn spend(&mut self, digest: &[u8; 32], at: Timestamp) -> Result<bool, Fault> {
        let sql = "UPDATE welcomes SET used_at = $2 WHERE digest = $1 AND used_at IS NULL";
        Ok(self.0.execute(sql, [encode(digest).into(), at.into()]).await? > 0)
    }
}
