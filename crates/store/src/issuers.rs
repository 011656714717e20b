//! Trusted issuers, as they are kept.

use bailiwick_domain::id::IssuerId;
use bailiwick_domain::issuer::TrustedIssuer;

use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The trusted issuers, within one transaction.
pub struct Issuers<'a>(&'a mut Tx);

impl Tx {
    /// The trusted issuers.
    pub fn issuers(&mut self) -> Issuers<'_> {
        Issuers(self)
    }
}

impl Issuers<'_> {
    /// Adds an issuer; a conflict when its URL is there, trusted still or no more.
    pub async fn insert(&mut self, issuer: &TrustedIssuer) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO issuers (id, url, audience, created_at, ended_at, changed, \
                   person_scopes) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            issuer.id.into(),
            issuer.url.as_str().into(),
            issuer.audience.as_str().into(),
            issuer.created_at.into(),
            issuer.ended_at.into(),
            number.into(),
            issuer.person_scopes.as_ref().map(ToString::to_string).into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the issuer"))?;
        Ok(())
    }

    /// Writes an issuer that exists; says whether it does.
    pub async fn update(&mut self, issuer: &TrustedIssuer) -> Result<bool, Fault> {
        let number = self.0.number().await?;
        let sql = "UPDATE issuers SET audience = $2, ended_at = $3, changed = $4, \
                   person_scopes = $5 WHERE id = $1";
        let values = [
            issuer.id.into(),
            issuer.audience.as_str().into(),
            issuer.ended_at.into(),
            number.into(),
            issuer.person_scopes.as_ref().map(ToString::to_string).into(),
        ];
        Ok(self.0.execute(sql, values).await? > 0)
    }

    /// The issuer with this id.
    pub async fn find(&mut self, id: IssuerId) -> Result<Option<TrustedIssuer>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM issuers WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The issuer with this URL.
    pub async fn find_url(&mut self, url: &str) -> Result<Option<TrustedIssuer>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM issuers WHERE url = $1", [url.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// All issuers, by URL.
    pub async fn list(&mut self) -> Result<Vec<TrustedIssuer>, Fault> {
        let rows = self.0.fetch("SELECT * FROM issuers ORDER BY url", []).await?;
        rows.iter().map(read).collect()
    }

    /// The issuers written by transactions after this number.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<TrustedIssuer>, Fault> {
        let sql = "SELECT * FROM issuers WHERE changed > $1";
        self.0.fetch(sql, [number.into()]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<TrustedIssuer, Fault> {
    Ok(TrustedIssuer {
        id: row.parsed("id")?,
        url: row.text("url")?.to_owned(),
        audience: row.text("audience")?.to_owned(),
        person_scopes: row.parsed_or_null("person_scopes")?,
        created_at: row.instant("created_at")?,
        ended_at: row.instant_or_null("ended_at")?,
    })
}
