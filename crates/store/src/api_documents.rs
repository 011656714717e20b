//! The accepted descriptions of APIs, as they are kept: every version for good, the newest in
//! force.

use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The most versions of one API that are listed.
const MOST: i64 = 100;

/// One accepted version of an API's description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiDocument {
    /// What was accepted, and by whom.
    pub accepted: Accepted,
    /// The document itself.
    pub document: String,
}

/// What is known of an accepted version, but for its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The name of its API.
    pub api: String,
    /// Its number, from 1.
    pub version: i64,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// The proposed scopes that somebody has confirmed, a line each.
    pub confirmed: String,
    /// Why it was accepted, in somebody's words.
    pub because: String,
    /// Who accepted it: an operator, a person, or the configuration.
    pub accepted_by: String,
    /// When.
    pub accepted_at: Timestamp,
}

/// The accepted descriptions, within one transaction.
pub struct ApiDocuments<'a>(&'a mut Tx);

impl Tx {
    /// The accepted descriptions of APIs.
    pub fn api_documents(&mut self) -> ApiDocuments<'_> {
        ApiDocuments(self)
    }
}

impl ApiDocuments<'_> {
    /// Adds a version; a conflict when it is there already.
    pub async fn insert(&mut self, new: &ApiDocument) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO api_documents (api, version, digest, document, confirmed, because, \
                   accepted_by, accepted_at, changed) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let Accepted { api, version, digest, confirmed, because, accepted_by, accepted_at } =
            &new.accepted;
        let values = [
            api.as_str().into(),
            (*version).into(),
            digest.as_str().into(),
            new.document.as_str().into(),
            confirmed.as_str().into(),
            because.as_str().into(),
            accepted_by.as_str().into(),
            (*accepted_at).into(),
            number.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the version of the API"))?;
        Ok(())
    }

    /// The version in force of an API.
    pub async fn current(&mut self, api: &str) -> Result<Option<ApiDocument>, Fault> {
        let sql = "SELECT * FROM api_documents WHERE api = $1 ORDER BY version DESC LIMIT 1";
        self.0.fetch_first(sql, [api.into()]).await?.as_ref().map(read).transpose()
    }

    /// The versions of an API, the newest first, without their texts; at most a hundred.
    pub async fn list(&mut self, api: &str) -> Result<Vec<Accepted>, Fault> {
        let sql = "SELECT api, version, digest, confirmed, because, accepted_by, accepted_at \
                   FROM api_documents WHERE api = $1 ORDER BY version DESC LIMIT $2";
        self.0.fetch(sql, [api.into(), MOST.into()]).await?.iter().map(read_accepted).collect()
    }

    /// The versions in force.
    pub async fn in_force(&mut self) -> Result<Vec<ApiDocument>, Fault> {
        self.changed_since(i64::MIN).await
    }

    /// The number of the last transaction that accepted one; whoever knows it need not read again.
    pub async fn newest(&mut self) -> Result<Option<i64>, Fault> {
        let sql = "SELECT MAX(changed) AS newest FROM api_documents";
        let row = self.0.fetch_first(sql, []).await?;
        row.map_or(Ok(None), |row| row.int_or_null("newest"))
    }

    /// The versions in force that were written by transactions after this number.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<ApiDocument>, Fault> {
        let sql = "SELECT * FROM api_documents AS it WHERE changed > $1 AND version = \
                   (SELECT MAX(version) FROM api_documents WHERE api = it.api)";
        self.0.fetch(sql, [number.into()]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<ApiDocument, Fault> {
    Ok(ApiDocument { accepted: read_accepted(row)?, document: row.text("document")?.to_owned() })
}

fn read_accepted(row: &Row) -> Result<Accepted, Fault> {
    Ok(Accepted {
        api: row.text("api")?.to_owned(),
        version: row.int("version")?,
        digest: row.text("digest")?.to_owned(),
        confirmed: row.text("confirmed")?.to_owned(),
        because: row.text("because")?.to_owned(),
        accepted_by: row.text("accepted_by")?.to_owned(),
        accepted_at: row.instant("accepted_at")?,
    })
}
