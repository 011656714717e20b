//! Who receives signals, and proves it in the request: an agent with the scope `signals:receive`,
//! by its signature, or whoever holds the token of a stream that an operator made (RFC 6750).

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::signal::{Stream, StreamId};
use bailiwick_proof::opaque::{self, Opens};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::prove::{self, Received};
use crate::refusal::Refusal;

/// What an agent has to hold.
const SCOPE: &str = "signals:receive";

/// A receiver.
#[derive(Debug)]
pub(crate) enum Receiver {
    /// An agent, of the streams that it made.
    Agent(Box<Agent>),
    /// Whoever holds the token of this stream.
    Holder(Box<Stream>),
}

impl Receiver {
    /// Who sent this request.
    pub(crate) async fn prove(
        authority: &Authority,
        received: Received<'_>,
    ) -> Result<Self, Refusal> {
        if let Some(token) = bearer(&received.head.headers) {
            let digest = opaque::digest_of(Opens::Signals, token);
            let digest = digest.ok_or(Denial::CredentialUnknown)?;
            let mut tx = authority.store.read().await?;
            let found = tx.signal_streams().find_by_digest(&digest).await?;
            return Ok(Self::Holder(Box::new(found.ok_or(Denial::CredentialUnknown)?)));
        }
        Ok(Self::Agent(Box::new(prove_agent(authority, received).await?)))
    }

    /// The streams that it may see and change.
    pub(crate) async fn streams(self, authority: &Authority) -> Result<Vec<Stream>, Refusal> {
        match self {
            Self::Holder(stream) => Ok(vec![*stream]),
            Self::Agent(agent) => {
                Ok(authority.store.read().await?.signal_streams().list_of(agent.id).await?)
            }
        }
    }

    /// The one of them with this id. Another's is as if it were not there.
    pub(crate) async fn stream(self, authority: &Authority, id: &str) -> Result<Stream, Refusal> {
        let absent = Refusal::NotFound("stream");
        let Ok(id) = id.parse::<StreamId>() else { return Err(absent) };
        let streams = self.streams(authority).await?;
        streams.into_iter().find(|stream| stream.id == id).ok_or(absent)
    }
}

/// The agent that sent this request and may receive signals.
pub(crate) async fn prove_agent(
    authority: &Authority,
    received: Received<'_>,
) -> Result<Agent, Refusal> {
    let agent = prove::by_agent(authority, received).await?.agent;
    match agent.state {
        State::Active => {}
        State::Pending => return Err(Denial::AgentPending.into()),
        State::Suspended => return Err(Denial::AgentSuspended.into()),
        State::Retired => return Err(Denial::AgentRetired.into()),
    }
    let needed = SCOPE.parse::<ScopeSet>();
    let needed = needed.map_err(|_| Fault::Corrupt("the scope of receivers"))?;
    let missing = needed.missing_from(&agent.scopes);
    if !missing.is_empty() {
        return Err(Denial::ScopeMissing { missing }.into());
    }
    Ok(agent)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
