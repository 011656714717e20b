//! Who asks where clients may be public too: an agent with a registration, proven or not.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::client::{ClientRegistration, GrantType, Method};
use bailiwick_domain::credential::Key;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_proof::jwt::Confirmation;

use crate::authority::Authority;
use crate::clients::find;
use crate::issue::client;
use crate::issue::form::Form;
use crate::issue::refused::Refused;
use crate::prove::Received;

/// What a client is told that is registered for other grants only.
const NOT_FOR_THIS: Refused = Refused::NotRegistered("the client is not registered for this grant");

/// A client with its registration.
#[derive(Debug)]
pub(crate) struct Party {
    /// The agent.
    pub(crate) agent: Agent,
    /// Its registration.
    pub(crate) registration: ClientRegistration,
    /// The credential by which it proved itself; none of a public client.
    pub(crate) key: Option<Key>,
    /// What it proved to hold, if that can be shown again with each request.
    pub(crate) holds: Option<Confirmation>,
}

impl Party {
    /// In whose name what may be used once is spent.
    pub(crate) fn spends_as(&self) -> KeyId {
        self.key.as_ref().map_or(KeyId::from_bits(self.agent.id.bits()), |key| key.id)
    }
}

/// Authenticates a client in the way that it registered: by a proof, or by nothing but its id where
/// it is public (RFC 6749, section 3.2.1).
pub(crate) async fn authenticate(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Party, Refused> {
    if let Some(party) = public(authority, received, form).await? {
        return Ok(party);
    }
    // A client that is known by its document is named by that here; its proof names the agent.
    let client = client::authenticate(authority, received, form).await?;
    let registration = authority.store.read().await?.clients().find(client.agent.id).await?;
    let not_registered = Refused::NotRegistered("the agent is not registered as a client");
    let registration = registration.ok_or(not_registered)?;
    if !used(received, form).contains(&registration.method) {
        return Err(Refused::InvalidClient(Denial::CredentialConflict(
            "the client is registered to authenticate in another way",
        )));
    }
    let (agent, holds) = (client.agent, client.holds);
    Ok(Party { agent, registration, key: Some(client.key), holds })
}

/// The same, for a client that has to be registered for this grant.
pub(crate) async fn for_grant(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
    grant: GrantType,
) -> Result<Party, Refused> {
    let party = authenticate(authority, received, form).await?;
    if party.registration.grants.contains(&grant) { Ok(party) } else { Err(NOT_FOR_THIS) }
}

/// Refuses an agent that is registered as a client, and not for this.
pub(crate) async fn check_registered(
    authority: &Authority,
    agent: &Agent,
    grant: GrantType,
) -> Result<(), Refused> {
    let registration = authority.store.read().await?.clients().find(agent.id).await?;
    match registration {
        Some(registration) if !registration.grants.contains(&grant) => Err(NOT_FOR_THIS),
        _ => Ok(()),
    }
}

/// The public client of this `client_id`, when the request proves nothing else. One that is not
/// public and one that is not known are refused alike, by whoever looks for a proof next.
async fn public(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Option<Party>, Refused> {
    let headers = &received.head.headers;
    let proven = ["signature", "signature-input", "authorization"];
    if form.client_assertion.is_some() || proven.iter().any(|it| headers.contains_key(*it)) {
        return Ok(None);
    }
    let Some(client_id) = &form.client_id else { return Ok(None) };
    let found = find::find(authority, &mut authority.store.read().await?, client_id).await?;
    let Some((agent, registration)) = found.filter(|(_, it)| it.is_public()) else {
        return Ok(None);
    };
    match agent.state {
        State::Active => Ok(Some(Party { agent, registration, key: None, holds: None })),
        State::Pending => Err(Refused::UnauthorizedClient(Denial::AgentPending)),
        State::Suspended => Err(Refused::UnauthorizedClient(Denial::AgentSuspended)),
        State::Retired => Err(Refused::UnauthorizedClient(Denial::AgentRetired)),
    }
}

/// The ways that a request which was proven can have been.
fn used(received: Received<'_>, form: &Form) -> &'static [Method] {
    match form.client_assertion_type.as_deref() {
        Some(text) if text.ends_with(":jwt-spiffe") => &[Method::SpiffeJwt],
        Some(_) => &[Method::PrivateKeyJwt],
        None if received.head.headers.contains_key("signature-input") => {
            &[Method::MessageSignature]
        }
        None => &[Method::Tls, Method::SelfSignedTls],
    }
}
