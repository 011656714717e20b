//! Tokens of other issuers that were exchanged for authority here: by whom, so that nobody else
//! uses them again.

use bailiwick_domain::id::AgentId;
use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::tx::Tx;

/// One such token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Who issued it: its `iss`.
    pub issuer: String,
    /// What it is called there: its `jti`.
    pub jti: String,
    /// The agent that exchanged it.
    pub agent: AgentId,
    /// When it expires: nobody needs to remember it for longer.
    pub expires_at: Timestamp,
}

/// The assertions, within one transaction.
pub struct Assertions<'a>(&'a mut Tx);

impl Tx {
    /// The tokens of other issuers that were used.
    pub fn assertions(&mut self) -> Assertions<'_> {
        Assertions(self)
    }
}

impl Assertions<'_> {
    /// Remembers that the token was used. The agent that used it before, if it was used before:
    /// then nothing changes.
    pub async fn spend(&mut self, assertion: &Assertion) -> Result<Option<AgentId>, Fault> {
        let sql = "SELECT agent FROM assertions WHERE issuer = $1 AND jti = $2";
        let values = [assertion.issuer.as_str().into(), assertion.jti.as_str().into()];
        if let Some(row) = self.0.fetch_first(sql, values).await? {
            return row.parsed("agent").map(Some);
        }
        let sql = "INSERT INTO assertions (issuer, jti, agent, expires_at) VALUES ($1, $2, $3, $4)";
        let values = [
            assertion.issuer.as_str().into(),
            assertion.jti.as_str().into(),
            assertion.agent.into(),
            assertion.expires_at.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the assertion"))?;
        Ok(None)
    }
}
