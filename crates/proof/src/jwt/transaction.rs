//! Transaction tokens (draft-ietf-oauth-transaction-tokens): what a gateway says to the API behind
//! it about one request, and good for that request only.

use aws_lc_rs::digest::{SHA256, digest};
use bailiwick_domain::agent::{Kind, Name};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::{AgentId, RecordId, TaskId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::access::Issuer;
use super::actors;
use super::claims::{Claims, unreadable};
use crate::base64url;
use crate::jws;
use crate::keys::{KeyError, SigningKey};

/// How long one is valid, in seconds: it is made as the request leaves.
pub const LIFETIME_SECONDS: i64 = 15;
/// How many seconds the gateway's clock may be ahead.
const SKEW_SECONDS: i64 = 5;
/// The type of the token.
const TYPE: &str = "txntoken+jwt";

/// What a transaction token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionToken {
    /// The authority at whose keys it is checked.
    pub iss: String,
    /// The trust domain that it is good in.
    pub aud: String,
    /// When it was made; whole seconds. It is valid for [`LIFETIME_SECONDS`].
    pub iat: Timestamp,
    /// The request: its id in the ledger.
    pub txn: RecordId,
    /// Whose authority is acted by: a person's, or an agent's.
    pub sub: String,
    /// What the operation takes, and no more.
    pub scope: ScopeSet,
    /// Who asked for the token to be made: the gateway.
    pub req_wl: String,
    /// The subjects of those who act, the present one first, where `sub` is somebody else.
    pub act: Vec<String>,
    /// The agent that sent the request.
    pub agent: Agent,
    /// The task that it belongs to.
    pub task: Option<TaskId>,
    /// What the task is for.
    pub purpose: Option<String>,
    /// What is done.
    pub done: Done,
    /// Where the request came from.
    pub req_ip: String,
    /// How the agent proved itself: `key`, `mac` or `bearer`.
    pub authn: String,
}

/// The agent of a transaction token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its identifier; the claim `client_id`.
    pub id: AgentId,
    /// Its name.
    pub name: Name,
    /// Its project.
    pub project: Name,
    /// Who answers for it.
    pub owner: String,
    /// Whether a person watches it.
    pub kind: Kind,
}

/// The operation of a transaction token: the claim `tctx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The API.
    pub api: String,
    /// The operation: method and path template.
    pub operation: String,
    /// The method.
    pub method: String,
    /// The SHA-256 of the target, path and query as the API receives them, in base64url.
    pub target_digest: String,
}

impl TransactionToken {
    /// The token as text, signed.
    pub fn sign(&self, key: &SigningKey) -> Result<String, KeyError> {
        jws::sign(key, TYPE, &self.claims())
    }

    /// The token, if one of the issuer's keys signed it for this trust domain and it is valid now.
    /// Whether it is of the request that it came with is for the caller to check: by `done`.
    pub fn verify(
        token: &str,
        issuer: &Issuer,
        trust_domain: &str,
        now: Timestamp,
    ) -> Result<Self, Denial> {
        let claims = jws::verify(token, &[Some(TYPE)], |header| {
            let kid = header.kid.as_deref()?;
            issuer.keys.iter().find(|key| key.thumbprint() == kid)
        })?;
        let claims = Claims(claims);
        let (read, exp) = (Self::read(&claims)?, claims.seconds("exp")?);
        if read.iss != issuer.issuer {
            return Err(Denial::TokenInvalid("the token names another issuer"));
        }
        if read.aud != trust_domain {
            return Err(Denial::TokenAudience);
        }
        if exp != read.iat.as_seconds() + LIFETIME_SECONDS {
            return Err(Denial::TokenInvalid("the token lives for too long"));
        }
        if read.iat > now.plus_seconds(SKEW_SECONDS) {
            return Err(Denial::TokenInvalid("the token is dated in the future"));
        }
        if now >= Timestamp::from_seconds(exp) {
            return Err(Denial::TokenExpired);
        }
        Ok(read)
    }

    fn claims(&self) -> Map<String, Value> {
        let (agent, done) = (&self.agent, &self.done);
        let iat = self.iat.as_seconds();
        let claims = json!({
            "iss": self.iss,
            "aud": self.aud,
            "iat": iat,
            "exp": iat + LIFETIME_SECONDS,
            "txn": self.txn.to_string(),
            "sub": self.sub,
            "scope": self.scope.to_string(),
            "req_wl": self.req_wl,
            "client_id": agent.id.to_string(),
            "agent": agent.name.as_str(),
            "project": agent.project.as_str(),
            "owner": agent.owner,
            "kind": agent.kind.as_str(),
            "tctx": {
                "api": done.api,
                "operation": done.operation,
                "method": done.method,
                "target_digest": done.target_digest,
            },
            "rctx": { "req_ip": self.req_ip, "authn": self.authn },
        });
        let Value::Object(mut claims) = claims else { return Map::new() };
        let more = [
            ("act", actors::to_claim(&self.act)),
            ("task", self.task.map(|task| task.to_string().into())),
            ("purpose", self.purpose.clone().map(Value::from)),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                claims.insert(name.to_owned(), value);
            }
        }
        claims
    }

    fn read(claims: &Claims) -> Result<Self, Denial> {
        let within = |name: &'static str| {
            let inner = claims.0.get(name).and_then(Value::as_object).cloned();
            inner.map(Claims).ok_or(unreadable(name))
        };
        let (tctx, rctx) = (within("tctx")?, within("rctx")?);
        Ok(Self {
            iss: claims.text("iss")?.to_owned(),
            aud: claims.text("aud")?.to_owned(),
            iat: Timestamp::from_seconds(claims.seconds("iat")?),
            txn: claims.parsed("txn")?,
            sub: claims.text("sub")?.to_owned(),
            scope: claims.parsed("scope")?,
            req_wl: claims.text("req_wl")?.to_owned(),
            act: claims.0.get("act").map(actors::read).transpose()?.unwrap_or_default(),
            agent: Agent {
                id: claims.parsed("client_id")?,
                name: claims.parsed("agent")?,
                project: claims.parsed("project")?,
                owner: claims.text("owner")?.to_owned(),
                kind: claims.parsed("kind")?,
            },
            task: claims.parsed_if_any("task")?,
            purpose: claims.parsed_if_any("purpose")?,
            done: Done {
                api: tctx.text("api")?.to_owned(),
                operation: tctx.text("operation")?.to_owned(),
                method: tctx.text("method")?.to_owned(),
                target_digest: tctx.text("target_digest")?.to_owned(),
            },
            req_ip: rctx.text("req_ip")?.to_owned(),
            authn: rctx.text("authn")?.to_owned(),
        })
    }
}

/// The `target_digest` of a target: path and query as they stand in the request line.
pub fn target_digest(target: &str) -> String {
    base64url::encode(digest(&SHA256, target.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use bailiwick_domain::credential::Algorithm;
    use bailiwick_domain::entropy::Entropy;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn key(byte: u8) -> SigningKey {
        let entropy = Entropy::new(move |buffer: &mut [u8]| buffer.fill(byte));
        SigningKey::generate(Algorithm::Ed25519, &entropy).unwrap()
    }

    fn token() -> TransactionToken {
        TransactionToken {
            iss: "https://authority.test".to_owned(),
            aud: "acme.test".to_owned(),
            iat: at(1_000),
            txn: RecordId::from_bits(1),
            sub: "psn_1".to_owned(),
            scope: "tickets:write".parse().unwrap(),
            req_wl: "https://gateway.test".to_owned(),
            act: vec!["spiffe://acme.test/default/b".to_owned(), "spiffe://a/a".to_owned()],
            agent: Agent {
                id: AgentId::from_bits(2),
                name: "b".parse().unwrap(),
                project: "default".parse().unwrap(),
                owner: "support".to_owned(),
                kind: Kind::Autonomous,
            },
            task: Some(TaskId::from_bits(3)),
            purpose: Some("answer Ada".to_owned()),
            done: Done {
                api: "acme".to_owned(),
                operation: "POST /tickets".to_owned(),
                method: "POST".to_owned(),
                target_digest: target_digest("/tickets?notify=1"),
            },
            req_ip: "127.0.0.1".to_owned(),
            authn: "key".to_owned(),
        }
    }

    fn check(bend: fn(&mut TransactionToken), now: i64, expected: Result<(), &str>) {
        let mut token = token();
        bend(&mut token);
        let issuer = Issuer {
            issuer: "https://authority.test".to_owned(),
            keys: vec![key(1).public().unwrap().clone()],
        };
        let text = token.sign(&key(1)).unwrap();
        let read = TransactionToken::verify(&text, &issuer, "acme.test", at(now));
        match expected {
            Ok(()) => assert_eq!(read.unwrap(), token),
            Err(code) => assert_eq!(read.unwrap_err().code(), code),
        }
    }

    #[test]
    fn it_reads_back_for_a_quarter_of_a_minute_and_for_its_own_domain_only() {
        check(|_| {}, 1_000, Ok(()));
        check(|it| (it.task, it.purpose, it.act) = (None, None, Vec::new()), 1_014, Ok(()));
        check(|_| {}, 1_015, Err("token_expired"));
        check(|_| {}, 994, Err("token_invalid"));
        check(|it| it.aud = "other.test".to_owned(), 1_000, Err("token_audience"));
        check(|it| it.iss = "https://other.test".to_owned(), 1_000, Err("token_invalid"));
    }

    #[test]
    fn what_another_signed_or_changed_is_refused() {
        let issuer = |byte| Issuer {
            issuer: "https://authority.test".to_owned(),
            keys: vec![key(byte).public().unwrap().clone()],
        };
        let text = token().sign(&key(1)).unwrap();
        let verify = |text: &str, byte| {
            TransactionToken::verify(text, &issuer(byte), "acme.test", at(1_000))
                .map_err(|denial| denial.code())
        };
        assert_eq!(verify(&text, 2), Err("token_invalid"));
        let parts: Vec<&str> = text.split('.').collect();
        let other = TransactionToken { sub: "psn_2".to_owned(), ..token() };
        let other = other.sign(&key(1)).unwrap();
        let mixed = format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2]);
        assert_eq!(verify(&mixed, 1), Err("token_invalid"));
        let claims = token().claims();
        let untyped = jws::sign(&key(1), "at+jwt", &claims).unwrap();
        assert_eq!(verify(&untyped, 1), Err("token_invalid"), "an access token is none");
    }
}
