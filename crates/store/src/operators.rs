//! Operators, as they are kept: by the digest of their admin token.

use bailiwick_domain::id::OperatorId;
use bailiwick_domain::operator::Operator;
use bailiwick_domain::time::Timestamp;

use crate::encoding::encode;
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The operators, within one transaction.
pub struct Operators<'a>(&'a mut Tx);

impl Tx {
    /// The operators.
    pub fn operators(&mut self) -> Operators<'_> {
        Operators(self)
    }
}

impl Operators<'_> {
    /// Adds an operator whose token has this SHA-256.
    pub async fn insert(
        &mut self,
        operator: &Operator,
        token_digest: &[u8; 32],
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO operators (id, token_digest, created_at, name, role, revoked_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            operator.id.into(),
            encode(token_digest).into(),
            operator.created_at.into(),
            operator.name.as_str().into(),
            operator.role.as_str().into(),
            operator.revoked_at.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the operator"))?;
        Ok(())
    }

    /// The operator whose token has this SHA-256, a revoked one too.
    pub async fn find_by_digest(
        &mut self,
        token_digest: &[u8; 32],
    ) -> Result<Option<Operator>, Fault> {
        let sql = "SELECT * FROM operators WHERE token_digest = $1";
        let row = self.0.fetch_first(sql, [encode(token_digest).into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The operator with this id.
    pub async fn find(&mut self, id: OperatorId) -> Result<Option<Operator>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM operators WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// All of them, oldest first.
    pub async fn list(&mut self) -> Result<Vec<Operator>, Fault> {
        let rows = self.0.fetch("SELECT * FROM operators ORDER BY id", []).await?;
        rows.iter().map(read).collect()
    }

    /// Takes the token away for ever. Revoking again changes nothing.
    pub async fn revoke(&mut self, id: OperatorId, at: Timestamp) -> Result<(), Fault> {
        let sql = "UPDATE operators SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        self.0.execute(sql, [id.into(), at.into()]).await.map(drop)
    }
}

fn read(row: &Row) -> Result<Operator, Fault> {
    Ok(Operator {
        id: row.parsed("id")?,
        name: row.text("name")?.to_owned(),
        role: row.parsed("role")?,
        created_at: row.instant("created_at")?,
        revoked_at: row.instant_or_null("revoked_at")?,
    })
}
