//! Petitions: what clients ask of people who are not at the client's own browser, by a code that a
//! device shows (RFC 8628) or by naming the person (CIBA Core 1.0). Kept by the digest of what the
//! client comes back with.

use std::fmt;
use std::str::FromStr;

use bailiwick_domain::id::{GrantId, PersonId};
use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// How long one is remembered after its time, so that its client is told so and its second use is
/// noticed, in seconds.
const KEPT_SECONDS: i64 = 3_600;
/// How many clients are told at a time.
const BATCH: i64 = 50;

/// How a petition comes before a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Whoever enters its code.
    Device,
    /// The person whom the client named.
    Backchannel,
}

/// A petition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Petition {
    /// SHA-256 of what the client comes back with.
    pub digest: [u8; 32],
    /// How it comes before a person.
    pub channel: Channel,
    /// Who asks: a client id.
    pub client: String,
    /// What for: the parameters of the request, as JSON.
    pub parameters: String,
    /// SHA-256 of the code that the device shows.
    pub user_code: Option<[u8; 32]>,
    /// Who is asked, where the client named somebody whom there is.
    pub person: Option<PersonId>,
    /// When the client asked.
    pub created_at: Timestamp,
    /// When it stops being good.
    pub expires_at: Timestamp,
    /// How long the client waits before it comes back, in seconds.
    pub interval_seconds: u32,
    /// When it last came back.
    pub polled_at: Option<Timestamp>,
    /// What the person decided.
    pub decided: Option<Decided>,
    /// When the client had what it was allowed.
    pub used_at: Option<Timestamp>,
    /// What the client is told of the decision with; sealed.
    pub notification: Option<Vec<u8>>,
    /// How often that was tried.
    pub pings: u32,
}

/// A person's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// When.
    pub at: Timestamp,
    /// What they allowed, if they did.
    pub allowed: Option<Allowed>,
}

/// What a person allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// What it gives access to.
    pub grant: GrantId,
    /// Whether an ID token comes with it.
    pub openid: bool,
    /// When the person had proved who they are.
    pub authenticated_at: Timestamp,
}

/// The petitions, within one transaction.
pub struct Petitions<'a>(&'a mut Tx);

impl Tx {
    /// The petitions.
    pub fn petitions(&mut self) -> Petitions<'_> {
        Petitions(self)
    }
}

impl Petitions<'_> {
    /// Adds one that nobody has decided yet.
    pub async fn insert(&mut self, petition: &Petition) -> Result<(), Fault> {
        let sql = "INSERT INTO petitions (digest, channel, client, parameters, user_code, person, \
                   created_at, expires_at, kept_until, interval_seconds, openid, notification, \
                   pings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, 0)";
        let values = [
            encode(&petition.digest).into(),
            petition.channel.as_str().into(),
            petition.client.as_str().into(),
            petition.parameters.as_str().into(),
            petition.user_code.as_ref().map(|it| encode(it)).into(),
            petition.person.into(),
            petition.created_at.into(),
            petition.expires_at.into(),
            petition.expires_at.plus_seconds(KEPT_SECONDS).into(),
            petition.interval_seconds.into(),
            petition.notification.as_ref().map(|it| encode(it)).into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }

    /// The petition with this digest, whatever has become of it.
    pub async fn find(&mut self, digest: &[u8; 32]) -> Result<Option<Petition>, Fault> {
        let sql = "SELECT * FROM petitions WHERE digest = $1";
        let row = self.0.fetch_first(sql, [encode(digest).into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The open petition whose code has this SHA-256.
    pub async fn find_by_code(
        &mut self,
        user_code: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Petition>, Fault> {
        let sql = "SELECT * FROM petitions \
                   WHERE user_code = $1 AND decided_at IS NULL AND expires_at > $2";
        let row = self.0.fetch_first(sql, [encode(user_code).into(), now.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The open petitions to a person, the newest first.
    pub async fn list_open(
        &mut self,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Vec<Petition>, Fault> {
        let sql = "SELECT * FROM petitions WHERE person = $1 AND decided_at IS NULL \
                   AND expires_at > $2 ORDER BY created_at DESC, digest";
        self.0.fetch(sql, [person.into(), now.into()]).await?.iter().map(read).collect()
    }

    /// Writes down that the client came back, and how long it is to wait from now on.
    pub async fn pace(
        &mut self,
        digest: &[u8; 32],
        now: Timestamp,
        interval_seconds: u32,
    ) -> Result<(), Fault> {
        let sql = "UPDATE petitions SET polled_at = $2, interval_seconds = $3 WHERE digest = $1";
        let values = [encode(digest).into(), now.into(), interval_seconds.into()];
        self.0.execute(sql, values).await.map(drop)
    }

    /// Writes a decision down, and that the client is to be told where it wants that; says whether
    /// there was none yet and there was time left.
    pub async fn decide(&mut self, digest: &[u8; 32], decided: &Decided) -> Result<bool, Fault> {
        let allowed = decided.allowed.as_ref();
        let sql = "UPDATE petitions SET decided_at = $2, grant_id = $3, openid = $4, \
                   authenticated_at = $5, \
                   ping_at = CASE WHEN notification IS NULL THEN ping_at ELSE $2 END \
                   WHERE digest = $1 AND decided_at IS NULL AND expires_at > $2";
        let values = [
            encode(digest).into(),
            decided.at.into(),
            allowed.map(|it| it.grant).into(),
            i64::from(allowed.is_some_and(|it| it.openid)).into(),
            allowed.map(|it| it.authenticated_at).into(),
        ];
        Ok(self.0.execute(sql, values).await? > 0)
    }

    /// Uses one up that was allowed; says whether it had not been used yet.
    pub async fn redeem(&mut self, digest: &[u8; 32], now: Timestamp) -> Result<bool, Fault> {
        let sql = "UPDATE petitions SET used_at = $2 WHERE digest = $1 AND used_at IS NULL";
        Ok(self.0.execute(sql, [encode(digest).into(), now.into()]).await? > 0)
    }

    /// When the petition that led to this grant was redeemed, if one did and was.
    pub async fn redeemed_at(&mut self, grant: GrantId) -> Result<Option<Timestamp>, Fault> {
        let sql = "SELECT MAX(used_at) AS last FROM petitions WHERE grant_id = $1";
        let row = self.0.fetch_first(sql, [grant.into()]).await?;
        row.map_or(Ok(None), |row| row.instant_or_null("last"))
    }

    /// Those whose clients are to be told now of what was decided.
    pub async fn due(&mut self, now: Timestamp) -> Result<Vec<Petition>, Fault> {
        let sql = "SELECT * FROM petitions WHERE ping_at <= $1 ORDER BY ping_at, digest LIMIT $2";
        self.0.fetch(sql, [now.into(), BATCH.into()]).await?.iter().map(read).collect()
    }

    /// Takes the right to tell the client, until an instant at which it is to be told once more;
    /// says whether nobody else had taken it.
    pub async fn claim_ping(
        &mut self,
        digest: &[u8; 32],
        now: Timestamp,
        again_at: Timestamp,
    ) -> Result<bool, Fault> {
        let sql = "UPDATE petitions SET ping_at = $3, pings = pings + 1 \
                   WHERE digest = $1 AND ping_at <= $2";
        let values = [encode(digest).into(), now.into(), again_at.into()];
        Ok(self.0.execute(sql, values).await? > 0)
    }

    /// The client was told, or is not told any more: what it would be told with is forgotten.
    pub async fn settle_ping(&mut self, digest: &[u8; 32]) -> Result<(), Fault> {
        let sql = "UPDATE petitions SET ping_at = NULL, notification = NULL WHERE digest = $1";
        self.0.execute(sql, [encode(digest).into()]).await.map(drop)
    }
}

fn read(row: &Row) -> Result<Petition, Fault> {
    let decided = match row.instant_or_null("decided_at")? {
        None => None,
        Some(at) => Some(Decided { at, allowed: allowed(row)? }),
    };
    Ok(Petition {
        digest: digest(row.text("digest")?)?,
        channel: row.parsed("channel")?,
        client: row.text("client")?.to_owned(),
        parameters: row.text("parameters")?.to_owned(),
        user_code: row.text_or_null("user_code")?.map(digest).transpose()?,
        person: row.parsed_or_null("person")?,
        created_at: row.instant("created_at")?,
        expires_at: row.instant("expires_at")?,
        interval_seconds: row.int("interval_seconds")?.try_into().map_err(Fault::corrupt)?,
        polled_at: row.instant_or_null("polled_at")?,
        decided,
        used_at: row.instant_or_null("used_at")?,
        notification: row.text_or_null("notification")?.map(decode).transpose()?,
        pings: row.int("pings")?.try_into().map_err(Fault::corrupt)?,
    })
}

fn allowed(row: &Row) -> Result<Option<Allowed>, Fault> {
    let Some(grant) = row.parsed_or_null("grant_id")? else { return Ok(None) };
    let authenticated_at = row.instant("authenticated_at")?;
    Ok(Some(Allowed { grant, openid: row.int("openid")? != 0, authenticated_at }))
}

fn digest(text: &str) -> Result<[u8; 32], Fault> {
    decode(text)?.try_into().map_err(|_| Fault::corrupt("a petition's digest"))
}

impl Channel {
    /// The channel as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Backchannel => "backchannel",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let known = [Self::Device, Self::Backchannel];
        let found = known.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| Fault::corrupt("the channel of a petition"))
    }
}
