//! `/api/v1/credentials`: the keys of agents, added, listed, shown and revoked.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::credential::{Algorithm, Key};
use bailiwick_domain::id::KeyId;
use bailiwick_proof::jwt::Rule;
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use crate::admin::agent_object::{self, InProject};
use crate::admin::page;
use crate::authority::Authority;
use crate::govern::credentials::{Reach, Whose};
use crate::govern::{agents, credentials, identities};
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// A key of an agent. Of a shared secret, nothing of the secret is here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyObject {
    /// Its identifier; a signature's `keyid`.
    #[schema(example = "key_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    key_id: String,
    /// The id of the agent it belongs to.
    agent: String,
    /// RFC 7638 thumbprint; of a shared secret, a digest.
    thumbprint: String,
    /// `public_key`, `hmac`, `wallet`, `certificate`, `spiffe`, `directory`, `api_key` or `claims`.
    kind: &'static str,
    /// `ed25519`, `ecdsa-p256-sha256` or `hmac-sha256`, where the kind has one.
    alg: Option<&'static str>,
    /// The most it may be used for, separated by spaces; absent for all that its agent may.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<String>,
    /// Networks that it may be used from; anywhere that its agent may call from when empty.
    networks: Vec<String>,
    /// When it stops being usable, if it does.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// The agent's own key with which the agent registered it, where it did so itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_by: Option<String>,
    /// `active` or `revoked`.
    state: &'static str,
    /// When it was registered.
    #[schema(format = DateTime)]
    created_at: String,
    /// When a request proved by it was last recorded.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

/// A key that was just added.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyAdded {
    #[serde(flatten)]
    key: KeyObject,
    /// The shared secret, base64url, or the API key. It is shown here and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A key to add: exactly one of the members that say what it is, and `kind` for a secret that is
/// made here.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyAddition {
    /// A public key (RFC 7517): Ed25519 or P-256.
    #[schema(value_type = Option<Object>)]
    jwk: Option<Map<String, Value>>,
    /// `hmac`: a shared secret; `api_key`: a string that is enough by itself. Either is made here
    /// and shown once in the answer.
    kind: Option<String>,
    /// An Ethereum address, or an account on one chain: `eip155:1:0x…` (CAIP-10).
    wallet: Option<String>,
    /// An X.509 certificate in PEM.
    certificate: Option<String>,
    /// A SPIFFE ID: whoever shows an SVID of it.
    spiffe_id: Option<String>,
    /// The server that publishes the agent's keys (Web Bot Auth): an `https` URL.
    directory: Option<String>,
    /// A rule: whoever shows a token of this issuer that claims all this.
    claims: Option<RuleObject>,
    /// Of an API key: the most it may be used for, separated by spaces.
    scopes: Option<String>,
    /// Of an API key: how long it lives, in seconds; at most, and when left out, ninety days.
    ttl_seconds: Option<u32>,
    /// Networks or addresses that it may be used from; anywhere that its agent may call from when
    /// left out.
    #[serde(default)]
    networks: Vec<String>,
}

/// A rule over the claims of a trusted issuer's tokens.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleObject {
    /// The issuer, which has to be trusted.
    issuer: String,
    /// What has to be claimed: JSON Pointers (RFC 6901) and texts, compared exactly.
    #[schema(example = json!({"/kubernetes.io/namespace": "support"}))]
    equal: BTreeMap<String, String>,
}

/// Which keys to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeyQuery {
    /// Only those of this agent: its id or name.
    agent: Option<String>,
    /// The project of the agent, when it is addressed by name.
    project: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
}

/// Keys, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyList {
    /// One page of them.
    credentials: Vec<KeyObject>,
    /// Where the next page starts, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<Key> for KeyObject {
    fn from(key: Key) -> Self {
        Self {
            key_id: key.id.to_string(),
            agent: key.agent.to_string(),
            thumbprint: key.thumbprint,
            scopes: key.scopes.map(|scopes| scopes.to_string()),
            networks: key.networks.iter().map(ToString::to_string).collect(),
            expires_at: key.expires_at.map(|at| at.to_string()),
            registered_by: key.registered_by.map(|id| id.to_string()),
            kind: key.material.kind(),
            alg: key.algorithm.map(Algorithm::as_str),
            state: key.state.as_str(),
            created_at: key.created_at.to_string(),
            last_used_at: key.last_used_at.map(|at| at.to_string()),
        }
    }
}

/// Add a key to an agent.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent}/credentials",
    tag = "credentials",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    request_body = KeyAddition,
    responses(
        (status = 201, description = "Added", body = KeyAdded),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
        (status = 409, description = "Registered already, or the agent is retired", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn add_key(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(place): Asked<InProject>,
    Given(body): Given<KeyAddition>,
) -> Result<Response, Refusal> {
    let networks = text::networks(&body.networks)?;
    let whose = Whose { agent: place.address(&agent)?, networks };
    let (key, secret) = add(&authority, &whose, body).await?;
    let location = format!("/api/v1/credentials/{}", key.id);
    let added = KeyAdded { key: key.into(), secret: secret.map(|secret| secret.to_string()) };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(added)).into_response())
}

type Added = (Key, Option<Zeroizing<String>>);

async fn add(authority: &Authority, whose: &Whose, body: KeyAddition) -> Result<Added, Refusal> {
    let is_api_key = body.kind.as_deref() == Some("api_key");
    if !is_api_key && (body.scopes.is_some() || body.ttl_seconds.is_some()) {
        return Err(malformed("only an API key takes `scopes` and `ttl_seconds`"));
    }
    if let Some(kind) = &body.kind {
        let (key, secret) = match kind.as_str() {
            "hmac" if body.is_only_a_kind() => credentials::add_secret(authority, whose).await?,
            "api_key" if body.is_only_a_kind() => add_api_key(authority, whose, &body).await?,
            _ => return Err(malformed("`kind` is `hmac` or `api_key`, and stands alone")),
        };
        return Ok((key, Some(secret)));
    }
    if let Some(jwk) = &body.jwk {
        if body.named().next().is_some() {
            return Err(malformed(ONE));
        }
        let public = credentials::read_jwk(&Value::Object(jwk.clone()).to_string())?;
        return Ok((credentials::add_public(authority, whose, &public).await?, None));
    }
    let mut named = body.named();
    match (named.next(), named.next()) {
        (Some(only), None) => Ok((identities::add(authority, whose, only?).await?, None)),
        _ => Err(malformed(ONE)),
    }
}

async fn add_api_key(
    authority: &Authority,
    whose: &Whose,
    body: &KeyAddition,
) -> Result<(Key, Zeroizing<String>), Refusal> {
    let scopes = body.scopes.as_deref().map(|scopes| text::read("scopes", scopes)).transpose()?;
    let ttl_seconds = body.ttl_seconds.unwrap_or(identities::LONGEST_API_KEY_SECONDS);
    identities::add_api_key(authority, whose, (scopes, ttl_seconds)).await
}

const ONE: &str = "say what the key is: one of `jwk`, `kind`, `wallet`, `certificate`, \
                   `spiffe_id`, `directory` and `claims`";

fn malformed(text: &str) -> Refusal {
    Refusal::Malformed(text.to_owned())
}

impl KeyAddition {
    fn is_only_a_kind(&self) -> bool {
        self.jwk.is_none() && self.named().next().is_none()
    }

    fn named(&self) -> impl Iterator<Item = Result<identities::Named<'_>, Refusal>> {
        let rule = |rule: &RuleObject| {
            let claims = rule.equal.iter().map(|(at, value)| (&**at, &**value));
            let rule = Rule::new(&rule.issuer, claims);
            rule.map(identities::Named::Claims).map_err(|error| malformed(&error.to_string()))
        };
        [
            self.wallet.as_deref().map(|it| Ok(identities::Named::Wallet(it))),
            self.certificate.as_deref().map(|it| Ok(identities::Named::Certificate(it))),
            self.spiffe_id.as_deref().map(|it| Ok(identities::Named::Spiffe(it))),
            self.directory.as_deref().map(|it| Ok(identities::Named::Directory(it))),
            self.claims.as_ref().map(rule),
        ]
        .into_iter()
        .flatten()
    }
}

/// List keys.
#[utoipa::path(
    get,
    path = "/api/v1/credentials",
    tag = "credentials",
    params(KeyQuery),
    responses(
        (status = 200, description = "One page", body = KeyList),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_keys(
    State(authority): State<Authority>,
    Asked(query): Asked<KeyQuery>,
) -> Result<Json<KeyList>, Refusal> {
    let size = page::size(query.limit)?;
    let after: Option<KeyId> = query.after.map(|after| text::read("after", &after)).transpose()?;
    let mut tx = authority.store.read().await?;
    let agent = match &query.agent {
        None => None,
        Some(agent) => {
            let address = agent_object::address(agent, query.project.as_deref())?;
            Some(agents::find(&mut tx, &address).await?.id)
        }
    };
    let found = tx.keys().list(agent).await?;
    let (found, next) = page::cut(found, |key: &Key| key.id, after, size);
    let credentials = found.into_iter().map(KeyObject::from).collect();
    Ok(Json(KeyList { credentials, next: next.map(|id| id.to_string()) }))
}

/// Show a key.
#[utoipa::path(
    get,
    path = "/api/v1/credentials/{key_id}",
    tag = "credentials",
    params(("key_id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The key", body = KeyObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such key", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_key(
    State(authority): State<Authority>,
    Named(key_id): Named,
) -> Result<Json<KeyObject>, Refusal> {
    let id = key_id.parse().map_err(|_| Refusal::NotFound("key"))?;
    let found = authority.store.read().await?.keys().find(id).await?;
    Ok(Json(found.ok_or(Refusal::NotFound("key"))?.into()))
}

/// What is to change of a key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyChange {
    /// Networks or addresses that it may be used from; anywhere that its agent may call from when
    /// empty.
    networks: Vec<String>,
}

/// Change from where a key may be used; it holds for the next request.
#[utoipa::path(
    patch,
    path = "/api/v1/credentials/{key_id}",
    tag = "credentials",
    params(("key_id" = String, Path, description = "Its id")),
    request_body = KeyChange,
    responses(
        (status = 200, description = "The key", body = KeyObject),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such key", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn change_key(
    State(authority): State<Authority>,
    Named(key_id): Named,
    Given(body): Given<KeyChange>,
) -> Result<Json<KeyObject>, Refusal> {
    let networks = text::networks(&body.networks)?;
    let id = key_id.parse().map_err(|_| Refusal::NotFound("key"))?;
    Ok(Json(credentials::set_networks(&authority, id, &networks).await?.into()))
}

/// How far revoking goes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeyRevocation {
    /// Not what was registered with it: for a key that is out of use, and was never in other hands.
    #[serde(default)]
    alone: bool,
}

/// Revoke a key for ever, and what the agent registered with it. It holds for the next request, and
/// for tokens got with them before.
#[utoipa::path(
    delete,
    path = "/api/v1/credentials/{key_id}",
    tag = "credentials",
    params(("key_id" = String, Path, description = "Its id"), KeyRevocation),
    responses(
        (status = 200, description = "The key as it is now", body = KeyObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such key", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn revoke_key(
    State(authority): State<Authority>,
    Named(key_id): Named,
    Asked(KeyRevocation { alone }): Asked<KeyRevocation>,
) -> Result<Json<KeyObject>, Refusal> {
    let id = key_id.parse().map_err(|_| Refusal::NotFound("key"))?;
    let reach = if alone { Reach::Alone } else { Reach::Line };
    Ok(Json(credentials::revoke(&authority, id, reach).await?.into()))
}
