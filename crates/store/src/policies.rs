//! Policy sets, as they are kept: every version that has been in force, whole.

use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// A version of the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its number: 1 for the first, and one more for each that follows.
    pub number: i64,
    /// The policies.
    pub text: String,
    /// The SHA-256 of the text, in lower-case hexadecimal digits.
    pub digest: String,
    /// Since when it has been in force.
    pub activated_at: Timestamp,
    /// Who put it in force: an operator's or a person's id.
    pub activated_by: String,
    /// Why.
    pub because: String,
}

/// The policies, within one transaction.
pub struct Policies<'a>(&'a mut Tx);

impl Tx {
    /// The versions of the policies.
    pub fn policies(&mut self) -> Policies<'_> {
        Policies(self)
    }
}

impl Policies<'_> {
    /// Puts a version in force: from the end of this transaction on it is the newest.
    pub async fn insert(&mut self, version: &PolicyVersion) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO policies (number, text, digest, activated_at, activated_by, \
                   because, changed) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            version.number.into(),
            version.text.as_str().into(),
            version.digest.as_str().into(),
            version.activated_at.into(),
            version.activated_by.as_str().into(),
            version.because.as_str().into(),
            number.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the version's number"))?;
        Ok(())
    }

    /// The version in force; none where no version ever was, and the shipped policies are.
    pub async fn newest(&mut self) -> Result<Option<PolicyVersion>, Fault> {
        let sql = "SELECT * FROM policies ORDER BY number DESC LIMIT 1";
        self.0.fetch_first(sql, []).await?.as_ref().map(read).transpose()
    }

    /// The version with this number.
    pub async fn find(&mut self, number: i64) -> Result<Option<PolicyVersion>, Fault> {
        let sql = "SELECT * FROM policies WHERE number = $1";
        self.0.fetch_first(sql, [number.into()]).await?.as_ref().map(read).transpose()
    }

    /// The newest versions, that one first, without their texts.
    pub async fn list(&mut self, most: u32) -> Result<Vec<PolicyVersion>, Fault> {
        let sql = "SELECT number, '' AS text, digest, activated_at, activated_by, because \
                   FROM policies ORDER BY number DESC LIMIT $1";
        self.0.fetch(sql, [most.into()]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<PolicyVersion, Fault> {
    Ok(PolicyVersion {
        number: row.int("number")?,
        text: row.text("text")?.to_owned(),
        digest: row.text("digest")?.to_owned(),
        activated_at: row.instant("activated_at")?,
        activated_by: row.text("activated_by")?.to_owned(),
        because: row.text("because")?.to_owned(),
    })
}
