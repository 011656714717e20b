//! A permit for every request, for the benchmark that measures forwarding alone.
//!
//! Compiled only with the feature `constant-permit`, which nothing but the benchmark asks for, and
//! reached only through [`crate::listen::gateway::Gateway::start_constant`]: no configuration leads
//! here.

use std::sync::Arc;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::KeyState;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;

use crate::asked::Asked;
use crate::check::approval::Approved;
use crate::check::delegation::Actor;
use crate::check::operation;
use crate::check::record::Receipt;
use crate::core::Gate;
use crate::permit::Permit;
use crate::world::{KnownAgent, KnownKey, Proves};

/// Who acts in every constant permit.
pub(crate) type Everyone = (Arc<KnownAgent>, Arc<KnownKey>);

/// The permit: checked for nothing, recorded nowhere, its body neither read nor hashed.
pub(crate) async fn admit(
    asked: &Asked,
    gate: &Gate<'_>,
    (agent, key): &Everyone,
) -> Result<Permit, Denial> {
    let wanted = operation::name(asked, gate).await?;
    asked.payload.pass();
    let receipt = Receipt::constant(asked, gate);
    let actor = Actor::constant(Arc::clone(agent), Arc::clone(key));
    Ok(Permit::new(actor, wanted, Approved::constant(), receipt))
}

/// An agent with a key that proves nothing to any check.
pub(crate) fn everyone(
    agent: Agent,
    trust_domain: &str,
) -> Result<Everyone, http::header::InvalidHeaderValue> {
    let key = KnownKey {
        id: KeyId::from_bits(0),
        agent: agent.id,
        state: KeyState::Active,
        expires_at: None,
        scopes: None,
        networks: Vec::new(),
        proves: Proves::ApiKey,
    };
    Ok((Arc::new(KnownAgent::new(agent, trust_domain)?), Arc::new(key)))
}
