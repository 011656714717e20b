//! Operators, as they are kept: by the digest of their admin token.

use bailiwick_domain::id::OperatorId;
use bailiwick_domain::time::Timestamp;

use crate::encoding::encode;
use crate::fault::Fault;
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
        id: OperatorId,
        token_digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO operators (id, token_digest, created_at) VALUES ($1, $2, $3)";
        let values = [id.into(), encode(token_digest).into(), now.into()];
        self.0.execute(sql, values).await.map_err(|it| it.about("the operator"))?;
        Ok(())
    }

    /// The operator whose token has this SHA-256.
    pub async fn find_by_digest(
        &mut self,
        token_digest: &[u8; 32],
    ) -> Result<Option<OperatorId>, Fault> {
        let sql = "SELECT id FROM operators WHERE token_digest = $1";
        let row = self.0.fetch_first(sql, [encode(token_digest).into()]).await?;
        row.map(|row| row.parsed("id")).transpose()
    }
}
