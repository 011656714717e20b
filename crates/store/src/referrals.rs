//! Referrals: approvals that are put before people elsewhere, before a webhook or before a person
//! at their provider.

use std::fmt;

use bailiwick_domain::id::{ApprovalId, PersonId};
use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// How many are looked at in one go.
const BATCH: i64 = 32;

/// An approval that is put before somebody by one way.
#[derive(Clone, PartialEq, Eq)]
pub struct Referral {
    /// What they decide about.
    pub approval: ApprovalId,
    /// By which way.
    pub way: String,
    /// Before whom; nobody by name where it is a webhook's to find somebody.
    pub person: Option<PersonId>,
    /// How often it was tried.
    pub tries: u32,
    /// How long to wait between two looks, in seconds.
    pub interval_seconds: u32,
    /// What the other side calls it, once it was asked; sealed.
    pub question: Option<Vec<u8>>,
}

/// The referrals, within one transaction.
pub struct Referrals<'a>(&'a mut Tx);

impl Tx {
    /// The referrals.
    pub fn referrals(&mut self) -> Referrals<'_> {
        Referrals(self)
    }
}

impl Referrals<'_> {
    /// Approvals that wait and were not put before anybody by this way, oldest first.
    pub async fn unreferred(
        &mut self,
        way: &str,
        now: Timestamp,
    ) -> Result<Vec<ApprovalId>, Fault> {
        let sql = "SELECT id FROM approvals WHERE state = 'pending' AND expires_at > $1 \
                   AND NOT EXISTS (SELECT 1 FROM referrals \
                   WHERE approval = approvals.id AND way = $2) ORDER BY id LIMIT $3";
        let values = [now.into(), way.into(), BATCH.into()];
        self.0.fetch_each(sql, values, |row| row.parsed("id")).await
    }

    /// Adds one that is to be looked at from an instant on, or never; one that is there stays as it
    /// is.
    pub async fn insert(
        &mut self,
        referral: &Referral,
        next_at: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO referrals \
                   (approval, way, person, tries, interval_seconds, question, next_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (approval, way, person) DO NOTHING";
        let [approval, way, person] = key(referral);
        let values = [
            approval,
            way,
            person,
            referral.tries.into(),
            referral.interval_seconds.into(),
            referral.question.as_ref().map(|it| encode(it)).into(),
            next_at.into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }

    /// Those that are to be looked at now.
    pub async fn due(&mut self, now: Timestamp) -> Result<Vec<Referral>, Fault> {
        let sql = "SELECT * FROM referrals WHERE next_at <= $1 ORDER BY next_at LIMIT $2";
        self.0.fetch_each(sql, [now.into(), BATCH.into()], read).await
    }

    /// Takes the right to see to one, until an instant at which it is to be looked at once more;
    /// says whether nobody else had taken it.
    pub async fn claim(
        &mut self,
        referral: &Referral,
        now: Timestamp,
        again_at: Timestamp,
    ) -> Result<bool, Fault> {
        let [approval, way, person] = key(referral);
        let sql = "UPDATE referrals SET next_at = $5, tries = tries + 1 \
                   WHERE approval = $1 AND way = $2 AND person = $3 AND next_at <= $4";
        let values = [approval, way, person, now.into(), again_at.into()];
        Ok(self.0.execute(sql, values).await? > 0)
    }

    /// Keeps what the other side calls it, and when to look again; never, where nothing more is to
    /// be done.
    pub async fn keep(
        &mut self,
        referral: &Referral,
        next_at: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let [approval, way, person] = key(referral);
        let sql = "UPDATE referrals SET next_at = $4, interval_seconds = $5, question = $6 \
                   WHERE approval = $1 AND way = $2 AND person = $3";
        let question = referral.question.as_ref().filter(|_| next_at.is_some());
        let values = [
            approval,
            way,
            person,
            next_at.into(),
            referral.interval_seconds.into(),
            question.map(|it| encode(it)).into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }
}

fn key(referral: &Referral) -> [Value; 3] {
    let person = referral.person.map(|it| it.to_string()).unwrap_or_default();
    [referral.approval.into(), referral.way.as_str().into(), person.into()]
}

fn read(row: &Row) -> Result<Referral, Fault> {
    let person = if row.text("person")?.is_empty() { None } else { Some(row.parsed("person")?) };
    Ok(Referral {
        approval: row.parsed("approval")?,
        way: row.text("way")?.to_owned(),
        person,
        tries: u32::try_from(row.int("tries")?).map_err(Fault::corrupt)?,
        interval_seconds: u32::try_from(row.int("interval_seconds")?).map_err(Fault::corrupt)?,
        question: row.text_or_null("question")?.map(decode).transpose()?,
    })
}

/// Without what the other side calls it.
impl fmt::Debug for Referral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Referral({} {} {:?})", self.approval, self.way, self.person)
    }
}
