//! A signal as its receiver gets it: a security event token (RFC 8417) with a subject identifier
//! (RFC 9493).

use bailiwick_domain::id::{AgentId, PersonId, SessionId};
use bailiwick_domain::signal::{Happening, Signal, Stream};
use bailiwick_proof::jws;
use bailiwick_store::Tx;
use serde_json::{Map, Value, json};

use crate::authority::Authority;
use crate::fault::Fault;

/// The type of the token (RFC 8417, section 2.3).
const TYPE: &str = "secevent+jwt";
/// The event that answers a request for a sign of life (SSF 1.0, section 8.1.4).
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

/// The token. It is signed as it is sent, by the key of that day; its `jti` stays the same however
/// often that happens.
pub(crate) async fn write(
    authority: &Authority,
    tx: &mut Tx,
    stream: &Stream,
    signal: &Signal,
) -> Result<String, Fault> {
    let (uri, event) = event(signal);
    let claims = json!({
        "iss": authority.settings.issuer,
        "jti": signal.id.to_string(),
        "iat": authority.now().as_seconds(),
        "aud": stream.audience,
        "txn": signal.transaction.to_string(),
        "sub_id": subject(authority, tx, signal).await?,
        "events": { uri: event },
    });
    Ok(jws::sign(&authority.signing().await?.key, TYPE, &claims)?)
}

/// The event's URI and what it says (CAEP 1.0, sections 2 and 3).
fn event(signal: &Signal) -> (&'static str, Map<String, Value>) {
    let mut members = Map::new();
    let mut say = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    if let Happening::Verification(state) = &signal.happening {
        if let Some(state) = state {
            say("state", json!(state));
        }
        return (VERIFICATION, members);
    }
    say("event_timestamp", json!(signal.at.as_seconds()));
    if let Some(cause) = &signal.cause {
        say("initiating_entity", json!(cause.initiator.as_str()));
        say("reason_admin", json!({ "en": cause.reason }));
    }
    if let Happening::Credential(_, key, kind, change) = &signal.happening {
        say("change_type", json!(change.as_str()));
        say("credential_type", json!(credential_type(kind)));
        say("friendly_name", json!(key.to_string()));
    }
    let uri = signal.happening.kind().map_or(VERIFICATION, bailiwick_domain::signal::Kind::uri);
    (uri, members)
}

/// The word of CAEP where it has one, and otherwise this product's own.
fn credential_type(kind: &str) -> &str {
    match kind {
        "certificate" | "spiffe" => "x509",
        own => own,
    }
}

async fn subject(authority: &Authority, tx: &mut Tx, signal: &Signal) -> Result<Value, Fault> {
    match &signal.happening {
        Happening::AgentStopped(id) | Happening::Credential(id, ..) => {
            agent(authority, tx, *id).await
        }
        Happening::SignedOut(id, session) => person(tx, *id, *session).await,
        Happening::Verification(_) => {
            Ok(json!({ "format": "opaque", "id": signal.stream.to_string() }))
        }
    }
}

async fn agent(authority: &Authority, tx: &mut Tx, id: AgentId) -> Result<Value, Fault> {
    let agent = tx.agents().find(id).await?.ok_or(Fault::Corrupt("a signal about no agent"))?;
    Ok(json!({ "format": "uri", "uri": agent.subject(&authority.settings.trust_domain) }))
}

/// The person as whoever vouches for them calls them; and the one sign-in, where only that ended
/// (SSF 1.0, section 3.2: complex subjects).
async fn person(tx: &mut Tx, id: PersonId, session: Option<SessionId>) -> Result<Value, Fault> {
    let person = tx.people().find(id).await?.ok_or(Fault::Corrupt("a signal about nobody"))?;
    let user = json!({ "format": "iss_sub", "iss": person.issuer, "sub": person.subject });
    Ok(match session {
        None => user,
        Some(session) => json!({
            "format": "complex",
            "user": user,
            "session": { "format": "opaque", "id": session.to_string() },
        }),
    })
}
