//! `Txn-Token`: what the gateway tells an API of one request, signed
//! (draft-ietf-oauth-transaction-tokens). Unlike the `X-Agent-` fields beside it, it can be handed
//! on to the services behind the API, and checked there.

use bailiwick_domain::denial::Denial;
use bailiwick_proof::jwt::{Done, TransactionAgent, TransactionToken, target_digest};
use http::{HeaderValue, Method, Uri};

use crate::asked::Arrival;
use crate::core::Core;
use crate::permit::Permit;

/// The token of a request that leaves with this method for this target.
pub fn make(
    permit: &Permit,
    arrival: &Arrival,
    (method, uri): (&Method, &Uri),
    core: &Core,
) -> Result<HeaderValue, Denial> {
    let key = core.signing.as_ref().ok_or(Denial::Unavailable)?.load_full();
    let token = describe(permit, arrival, (method, uri), core);
    let text = token.sign(&key).ok();
    let value = text.and_then(|text| HeaderValue::from_str(&text).ok());
    value.ok_or_else(|| {
        tracing::error!("a Txn-Token cannot be signed; refusing");
        Denial::Unavailable
    })
}

fn describe(
    permit: &Permit,
    arrival: &Arrival,
    (method, uri): (&Method, &Uri),
    core: &Core,
) -> TransactionToken {
    let (actor, operation, settings) =
        (permit.actor(), permit.wanted().operation(), &core.settings);
    let (agent, mandate) = (actor.agent(), actor.mandate());
    let on_behalf_of = mandate.and_then(|mandate| mandate.on_behalf_of());
    TransactionToken {
        iss: settings.issuer.clone(),
        aud: settings.trust_domain.clone(),
        iat: arrival.at.max(core.clock.now()),
        txn: arrival.id,
        sub: on_behalf_of.map_or_else(|| agent.subject(&settings.trust_domain), str::to_owned),
        scope: operation.scopes.clone(),
        req_wl: settings.audience.clone(),
        act: mandate.map(|mandate| mandate.actors.to_vec()).unwrap_or_default(),
        agent: TransactionAgent {
            id: agent.id,
            name: agent.name.clone(),
            project: agent.project.clone(),
            owner: agent.owner.clone(),
            kind: agent.kind,
        },
        task: mandate.and_then(|mandate| mandate.task),
        purpose: mandate.and_then(|mandate| mandate.purpose).map(str::to_owned),
        done: Done {
            api: operation.api.to_string(),
            operation: operation.to_string(),
            method: method.to_string(),
            target_digest: target_digest(uri.path_and_query().map_or("/", |it| it.as_str())),
        },
        req_ip: arrival.address.to_canonical().to_string(),
        authn: actor.strength().as_str().to_owned(),
    }
}
