//! The installation's own signing keys, as they are kept: the private part sealed.

use std::str::FromStr;

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::signing::Life;
use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// What a signing key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duty {
    /// Access tokens.
    Token,
    /// The ledger's checkpoints.
    Ledger,
}

/// The public side of a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningPublic {
    /// Its RFC 7638 thumbprint; a token's `kid`.
    pub id: String,
    /// What it signs.
    pub duty: Duty,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The public key as a JWK.
    pub jwk: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What has happened to it since.
    pub life: Life,
}

/// A signing key with its private part under seal.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSealed {
    /// What anyone may know of it.
    pub public: SigningPublic,
    /// The private JWK, sealed; empty once the key signs no more.
    pub sealed: Vec<u8>,
}

/// The signing keys, within one transaction.
pub struct SigningKeys<'a>(&'a mut Tx);

impl Tx {
    /// The installation's own signing keys.
    pub fn signing_keys(&mut self) -> SigningKeys<'_> {
        SigningKeys(self)
    }
}

impl SigningKeys<'_> {
    /// Adds a signing key.
    pub async fn insert(&mut self, key: &SigningSealed) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO signing_keys (id, duty, algorithm, public_jwk, sealed_private, \
                   created_at, signs_from, stopped_at, revoked_at, changed) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let values = [
            key.public.id.as_str().into(),
            key.public.duty.as_str().into(),
            key.public.algorithm.as_str().into(),
            key.public.jwk.as_str().into(),
            encode(&key.sealed).into(),
            key.public.created_at.into(),
            key.public.life.signs_from.into(),
            key.public.life.stopped_at.into(),
            key.public.life.revoked_at.into(),
            number.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the signing key"))?;
        Ok(())
    }

    /// Writes what has happened to a key, and forgets its private part when it signs no more; says
    /// whether there is one of this id.
    pub async fn update(&mut self, id: &str, life: Life) -> Result<bool, Fault> {
        let number = self.0.number().await?;
        let sql = "UPDATE signing_keys SET signs_from = $2, stopped_at = $3, revoked_at = $4, \
                   changed = $5 WHERE id = $1";
        let values = [
            id.into(),
            life.signs_from.into(),
            life.stopped_at.into(),
            life.revoked_at.into(),
            number.into(),
        ];
        if life.ends_at().is_some() {
            let sql = "UPDATE signing_keys SET sealed_private = '' WHERE id = $1";
            self.0.execute(sql, [id.into()]).await?;
        }
        Ok(self.0.execute(sql, values).await? > 0)
    }

    /// The signing keys for a duty, newest first.
    pub async fn list(&mut self, duty: Duty) -> Result<Vec<SigningSealed>, Fault> {
        let sql = "SELECT * FROM signing_keys WHERE duty = $1 ORDER BY created_at DESC, id";
        self.0.fetch(sql, [duty.as_str().into()]).await?.iter().map(read).collect()
    }

    /// The public sides written by transactions after this number.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<SigningPublic>, Fault> {
        let sql = "SELECT * FROM signing_keys WHERE changed > $1";
        self.0.fetch(sql, [number.into()]).await?.iter().map(read_public).collect()
    }
}

fn read(row: &Row) -> Result<SigningSealed, Fault> {
    Ok(SigningSealed { public: read_public(row)?, sealed: decode(row.text("sealed_private")?)? })
}

fn read_public(row: &Row) -> Result<SigningPublic, Fault> {
    Ok(SigningPublic {
        id: row.text("id")?.to_owned(),
        duty: row.parsed("duty")?,
        algorithm: row.parsed("algorithm")?,
        jwk: row.text("public_jwk")?.to_owned(),
        created_at: row.instant("created_at")?,
        life: Life {
            signs_from: row.instant_or_null("signs_from")?,
            stopped_at: row.instant_or_null("stopped_at")?,
            revoked_at: row.instant_or_null("revoked_at")?,
        },
    })
}

impl Duty {
    /// The duty as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Ledger => "ledger",
        }
    }
}

impl FromStr for Duty {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        match text {
            "token" => Ok(Self::Token),
            "ledger" => Ok(Self::Ledger),
            _ => Err(Fault::corrupt("a signing key's duty")),
        }
    }
}
