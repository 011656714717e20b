//! Who asks for a token: an agent, proven by its own key.

use bailiwick_domain::agent::State;
use bailiwick_domain::credential::Material;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::jwt::{ClientAssertion, Confirmation};
use bailiwick_proof::keys::PublicKey;
use http::header::AUTHORIZATION;
use serde_json::Value;

use crate::authority::Authority;
pub(crate) use crate::issue::authenticated::Client;
use crate::issue::form::Form;
use crate::issue::refused::Refused;
use crate::issue::{certificate, workload};
use crate::prove::{self, Once, Proven, Received, Unproven};

/// `client_assertion_type` of a JWT (RFC 7523, section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// `client_assertion_type` of a JWT-SVID (draft-ietf-oauth-spiffe-client-auth).
const JWT_SPIFFE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe";
/// The most that `exp` may lie ahead (see [`ClientAssertion::verify`]).
const LONGEST_SECONDS: i64 = 300;

/// Proves the client in the one way that it presents: a signature over the token request
/// (RFC 9421, ERC-8128), an assertion signed with its key (RFC 7523, section 3, as narrowed by its
/// revision), what its platform says of it (a token of a trusted issuer, a JWT-SVID), or the
/// certificate of the connection (RFC 8705, section 2). Refused when the agent may not act now.
pub(crate) async fn authenticate(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Client, Refused> {
    let headers = &received.head.headers;
    let signed = headers.contains_key("signature") || headers.contains_key("signature-input");
    let client = match (signed, &form.client_assertion) {
        (true, Some(_)) => {
            let both = "a signature and a client_assertion";
            return Err(Refused::InvalidClient(Denial::CredentialConflict(both)));
        }
        (true, None) => by_key(prove::by_agent(authority, received).await?),
        (false, Some(_)) if headers.contains_key(AUTHORIZATION) => {
            let both = "a client_assertion and an Authorization field";
            return Err(Refused::InvalidClient(Denial::CredentialConflict(both)));
        }
        (false, Some(assertion)) => by_assertion(authority, form, assertion).await?,
        (false, None) => certificate::authenticate(authority, received).await?,
    };
    let agent = &client.agent;
    if form.client_id.as_ref().is_some_and(|id| *id != agent.id.to_string()) {
        return Err(Refused::InvalidClient(Denial::AgentMismatch));
    }
    match agent.state {
        State::Active => Ok(client),
        State::Pending => Err(Refused::UnauthorizedClient(Denial::AgentPending)),
        State::Suspended => Err(Refused::UnauthorizedClient(Denial::AgentSuspended)),
        State::Retired => Err(Refused::UnauthorizedClient(Denial::AgentRetired)),
    }
}

/// A token can be bound to the key by which the client proved itself, where that has a thumbprint
/// of the kind that tokens name (RFC 7638).
pub(crate) fn by_key(proven: Proven) -> Client {
    let thumbprint = proven.key.thumbprint.clone();
    let nameable =
        matches!(proven.key.material, Material::PublicJwk(_) | Material::SealedSecret(_));
    let Proven { agent, key } = proven;
    Client { agent, key, holds: nameable.then_some(Confirmation::Key(thumbprint)) }
}

/// What a platform says proves no key that could be shown again.
fn unbound(proven: Proven) -> Client {
    Client { agent: proven.agent, key: proven.key, holds: None }
}

async fn by_assertion(
    authority: &Authority,
    form: &Form,
    assertion: &str,
) -> Result<Client, Refused> {
    match form.client_assertion_type.as_deref() {
        Some(JWT_SPIFFE) => {
            let proven = workload::by_svid(authority, assertion).await;
            Ok(unbound(proven.map_err(Refused::assertion)?))
        }
        Some(JWT_BEARER) => match workload::claimed_issuer(assertion) {
            // An agent's own assertion is issued by the agent itself.
            Some(issuer) if issuer.parse::<AgentId>().is_err() => {
                let proven = workload::by_token(authority, assertion, &issuer).await;
                Ok(unbound(proven.map_err(Refused::assertion)?))
            }
            _ => {
                let proven = verify_assertion(authority, assertion).await;
                Ok(by_key(proven.map_err(Refused::assertion)?))
            }
        },
        _ => Err(Refused::InvalidRequest("client_assertion_type is not one that is known here")),
    }
}

/// The key is found by `kid`: its id, or its RFC 7638 thumbprint. Only then is the signature
/// verified, and the client that the assertion names is held against the key's own agent.
async fn verify_assertion(authority: &Authority, assertion: &str) -> Result<Proven, Unproven> {
    let now = authority.now();
    let header = jws::header(assertion)?;
    let kid = header.kid.ok_or(Denial::TokenInvalid("the assertion names no kid"))?;
    let proven = prove::find(authority, &kid).await?;
    let Material::PublicJwk(jwk) = &proven.key.material else {
        return Err(Denial::TokenInvalid("an assertion is not signed with a shared secret").into());
    };
    let public = PublicKey::from_jwk(jwk)?;
    let said = ClientAssertion::verify(assertion, &public, &authority.settings.issuer, now)?;
    if said.client_id != proven.agent.id {
        return Err(Denial::AgentMismatch.into());
    }
    // Apart from the nonces of the same key.
    let text = format!("jti:{}", said.jti);
    let once = Once {
        key: proven.key.id,
        text: &text,
        created_at: issued_at(assertion)?.unwrap_or(said.exp.plus_seconds(-LONGEST_SECONDS)),
        expires_at: said.exp,
    };
    prove::spend(authority, once).await?;
    Ok(proven)
}

/// When the assertion says that it was made. One that does not say counts as made as early as it
/// can have been, so that a restart that forgot its `jti` refuses it.
fn issued_at(assertion: &str) -> Result<Option<Timestamp>, Denial> {
    let seconds = jws::decode(assertion)?.payload.get("iat").and_then(Value::as_i64);
    Ok(seconds.map(Timestamp::from_seconds))
}
