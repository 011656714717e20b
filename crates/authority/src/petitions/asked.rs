//! What a petition asks for: read when the client asks, and again whenever it is shown or decided,
//! as the client and its agent stand then.

use bailiwick_domain::agent::State;
use bailiwick_domain::client::GrantType;
use bailiwick_store::petitions::Channel;

use crate::authority::Authority;
use crate::authorize::extent::{self, Asked, Said};
use crate::authorize::parameters::Parameters;
use crate::authorize::reply::Deviation;
use crate::clients::requester::Requester;
use crate::fault::Fault;
use crate::refusal::Refusal;

/// How long a client waits before it comes back, in seconds (RFC 8628, section 3.5).
pub(crate) const INTERVAL_SECONDS: u32 = 5;

/// Why a petition is not kept.
#[derive(Debug)]
pub(crate) enum Unasked {
    /// The client is told in OAuth's words.
    Told(Deviation),
    /// Too often, or a fault of ours.
    Refused(Refusal),
}

/// Reads what this client asks for; it lies within what its agent may.
pub(crate) fn read(
    authority: &Authority,
    requester: &Requester,
    channel: Channel,
    parameters: &Parameters,
) -> Result<Asked, Deviation> {
    let (agent, registration) = (&requester.agent, &requester.registration);
    let grant = match channel {
        Channel::Device => GrantType::DeviceCode,
        Channel::Backchannel => GrantType::Backchannel,
    };
    if agent.state != State::Active || !registration.grants.contains(&grant) {
        return Err(Deviation::new("unauthorized_client", "the client may not ask in this way"));
    }
    let one = |name| parameters.one(name).map_err(Deviation::from);
    if one("request")?.is_some() {
        let why = "signed requests are not taken: send the parameters themselves";
        return Err(Deviation::new("invalid_request", why));
    }
    let said = Said {
        scope: one("scope")?,
        resources: parameters.all("resource").collect(),
        details: one("authorization_details")?,
    };
    let mut asked = extent::settle(&authority.apis, &agent.scopes, &said)?;
    asked.offline &= registration.grants.contains(&GrantType::RefreshToken);
    Ok(asked)
}

impl From<Deviation> for Unasked {
    fn from(deviation: Deviation) -> Self {
        Self::Told(deviation)
    }
}

impl From<Refusal> for Unasked {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Unasked {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.into())
    }
}
