//! `/oauth/token`.

use std::collections::BTreeSet;

use axum::body::Body;
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::jwt::{AccessToken, ClientAssertion, Confirmation, Issuer};
use bailiwick_proof::keys::{PublicKey, SigningKey};
use http::Request;
use serde_json::{Value, json};

use crate::world::{Answer, Draft, Enrolled, ISSUER, World};

const TOKEN: &str = "/oauth/token";
const FORM: &str = "application/x-www-form-urlencoded";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const TICKETS: &str = "http://127.0.0.1:8700/tickets";
const REFUNDS: &str = "http://127.0.0.1:8700/refunds";

fn draft(world: &World, agent: &Enrolled, form: &str) -> Draft {
    let form = format!("grant_type=client_credentials&{form}");
    world.draft("POST", TOKEN, &agent.key_id).with_body(FORM, &form)
}

/// A token request signed with the agent's key.
pub(crate) async fn ask(world: &World, agent: &Enrolled, form: &str) -> Answer {
    world.send(draft(world, agent, form).sign(&agent.key)).await
}

/// What a token says, once it has verified with the published keys.
pub(crate) fn read(world: &World, answer: Answer) -> AccessToken {
    let body = answer.ok(200);
    let mut jwk = world.jwks["keys"][0].clone();
    for name in ["kid", "use", "alg"] {
        jwk.as_object_mut().unwrap().remove(name);
    }
    let keys = vec![PublicKey::from_jwk(&jwk.to_string()).unwrap()];
    let issuer = Issuer { issuer: ISSUER.to_owned(), keys };
    let token = body["access_token"].as_str().unwrap();
    AccessToken::verify(token, &issuer, Timestamp::from_seconds(world.now())).unwrap()
}

#[tokio::test]
async fn a_token_says_who_may_do_what_and_where() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let answer = ask(&world, &agent, "").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.json();
    let names: BTreeSet<&str> = body.as_object().unwrap().keys().map(|it| &**it).collect();
    assert_eq!(names, BTreeSet::from(["access_token", "expires_in", "scope", "token_type"]));
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(body["scope"], "refunds:write tickets:read");
    let token = read(&world, answer);
    assert_eq!(token.sub, "spiffe://acme.example/default/a");
    assert_eq!(token.aud, [TICKETS, REFUNDS]);
    assert_eq!(token.client_id.to_string(), agent.id);
    assert_eq!(token.exp.as_seconds() - token.iat.as_seconds(), 900);
    assert_eq!(token.scope.to_string(), "refunds:write tickets:read");
    assert_eq!(token.cnf.as_ref().and_then(Confirmation::jkt), Some(agent.key.thumbprint()));
    assert_eq!((token.agent.as_str(), token.project.as_str()), ("a", "default"));
    assert_eq!((token.owner.as_str(), token.kind.as_str()), ("support", "autonomous"));
    assert_eq!(token.rate_limit, Some(2));
    assert_eq!(token.key_id.unwrap().to_string(), agent.key_id);
    let again = read(&world, ask(&world, &agent, "").await);
    assert_ne!(again.jti, token.jti);
}

#[tokio::test]
async fn a_token_is_narrowed_as_it_was_asked_and_never_widened() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let check = async |form: &str, scope: &str, audience: &[&str], ttl: i64| {
        let token = read(&world, ask(&world, &agent, form).await);
        assert_eq!(
            (token.scope.to_string().as_str(), token.aud),
            (scope, audience.iter().map(|it| (*it).to_owned()).collect())
        );
        assert_eq!(token.exp.as_seconds() - token.iat.as_seconds(), ttl);
    };
    check("scope=tickets:read", "tickets:read", &[TICKETS], 900).await;
    check(
        "scope=tickets%3Aread+refunds%3Awrite&ttl_seconds=60",
        "refunds:write tickets:read",
        &[TICKETS, REFUNDS],
        60,
    )
    .await;
    check("audience=tickets", "refunds:write tickets:read", &[TICKETS], 900).await;
    let resource = "http%3A%2F%2F127.0.0.1%3A8700%2Frefunds";
    check(
        &format!("resource={resource}&ttl_seconds=86400"),
        "refunds:write tickets:read",
        &[REFUNDS],
        86_400,
    )
    .await;
    for (form, error) in [
        ("scope=tickets:write", "invalid_scope"),
        ("scope=tickets:read+admin", "invalid_scope"),
        ("scope=*", "invalid_scope"),
        ("scope=TICKETS", "invalid_scope"),
        ("resource=http://evil.test/", "invalid_target"),
        ("resource=http://127.0.0.1:8700/tickets/", "invalid_target"),
        ("audience=other", "invalid_target"),
        ("audience=tickets&audience=other", "invalid_target"),
        ("ttl_seconds=0", "invalid_request"),
        ("ttl_seconds=86401", "invalid_request"),
        ("scope=a:b&scope=a:b", "invalid_request"),
        ("token_binding=maybe", "invalid_request"),
        ("client_secret=hunter2", "invalid_request"),
        ("grant_type=client_credentials", "invalid_request"),
    ] {
        ask(&world, &agent, form).await.refused(400, error);
    }
}

#[tokio::test]
async fn only_the_grant_that_is_offered_is_granted() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    for (form, error) in [
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=authorization_code", "unauthorized_client"),
        ("grant_type=implicit", "unsupported_grant_type"),
        ("grant_type=Client_Credentials", "unsupported_grant_type"),
        ("grant_type=", "invalid_request"),
        ("scope=tickets:read", "invalid_request"),
        ("{}", "invalid_request"),
    ] {
        let draft = world.draft("POST", TOKEN, &agent.key_id).with_body(FORM, form);
        world.send(draft.sign(&agent.key)).await.refused(400, error);
    }
    let form = "grant_type=client_credentials";
    let json = world.draft("POST", TOKEN, &agent.key_id).with_body("application/json", form);
    world.send(json.sign(&agent.key)).await.refused(400, "invalid_request");
    let long = draft(&world, &agent, &"x".repeat(65_536));
    world.send(long.sign(&agent.key)).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn an_unbound_token_is_only_for_apis_that_take_bearers() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let unbound = ask(&world, &agent, "token_binding=none&audience=refunds").await;
    assert_eq!(read(&world, unbound).cnf, None);
    for form in ["token_binding=none&audience=tickets", "token_binding=none"] {
        ask(&world, &agent, form).await.refused(400, "invalid_request");
    }
    let lax = World::with(|settings| settings.token_bound = false).await;
    let agent = lax.enroll("a").await;
    for (form, bound) in [
        ("audience=refunds", false),
        ("audience=refunds&token_binding=key", true),
        ("audience=tickets", true),
        ("", true),
    ] {
        let token = read(&lax, ask(&lax, &agent, form).await);
        assert_eq!(token.cnf.is_some(), bound, "{form}");
    }
}

#[tokio::test]
async fn whoever_may_not_act_gets_no_token_from_the_next_request_on() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let check = async |method: &str, path: &str, status: u16, code: &str| {
        world.operate(method, path, Value::Null).await.ok(200);
        ask(&world, &agent, "").await.refused(status, code);
    };
    check("POST", "/api/v1/agents/a/suspend", 400, "agent_suspended").await;
    world.operate("POST", "/api/v1/agents/a/resume", Value::Null).await.ok(200);
    let change = json!({ "scopes": ["tickets:read"] });
    world.operate("PATCH", "/api/v1/agents/a", change).await.ok(200);
    assert_eq!(read(&world, ask(&world, &agent, "").await).scope.to_string(), "tickets:read");
    ask(&world, &agent, "scope=refunds:write").await.refused(400, "invalid_scope");
    let key = format!("/api/v1/credentials/{}", agent.key_id);
    check("DELETE", &key, 401, "credential_revoked").await;
    check("POST", "/api/v1/agents/a/retire", 401, "credential_revoked").await;
}

#[tokio::test]
async fn a_retired_agent_is_told_so() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    world.operate("POST", "/api/v1/agents/a/retire", Value::Null).await.ok(200);
    let answer = ask(&world, &agent, "").await;
    assert_eq!(answer.json()["error"], "unauthorized_client");
    answer.refused(400, "agent_retired");
}

#[tokio::test]
async fn a_signature_over_the_token_request_proves_the_client_once() {
    let world = World::new().await;
    let (agent, other) = (world.enroll("a").await, world.enroll("b").await);
    let draft = draft(&world, &agent, "");
    let check = async |draft: Draft, key: &SigningKey, code: &str| {
        let answer = world.send(draft.sign(key)).await;
        assert_eq!(answer.json()["error"], "invalid_client");
        answer.refused(401, code);
    };
    check(draft.clone(), &other.key, "signature_invalid").await;
    let uncovered = vec!["@method", "@authority", "@path"];
    check(Draft { components: uncovered, ..draft.clone() }, &agent.key, "signature_coverage").await;
    check(Draft { host: "localhost:8701", ..draft.clone() }, &agent.key, "signature_invalid").await;
    let mut tampered = draft.sign(&agent.key);
    *tampered.body_mut() = "grant_type=client_credentials&ttl_seconds=86400".into();
    world.send(tampered).await.refused(401, "digest_mismatch");
    world.send(draft.sign(&agent.key)).await.ok(200);
    check(draft, &agent.key, "nonce_replayed").await;
    let named = ask(&world, &agent, &format!("client_id={}", agent.id)).await;
    named.ok(200);
    let lying = ask(&world, &agent, &format!("client_id={}", other.id)).await;
    lying.refused(401, "agent_mismatch");
}

fn assertion(world: &World, agent: &Enrolled) -> ClientAssertion {
    let drawn: [u8; 8] = world.entropy.bytes();
    ClientAssertion {
        client_id: agent.id.parse().unwrap(),
        jti: u64::from_be_bytes(drawn).to_string(),
        exp: Timestamp::from_seconds(world.now() + 60),
    }
}

fn form_with(assertion: &str, more: &str) -> Request<Body> {
    let form = format!(
        "grant_type=client_credentials&client_assertion_type={JWT_BEARER}\
         &client_assertion={assertion}{more}"
    );
    Request::post(TOKEN).header("content-type", FORM).body(form.into()).unwrap()
}

#[tokio::test]
async fn an_assertion_proves_the_client_once() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let p256 = world.key(Algorithm::EcdsaP256Sha256);
    world.add_key(&agent.id, &p256).await;
    let now = Timestamp::from_seconds(world.now());
    for key in [&agent.key, &p256] {
        let signed = assertion(&world, &agent).sign(key, ISSUER, now).unwrap();
        let token = read(&world, world.send(form_with(&signed, "&audience=tickets")).await);
        assert_eq!(token.cnf.as_ref().and_then(Confirmation::jkt), Some(key.thumbprint()));
        assert_eq!(token.client_id.to_string(), agent.id);
        world.send(form_with(&signed, "")).await.refused(401, "nonce_replayed");
    }
}

#[tokio::test]
async fn an_assertion_for_others_by_others_or_out_of_time_proves_nothing() {
    let world = World::new().await;
    let (agent, other) = (world.enroll("a").await, world.enroll("b").await);
    let now = world.now();
    let check = async |said: ClientAssertion, key: &SigningKey, aud: &str, code: &str| {
        let signed = said.sign(key, aud, Timestamp::from_seconds(now)).unwrap();
        let answer = world.send(form_with(&signed, "")).await;
        assert_eq!(answer.json()["error"], "invalid_client");
        answer.refused(401, code);
    };
    let said = || assertion(&world, &agent);
    let late = Timestamp::from_seconds(now + 306);
    let past = Timestamp::from_seconds(now - 1);
    let nobody = AgentId::from_bits(7);
    check(said(), &agent.key, "http://127.0.0.1:8701/oauth/token", "token_invalid").await;
    check(said(), &agent.key, "https://other.test", "token_invalid").await;
    check(said(), &other.key, ISSUER, "agent_mismatch").await;
    check(said(), &world.key(Algorithm::Ed25519), ISSUER, "credential_unknown").await;
    check(ClientAssertion { exp: late, ..said() }, &agent.key, ISSUER, "token_invalid").await;
    check(ClientAssertion { exp: past, ..said() }, &agent.key, ISSUER, "token_expired").await;
    check(ClientAssertion { jti: String::new(), ..said() }, &agent.key, ISSUER, "token_invalid")
        .await;
    check(ClientAssertion { client_id: nobody, ..said() }, &agent.key, ISSUER, "agent_mismatch")
        .await;
    let signed = said().sign(&agent.key, ISSUER, Timestamp::from_seconds(now)).unwrap();
    for garbled in ["x", "a.b.c", &signed[1..], &signed[..signed.len() - 1], &format!("{signed}A")]
    {
        world.send(form_with(garbled, "")).await.refused(401, "token_invalid");
    }
    let claims =
        json!({ "iss": agent.id, "sub": agent.id, "aud": ISSUER, "jti": "1", "exp": now + 60 });
    for typ in ["at+jwt", "client-authentication"] {
        let signed = jws::sign(&agent.key, typ, &claims).unwrap();
        world.send(form_with(&signed, "")).await.refused(401, "token_invalid");
    }
}

/// RFC 6749, section 5.2: it is the client that is not proven, whatever an assertion lacks.
#[tokio::test]
async fn a_client_whose_assertion_does_not_hold_is_told_of_its_assertion() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let now = world.now();
    let check = async |said: ClientAssertion, key: &SigningKey, aud: &str, words: &str| {
        let signed = said.sign(key, aud, Timestamp::from_seconds(now)).unwrap();
        let answer = world.send(form_with(&signed, "")).await;
        let body = answer.json();
        assert_eq!((answer.status.as_u16(), &body["error"]), (401, &json!("invalid_client")));
        let described = body["error_description"].as_str().unwrap();
        assert!(described.starts_with(words), "{described}");
        assert!(body.get("hint").is_none() && !described.contains("access token"), "{body}");
    };
    let said = || assertion(&world, &agent);
    let past = ClientAssertion { exp: Timestamp::from_seconds(now - 1), ..said() };
    let stranger = world.key(Algorithm::Ed25519);
    check(said(), &agent.key, "https://b.test", "the client assertion does not hold: ").await;
    check(past, &agent.key, ISSUER, "the client assertion has expired").await;
    check(said(), &stranger, ISSUER, "the client assertion proves nobody: ").await;
    let twice = said();
    check(twice.clone(), &agent.key, "https://b.test", "the client assertion does not").await;
    let signed = twice.sign(&agent.key, ISSUER, Timestamp::from_seconds(now)).unwrap();
    world.send(form_with(&signed, "")).await.ok(200);
    check(twice, &agent.key, ISSUER, "the client assertion was used before").await;
}

#[tokio::test]
async fn a_client_proves_itself_in_one_way_or_not_at_all() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let now = Timestamp::from_seconds(world.now());
    let signed = assertion(&world, &agent).sign(&agent.key, ISSUER, now).unwrap();
    let form = format!("client_assertion_type={JWT_BEARER}&client_assertion={signed}");
    let both = ask(&world, &agent, &form).await;
    both.refused(401, "credential_conflict");
    let mut basic = form_with(&signed, "");
    basic.headers_mut().insert("authorization", "Basic eDp5".parse().unwrap());
    world.send(basic).await.refused(401, "credential_conflict");
    let typed = form_with(&signed, "")
        .map(|_| format!("grant_type=client_credentials&client_assertion={signed}").into());
    world.send(typed).await.refused(400, "invalid_request");
    let neither = Request::post(TOKEN).header("content-type", FORM);
    let neither = neither.body("grant_type=client_credentials".into()).unwrap();
    let answer = world.send(neither).await;
    assert!(answer.headers.contains_key("www-authenticate"));
    answer.refused(401, "credential_missing");
    world.send(form_with(&signed, "")).await.ok(200);
}

#[tokio::test]
async fn a_proof_from_before_a_restart_is_not_accepted() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let mut draft = draft(&world, &agent, "");
    (draft.created, draft.expires) = (world.now() - 1, world.now() + 30);
    world.send(draft.sign(&agent.key)).await.refused(503, "temporarily_unavailable");
}
