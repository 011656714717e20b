//! Access tokens: `at+jwt` (RFC 9068), verified without asking the issuer.

use bailiwick_domain::agent::{Kind, Name};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::details::Details;
use bailiwick_domain::id::{AgentId, GrantId, KeyId, TaskId, TokenId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::claims::{Claims, unreadable};
use super::confirmation::Confirmation;
use super::{actors, details};
use crate::jws;
use crate::keys::{KeyError, PublicKey, SigningKey};

/// The most seconds from `iat` to `exp`.
pub const MAX_LIFETIME_SECONDS: i64 = 86_400;
/// How many seconds the issuer's clock may be ahead.
const SKEW_SECONDS: i64 = 5;
/// The type of the token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Who issued it.
    pub iss: String,
    /// Whose authority it carries: the agent's subject, the person's, or that of the agent which
    /// delegates.
    pub sub: String,
    /// The APIs it is for.
    pub aud: Vec<String>,
    /// The agent it was issued to.
    pub client_id: AgentId,
    /// When it was issued; whole seconds.
    pub iat: Timestamp,
    /// When it stops being valid; whole seconds.
    pub exp: Timestamp,
    /// Its identifier.
    pub jti: TokenId,
    /// What it allows.
    pub scope: ScopeSet,
    /// What its holder has to prove; a bearer token without.
    pub cnf: Option<Confirmation>,
    /// The agent's name.
    pub agent: Name,
    /// The agent's project.
    pub project: Name,
    /// Who answers for the agent.
    pub owner: String,
    /// Whether a person watches the agent.
    pub kind: Kind,
    /// Requests a minute, where the agent has a limit.
    pub rate_limit: Option<u64>,
    /// The key that authenticated the issuance, where it ends with that.
    pub key_id: Option<KeyId>,
    /// What it was issued out of, where that is not the agent's own authority.
    pub grant: Option<GrantId>,
    /// The task that it is for.
    pub task: Option<TaskId>,
    /// What the task is for.
    pub purpose: Option<String>,
    /// The subjects of those who act, the present one first, where `sub` is somebody else
    /// (RFC 8693, section 4.1).
    pub act: Vec<String>,
    /// The one who may act with it in an exchange, if not anyone (RFC 8693, section 4.4).
    pub may_act: Option<String>,
    /// What exactly it is for, if narrower than its scopes (RFC 9396, section 9.1).
    pub authorization_details: Details,
    /// Where its issuer says whether it still stands, if it does.
    pub status: Option<StatusReference>,
}

/// A place in a status list (draft-ietf-oauth-status-list, section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReference {
    /// The list's URI.
    pub uri: String,
    /// The place, from 0.
    pub place: u32,
}

/// An issuer and the keys it signs with.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Its identifier, compared exactly.
    pub issuer: String,
    /// Its keys.
    pub keys: Vec<PublicKey>,
}

impl AccessToken {
    /// The token, if the issuer signed it and it is valid now (RFC 9068, section 4). Whom it is for
    /// and whether its holder proves the key is for the caller to check.
    pub fn verify(token: &str, issuer: &Issuer, now: Timestamp) -> Result<Self, Denial> {
        let claims = jws::verify(token, &[Some(TYPE)], |header| {
            let kid = header.kid.as_deref()?;
            issuer.keys.iter().find(|key| key.thumbprint() == kid)
        })?;
        let read = Self::read(&Claims(claims))?;
        if read.key_id.is_none() && read.grant.is_none() {
            return Err(Denial::TokenInvalid("the token descends from nothing"));
        }
        if read.iss != issuer.issuer {
            return Err(Denial::TokenInvalid("the token names another issuer"));
        }
        let lifetime = read.exp.as_seconds().saturating_sub(read.iat.as_seconds());
        if !(1..=MAX_LIFETIME_SECONDS).contains(&lifetime) {
            return Err(Denial::TokenInvalid("exp is not within a day after iat"));
        }
        if read.iat > now.plus_seconds(SKEW_SECONDS) {
            return Err(Denial::TokenInvalid("the token is dated in the future"));
        }
        if now >= read.exp {
            return Err(Denial::TokenExpired);
        }
        Ok(read)
    }

    /// The token as text, signed.
    pub fn sign(&self, key: &SigningKey) -> Result<String, KeyError> {
        jws::sign(key, TYPE, &self.to_claims())
    }

    /// What the token says, as JSON: also what introspection tells of it (RFC 7662, section 2.2).
    pub fn to_claims(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut say = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        say("iss", self.iss.as_str().into());
        say("sub", self.sub.as_str().into());
        say(
            "aud",
            match self.aud.as_slice() {
                [one] => one.as_str().into(),
                several => several.into(),
            },
        );
        say("client_id", self.client_id.to_string().into());
        say("iat", self.iat.as_seconds().into());
        say("exp", self.exp.as_seconds().into());
        say("jti", self.jti.to_string().into());
        say("scope", self.scope.to_string().into());
        say("agent", self.agent.as_str().into());
        say("project", self.project.as_str().into());
        say("owner", self.owner.as_str().into());
        say("kind", self.kind.as_str().into());
        if let Some(confirmation) = &self.cnf {
            say("cnf", confirmation.to_claim());
        }
        if let Some(limit) = self.rate_limit {
            say("rate_limit", limit.into());
        }
        let ids = [
            ("key_id", self.key_id.map(|id| id.to_string())),
            ("grant", self.grant.map(|id| id.to_string())),
            ("task", self.task.map(|id| id.to_string())),
            ("purpose", self.purpose.clone()),
        ];
        for (name, text) in ids {
            if let Some(text) = text {
                say(name, text.into());
            }
        }
        if let Some(act) = actors::to_claim(&self.act) {
            say("act", act);
        }
        if let Some(actor) = &self.may_act {
            say("may_act", json!({ "sub": actor }));
        }
        if !self.authorization_details.is_empty() {
            say("authorization_details", details::to_claim(&self.authorization_details));
        }
        if let Some(StatusReference { uri, place }) = &self.status {
            say("status", json!({ "status_list": { "idx": place, "uri": uri } }));
        }
        claims
    }

    fn read(claims: &Claims) -> Result<Self, Denial> {
        Ok(Self {
            iss: claims.text("iss")?.to_owned(),
            sub: claims.text("sub")?.to_owned(),
            aud: claims.audience()?,
            client_id: claims.parsed("client_id")?,
            iat: Timestamp::from_seconds(claims.seconds("iat")?),
            exp: Timestamp::from_seconds(claims.seconds("exp")?),
            jti: claims.parsed("jti")?,
            scope: claims.parsed("scope")?,
            cnf: claims.0.get("cnf").map(Confirmation::read).transpose()?,
            agent: claims.parsed("agent")?,
            project: claims.parsed("project")?,
            owner: claims.text("owner")?.to_owned(),
            kind: claims.parsed("kind")?,
            rate_limit: match claims.0.get("rate_limit") {
                None => None,
                Some(limit) => Some(limit.as_u64().ok_or(unreadable("rate_limit"))?),
            },
            key_id: claims.parsed_if_any("key_id")?,
            grant: claims.parsed_if_any("grant")?,
            task: claims.parsed_if_any("task")?,
            purpose: claims.parsed_if_any("purpose")?,
            act: claims.0.get("act").map(actors::read).transpose()?.unwrap_or_default(),
            may_act: claims.0.get("may_act").map(actors::read_one).transpose()?,
            authorization_details: match claims.0.get("authorization_details") {
                None => Details::default(),
                Some(claim) => {
                    details::read(claim).map_err(|_| unreadable("authorization_details"))?
                }
            },
            status: claims.0.get("status").map(read_status).transpose()?,
        })
    }
}

fn read_status(claim: &Value) -> Result<StatusReference, Denial> {
    let listed = claim.get("status_list").ok_or(unreadable("status"))?;
    let uri = listed.get("uri").and_then(Value::as_str);
    let place = listed.get("idx").and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
    let (Some(uri), Some(place)) = (uri, place) else { return Err(unreadable("status")) };
    Ok(StatusReference { uri: uri.to_owned(), place })
}
