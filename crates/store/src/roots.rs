//! The root secrets that short-lived keys are derived from, as they are kept: sealed, by epoch.

use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// A root secret under seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Which one: they are counted.
    pub epoch: u32,
    /// The secret, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Root {
    /// What the secret is sealed for: one that was moved to another place does not open.
    pub fn purpose(&self) -> String {
        format!("root:{}", self.epoch)
    }
}

/// The root secrets, within one transaction.
pub struct Roots<'a>(&'a mut Tx);

impl Tx {
    /// The root secrets.
    pub fn roots(&mut self) -> Roots<'_> {
        Roots(self)
    }
}

impl Roots<'_> {
    /// Adds a root; a conflict when there is one of that epoch.
    pub async fn insert(&mut self, root: &Root) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO roots (epoch, sealed_secret, created_at, changed) \
                   VALUES ($1, $2, $3, $4)";
        let values =
            [root.epoch.into(), encode(&root.sealed).into(), root.created_at.into(), number.into()];
        self.0.execute(sql, values).await.map_err(|it| it.about("the root"))?;
        Ok(())
    }

    /// The roots, newest first.
    pub async fn list(&mut self) -> Result<Vec<Root>, Fault> {
        let sql = "SELECT * FROM roots ORDER BY epoch DESC";
        self.0.fetch(sql, []).await?.iter().map(read).collect()
    }

    /// Forgets the roots before this epoch. Feeds are not told: they keep no more than two.
    pub async fn forget_before(&mut self, epoch: u32) -> Result<(), Fault> {
        self.0.execute("DELETE FROM roots WHERE epoch < $1", [epoch.into()]).await.map(drop)
    }

    /// The roots written by transactions after this number.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<Root>, Fault> {
        let sql = "SELECT * FROM roots WHERE changed > $1 ORDER BY epoch";
        self.0.fetch(sql, [number.into()]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Root, Fault> {
    Ok(Root {
        epoch: u32::try_from(row.int("epoch")?).map_err(Fault::corrupt)?,
        sealed: decode(row.text("sealed_secret")?)?,
        created_at: row.instant("created_at")?,
    })
}
