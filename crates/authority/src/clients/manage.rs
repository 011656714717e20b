//! A client that registered itself reads, changes and ends its registration (RFC 7592).

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::client::{ClientRegistration, GrantType, Method};
use bailiwick_domain::credential::KeyState;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::clients::metadata::{Defaults, Unfit};
use crate::clients::register::{self, Unregistered};
use crate::fault::Fault;
use crate::govern::effect;
use crate::refusal::Refusal;

/// The client whose registration access token this is, if it goes by that id. Any other token, and
/// any other client's, is refused alike.
pub(crate) async fn find(
    tx: &mut Tx,
    client_id: &str,
    token: &str,
) -> Result<(Agent, ClientRegistration), Unregistered> {
    let digest = opaque::digest_of(Opens::Client, token).ok_or(Unregistered::Token)?;
    let registration = tx.clients().find_by_digest(&digest).await?;
    let registration = registration.filter(|it| it.agent.to_string() == client_id);
    let registration = registration.ok_or(Unregistered::Token)?;
    let agent = tx.agents().find(registration.agent).await?;
    let agent = agent.ok_or(Fault::Corrupt("a client without its agent"))?;
    if agent.state == State::Retired { Err(Unregistered::Token) } else { Ok((agent, registration)) }
}

/// Replaces what the client says of itself, its keys too (RFC 7592, section 2.2). It never gets
/// more scopes than it had.
pub(crate) async fn replace(
    authority: &Authority,
    (client_id, token): (&str, &str),
    members: &Map<String, Value>,
) -> Result<(Agent, ClientRegistration), Unregistered> {
    let mut tx = authority.store.begin().await?;
    let (mut agent, before) = find(&mut tx, client_id, token).await?;
    if members.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err(Unfit::Metadata("client_id is not this client's".to_owned()).into());
    }
    let brought = register::read(members, &agent.scopes)?;
    let now = authority.now();
    let mut held = Vec::new();
    for key in tx.keys().list(Some(agent.id)).await? {
        if key.state == KeyState::Revoked {
            continue;
        }
        if brought.keys.iter().any(|it| it.thumbprint() == key.thumbprint) {
            held.push(key.thumbprint);
        } else {
            tx.keys().revoke(key.id, now).await?;
        }
    }
    let fresh: Vec<_> = brought
        .keys
        .into_iter()
        .filter(|it| !held.iter().any(|one| one == it.thumbprint()))
        .collect();
    let method =
        if held.is_empty() && fresh.is_empty() { Method::None } else { Method::PrivateKeyJwt };
    register::add_keys(authority, &mut tx, &agent, &fresh).await?;
    let defaults =
        Defaults { name: agent.name.as_str(), method, grants: &[GrantType::AuthorizationCode] };
    let named = (agent.id, before.source);
    let mut registration = brought.metadata.register(named, defaults, now)?;
    registration.created_at = before.created_at;
    tx.clients().put(&registration).await?;
    (agent.scopes, agent.updated_at) = (brought.scopes, now);
    tx.agents().update(&agent).await?;
    effect::save(tx).await?;
    Ok((agent, registration))
}

/// Ends the registration, and with it the agent for good: nothing that was granted to it holds
/// (RFC 7592, section 2.3).
pub(crate) async fn end(
    authority: &Authority,
    (client_id, token): (&str, &str),
) -> Result<(), Unregistered> {
    let mut tx = authority.store.begin().await?;
    let (agent, _) = find(&mut tx, client_id, token).await?;
    tx.clients().remove(agent.id).await?;
    let retired = agent.become_state(State::Retired, authority.now());
    tx.agents().update(&retired.map_err(Refusal::from)?).await?;
    effect::save(tx).await?;
    Ok(())
}
