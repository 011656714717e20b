//! What the tests of delegation ask with.

use axum::body::Body;
use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::jws;
use http::Request;
use serde_json::{Value, json};

use crate::world::{Answer, Enrolled, World};

pub(crate) const TICKETS: &str = "http://127.0.0.1:8700/tickets";
pub(crate) const REFUNDS: &str = "http://127.0.0.1:8700/refunds";
pub(crate) const EXCHANGE: &str = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange";
pub(crate) const TYPES: &str = "urn:ietf:params:oauth:token-type:";

/// A form signed by the agent.
pub(crate) fn signed(world: &World, agent: &Enrolled, path: &str, form: &str) -> Request<Body> {
    let draft = world.draft("POST", path, &agent.key_id);
    draft.with_body("application/x-www-form-urlencoded", form).sign(&agent.key)
}

/// What the token endpoint says to it.
pub(crate) async fn ask(world: &World, agent: &Enrolled, form: &str) -> Answer {
    world.send(signed(world, agent, "/oauth/token", form)).await
}

/// The token that an answer carries.
pub(crate) fn token_of(answer: Answer) -> String {
    answer.ok(200)["access_token"].as_str().unwrap().to_owned()
}

/// A token for the agent's own authority.
pub(crate) async fn own(world: &World, agent: &Enrolled, more: &str) -> String {
    token_of(ask(world, agent, &format!("grant_type=client_credentials&{more}")).await)
}

/// An exchange of an access token.
pub(crate) async fn exchange(world: &World, agent: &Enrolled, subject: &str, more: &str) -> Answer {
    let kind = format!("{TYPES}access_token");
    let form = format!("{EXCHANGE}&subject_token={subject}&subject_token_type={kind}&{more}");
    ask(world, agent, &form).await
}

/// What a token says.
pub(crate) fn claims(token: &str) -> Value {
    jws::decode(token).unwrap().payload
}

/// What introspection tells this agent of the token.
pub(crate) async fn introspect(world: &World, agent: &Enrolled, token: &str) -> Value {
    let form = format!("token={token}");
    world.send(signed(world, agent, "/oauth/introspect", &form)).await.ok(200)
}

/// Whether it tells this agent that the token is live.
pub(crate) async fn is_active(world: &World, agent: &Enrolled, token: &str) -> bool {
    let told = introspect(world, agent, token).await;
    let active = told["active"].as_bool().unwrap();
    assert!(active || told == json!({ "active": false }), "{told}");
    active
}

/// An agent with these scopes in a project.
pub(crate) async fn enroll(world: &World, name: &str, project: &str, scopes: &[&str]) -> Enrolled {
    let body = json!({
        "name": name, "owner": "support", "project": project, "scopes": scopes,
    });
    let agent = world.operate("POST", "/api/v1/agents", body).await.ok(201);
    let id = agent["id"].as_str().unwrap().to_owned();
    let key = world.key(Algorithm::Ed25519);
    let key_id = world.add_key(&id, &key).await;
    Enrolled { id, key_id, key }
}

/// An agent that may ask about any token.
pub(crate) async fn watcher(world: &World) -> Enrolled {
    enroll(world, "resource-server", "default", &["tokens:introspect"]).await
}

/// A JSON request signed by the agent.
pub(crate) async fn call(
    world: &World,
    agent: &Enrolled,
    (method, path): (&'static str, &str),
    body: &Value,
) -> Answer {
    let draft = world.draft(method, path, &agent.key_id);
    let draft = match body {
        Value::Null => draft,
        body => draft.with_body("application/json", &body.to_string()),
    };
    world.send(draft.sign(&agent.key)).await
}

pub(crate) fn subject(name: &str) -> String {
    format!("spiffe://acme.example/default/{name}")
}
