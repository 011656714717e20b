//! Which agents are OAuth clients: written by operators.

use bailiwick_domain::agent::State;
use bailiwick_domain::client::{ClientRegistration, GrantType, Method, Source};
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::clients::metadata::{Defaults, Metadata, Unfit};
use crate::govern::agents::{self, Address};
use crate::govern::effect;
use crate::refusal::Refusal;

/// What a client that authenticates may ask by where nothing is said. To ask elsewhere than at the
/// client's own browser has to be said: there, whoever decides may have been sent by somebody else
/// (RFC 8628, section 5.4).
const USUAL: [GrantType; 5] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
];

/// Registers an agent as a client, in place of a former registration. One that the client wrote
/// itself becomes the operator's: its registration access token opens nothing any more.
pub(crate) async fn put(
    authority: &Authority,
    address: &Address,
    members: &Map<String, Value>,
) -> Result<ClientRegistration, Refusal> {
    let metadata = Metadata::read(members)?;
    let mut tx = authority.store.begin().await?;
    let agent = agents::find(&mut tx, address).await?;
    if agent.state == State::Retired {
        return Err(Refusal::StateImpossible("a retired agent is no client".to_owned()));
    }
    let before = tx.clients().find(agent.id).await?;
    if let Some(ClientRegistration { source: Source::Document(url), .. }) = &before {
        let why = format!("the client says at {url} what it is; that is not written here");
        return Err(Refusal::StateImpossible(why));
    }
    let defaults = Defaults {
        name: agent.name.as_str(),
        method: Method::PrivateKeyJwt,
        grants: if metadata.method == Some(Method::None) {
            &[GrantType::AuthorizationCode, GrantType::RefreshToken]
        } else {
            &USUAL
        },
    };
    let named = (agent.id, Source::Operator);
    let mut registration = metadata.register(named, defaults, authority.now())?;
    if let Some(before) = before {
        registration.created_at = before.created_at;
    }
    tx.clients().put(&registration).await?;
    effect::save(tx).await?;
    Ok(registration)
}

/// The registration of an agent.
pub(crate) async fn show(
    authority: &Authority,
    address: &Address,
) -> Result<ClientRegistration, Refusal> {
    let mut tx = authority.store.read().await?;
    let agent = agents::find(&mut tx, address).await?;
    tx.clients().find(agent.id).await?.ok_or(Refusal::NotFound("client"))
}

/// Removes the registration of an agent, as it was: the agent asks in its own name only, and what
/// people granted it is renewed no more.
pub(crate) async fn remove(
    authority: &Authority,
    address: &Address,
) -> Result<ClientRegistration, Refusal> {
    let mut tx = authority.store.begin().await?;
    let agent = agents::find(&mut tx, address).await?;
    let client = tx.clients().find(agent.id).await?.ok_or(Refusal::NotFound("client"))?;
    tx.clients().remove(agent.id).await?;
    effect::save(tx).await?;
    Ok(client)
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::RedirectUri(why) | Unfit::Metadata(why) => Self::Malformed(why),
        }
    }
}
