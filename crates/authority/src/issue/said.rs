//! What another issuer says of a person, verified.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_proof::jws;
use bailiwick_proof::jwt::{Expectation, WorkloadToken};
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::issue::client::Client;
use crate::issue::refused::Refused;

/// The longest that such a token may live, in seconds.
const LONGEST_SECONDS: u32 = 86_400;
/// The longest `jti`, in bytes.
const JTI_BYTES: usize = 256;
/// The type of an ID-JAG.
const ID_JAG: &str = "oauth-id-jag+jwt";

/// What kind of token it is, and so by which rules it is for this client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// An ID token (`OpenID` Connect Core, section 2).
    IdToken,
    /// An access token (RFC 9068), or a JWT that does not say.
    Jwt,
    /// An assertion (RFC 7523, section 3).
    Assertion,
    /// An identity assertion authorization grant.
    IdJag,
}

impl Sort {
    const fn types(self) -> &'static [Option<&'static str>] {
        match self {
            Self::IdToken | Self::Assertion => &[Some("jwt"), None],
            Self::Jwt => &[Some("at+jwt"), Some("jwt"), None],
            Self::IdJag => &[Some(ID_JAG)],
        }
    }
}

/// A verified token, and of which kind it is.
#[derive(Debug)]
pub(crate) struct Said {
    /// The token.
    pub(crate) token: WorkloadToken,
    /// What makes it known again, if it says: its `jti`.
    pub(crate) jti: Option<String>,
    /// Whether it may be used once only.
    pub(crate) is_once: bool,
}

/// Whether a text calls itself an ID-JAG.
pub(crate) fn is_id_jag(text: &str) -> bool {
    let typ = jws::decode(text).ok().and_then(|it| it.header.get("typ").cloned());
    typ.as_ref().and_then(Value::as_str).is_some_and(|typ| {
        typ.eq_ignore_ascii_case(ID_JAG)
            || typ.to_ascii_lowercase().strip_prefix("application/") == Some(ID_JAG)
    })
}

/// The token, if a trusted issuer whose tokens stand for people signed it, for this authority and,
/// where it says for which client, for this one.
pub(crate) async fn verify(
    authority: &Authority,
    client: &Client,
    text: &str,
    sort: Sort,
) -> Result<Said, Refused> {
    let issuer = WorkloadToken::claimed_issuer(text).map_err(refuse)?;
    let trusted = authority.store.read().await?.issuers().find_url(&issuer).await?;
    let speaks = |it: &TrustedIssuer| it.ended_at.is_none() && it.person_scopes.is_some();
    let untrusted = "its issuer is not one whose tokens stand for people here";
    let trusted = trusted.filter(speaks).ok_or(Refused::InvalidGrant(untrusted))?;
    let audience = match sort {
        Sort::IdJag => &authority.settings.issuer,
        Sort::IdToken | Sort::Jwt | Sort::Assertion => &trusted.audience,
    };
    let expected = Expectation {
        issuer: &trusted.url,
        audience,
        now: authority.now(),
        skew_seconds: authority.settings.window.skew_seconds,
        max_lifetime_seconds: LONGEST_SECONDS,
    };
    let trust = &authority.outside.trust;
    let token = trust.issued_token(sort.types(), text, &expected).await.map_err(refuse)?;
    check_client(token.claims(), client.agent.id, audience, sort)?;
    check_may_act(authority, token.claims(), client)?;
    let jti = jti(token.claims())?;
    if sort == Sort::IdJag && jti.is_none() {
        return Err(Refused::InvalidGrant("an ID-JAG has a jti"));
    }
    Ok(Said { token, jti, is_once: sort == Sort::IdJag })
}

/// What is wrong with a token that came as a grant.
pub(crate) fn refuse(denial: Denial) -> Refused {
    match denial {
        Denial::Unavailable => Refused::Unavailable,
        Denial::TokenInvalid(detail) => Refused::InvalidGrant(detail),
        other => Refused::InvalidGrant(other.title()),
    }
}

/// Whom it was issued to has to be its audience, or whoever presents it, as far as it says: a token
/// for another client is that one's to use.
fn check_client(
    claims: &Map<String, Value>,
    client: AgentId,
    audience: &str,
    sort: Sort,
) -> Result<(), Refused> {
    let another = Err(Refused::InvalidGrant("it was issued to another client"));
    let text = |name: &str| claims.get(name).map(|it| it.as_str().unwrap_or_default());
    let is_client = |it: &str| it == client.to_string();
    match sort {
        Sort::IdJag => {
            // Exactly one audience, this issuer, however it is written.
            let several =
                claims.get("aud").and_then(Value::as_array).is_some_and(|it| it.len() > 1);
            if several || !text("client_id").is_some_and(is_client) {
                return another;
            }
        }
        Sort::IdToken => {
            if text("azp").is_some_and(|azp| azp != audience) {
                return another;
            }
        }
        Sort::Jwt | Sort::Assertion => {
            let named = [text("client_id"), text("azp")].into_iter().flatten();
            let mut agents = named.filter(|it| it.parse::<AgentId>().is_ok());
            if agents.any(|it| !is_client(it)) {
                return another;
            }
        }
    }
    Ok(())
}

/// RFC 8693, section 4.4.
fn check_may_act(
    authority: &Authority,
    claims: &Map<String, Value>,
    client: &Client,
) -> Result<(), Refused> {
    let Some(may_act) = claims.get("may_act") else { return Ok(()) };
    let named = may_act.get("sub").and_then(Value::as_str).unwrap_or_default();
    let subject = client.agent.subject(&authority.settings.trust_domain);
    if named == subject || named == client.agent.id.to_string() {
        Ok(())
    } else {
        Err(Refused::InvalidGrant("its may_act names another"))
    }
}

fn jti(claims: &Map<String, Value>) -> Result<Option<String>, Refused> {
    match claims.get("jti") {
        None => Ok(None),
        Some(Value::String(jti)) if !jti.is_empty() && jti.len() <= JTI_BYTES => {
            Ok(Some(jti.clone()))
        }
        Some(_) => Err(Refused::InvalidGrant("its jti cannot be read")),
    }
}
