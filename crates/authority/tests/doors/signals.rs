//! Signals to others: sent or asked for, and none lost.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::post;
use bailiwick_authority::Transmitter;
use bailiwick_domain::id::{PersonId, SessionId};
use bailiwick_domain::person::{Person, SESSION_SECONDS, Session, Standing};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::opaque::{self, Opens};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::world::{ISSUER, World};

pub(crate) const REVOKED: &str =
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
pub(crate) const CHANGED: &str =
    "https://schemas.openid.net/secevent/caep/event-type/credential-change";

/// Serves on a port of this machine, until the test ends. The origin.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());
    url
}

/// A person of an issuer, signed in here. The cookie.
pub(crate) async fn sign_in(world: &World, number: u128, issuer: &str, subject: &str) -> String {
    let (secret, digest) = opaque::fresh(Opens::Pages, &world.entropy);
    let now = Timestamp::from_seconds(world.now());
    let person = Person {
        id: PersonId::from_bits(number),
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        name: subject.to_owned(),
        email: Some(format!("{subject}@acme.example")),
        role: None,
        state: Standing::Active,
        created_at: now,
    };
    let session = Session {
        id: SessionId::fresh(now, &world.entropy),
        person: person.id,
        digest,
        authenticated_at: now,
        last_seen_at: now,
        expires_at: now.plus_seconds(SESSION_SECONDS),
        ended_at: None,
    };
    let mut tx = world.store.begin().await.unwrap();
    if tx.people().find(person.id).await.unwrap().is_none() {
        tx.people().insert(&person).await.unwrap();
    }
    tx.sessions().insert(&session).await.unwrap();
    tx.save().await.unwrap();
    format!("bailiwick_session={}", *secret)
}

/// Whether the page knows whoever carries this cookie.
pub(crate) async fn is_signed_in(world: &World, cookie: &str) -> bool {
    let request = Request::get("/sign-in").header("cookie", cookie).body(Body::empty());
    let page = world.send(request.unwrap()).await;
    String::from_utf8(page.body).unwrap().contains("name=\"form_token\"")
}

/// Ends what a person has here.
async fn block(world: &World, number: u128) {
    let path = format!("/api/v1/people/{}/block", PersonId::from_bits(number));
    world.operate("POST", &path, Value::Null).await.ok(200);
}

/// What a receiver got: each body with its authorization.
type Got = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A receiver that answers so. Its endpoint, and what it got.
async fn receiver(status: u16, body: &'static str) -> (String, Got) {
    let got = Got::default();
    let take = async move |State(got): State<Got>, headers: HeaderMap, text: String| {
        assert_eq!(headers["content-type"], "application/secevent+jwt");
        let authorization = headers.get("authorization");
        let authorization = authorization.map(|it| it.to_str().unwrap().to_owned());
        got.lock().unwrap().push((text, authorization));
        (StatusCode::from_u16(status).unwrap(), body)
    };
    let router = Router::new().route("/events", post(take)).with_state(Arc::clone(&got));
    (format!("{}/events", serve(router).await), got)
}

/// What tokens say, in the order in which they came.
fn said(got: &Got) -> Vec<Value> {
    got.lock().unwrap().iter().map(|(token, _)| jws::decode(token).unwrap().payload).collect()
}

async fn push(world: &World, endpoint: &str) -> Value {
    let delivery = json!({
        "method": "urn:ietf:rfc:8935",
        "endpoint_url": endpoint,
        "authorization_header": "Bearer of-the-receiver",
    });
    let body = json!({ "audience": "https://receiver.example", "delivery": delivery });
    let added = world.operate("POST", "/api/v1/signal-streams", body).await.ok(201);
    assert!(!added.to_string().contains("of-the-receiver"), "it is never shown");
    added
}

/// The one stream, as operators see it.
pub(crate) async fn stream(world: &World) -> Value {
    let listed = world.operate("GET", "/api/v1/signal-streams", Value::Null).await.ok(200);
    listed["signal_streams"][0].clone()
}

#[tokio::test]
async fn what_ends_is_sent_once_it_is_acknowledged_and_no_more() {
    let world = World::new().await;
    let (endpoint, got) = receiver(202, "").await;
    push(&world, &endpoint).await;
    sign_in(&world, 1, ISSUER, "alice").await;
    let agent = world.enroll("a").await;
    world.operate("DELETE", &format!("/api/v1/credentials/{}", agent.key_id), Value::Null).await;
    world.operate("POST", "/api/v1/agents/a/suspend", Value::Null).await.ok(200);
    block(&world, 1).await;
    let transmitter = Transmitter::new(world.authority.clone());
    transmitter.turn().await.unwrap();
    transmitter.turn().await.unwrap();
    let said = said(&got);
    assert_eq!(said.len(), 4, "{said:?}");
    for token in &said {
        assert_eq!(token["iss"], ISSUER);
        assert_eq!(token["aud"], "https://receiver.example");
        assert_eq!(token["iat"], world.now());
        assert!(token["sub"].is_null() && token["exp"].is_null());
        assert!(token["txn"].is_string() && token["jti"].as_str().unwrap().starts_with("sig_"));
    }
    let spiffe = json!({ "format": "uri", "uri": "spiffe://acme.example/default/a" });
    let [added, revoked, suspended, blocked] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(added["sub_id"], spiffe);
    assert_eq!(added["events"][CHANGED]["change_type"], "create");
    assert_eq!(
        revoked["events"][CHANGED],
        json!({
            "change_type": "revoke",
            "credential_type": "public_key",
            "event_timestamp": world.now(),
            "friendly_name": agent.key_id,
            "initiating_entity": "admin",
            "reason_admin": { "en": "an operator revoked the credential" },
        })
    );
    assert_eq!(suspended["sub_id"], spiffe);
    assert!(suspended["events"][REVOKED].is_object());
    let alice = json!({ "format": "iss_sub", "iss": ISSUER, "sub": "alice" });
    assert_eq!(blocked["sub_id"], alice);
    assert_eq!(blocked["events"][REVOKED]["initiating_entity"], "admin");
    let (token, authorization) = got.lock().unwrap()[0].clone();
    assert_eq!(authorization.as_deref(), Some("Bearer of-the-receiver"));
    let header = jws::header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("secevent+jwt"));
    assert_eq!(header.kid.as_deref(), world.jwks["keys"][0]["kid"].as_str());
}

#[tokio::test]
async fn a_signal_on_its_way_when_the_process_ends_is_sent_again() {
    let world = World::new().await;
    let (arrived, got) = (Arc::new(Notify::new()), Got::default());
    let (telling, keeping) = (Arc::clone(&arrived), Arc::clone(&got));
    let silent = post(async move |text: String| {
        let first = {
            let mut got = keeping.lock().unwrap();
            got.push((text, None));
            got.len() == 1
        };
        telling.notify_one();
        if first {
            std::future::pending::<()>().await;
        }
        StatusCode::ACCEPTED
    });
    let url = serve(Router::new().route("/events", silent)).await;
    push(&world, &format!("{url}/events")).await;
    world.enroll("a").await;
    let transmitting = Transmitter::new(world.authority.clone()).start();
    arrived.notified().await;
    transmitting.stop().await;
    let next = Transmitter::new(world.authority.clone());
    next.turn().await.unwrap();
    assert_eq!(said(&got).len(), 1, "whoever had begun may still be at it");
    world.pass(60);
    next.turn().await.unwrap();
    next.turn().await.unwrap();
    let said = said(&got);
    assert_eq!(said.len(), 2);
    assert_eq!(said[0]["jti"], said[1]["jti"], "it is the same one");
    assert_eq!(said[0]["events"], said[1]["events"]);
}

#[tokio::test]
async fn of_many_processes_one_sends() {
    let world = World::new().await;
    let (endpoint, got) = receiver(202, "").await;
    push(&world, &endpoint).await;
    world.enroll("a").await;
    let transmitters: Vec<_> = (0..4).map(|_| Transmitter::new(world.authority.clone())).collect();
    let [a, b, c, d] = transmitters.as_slice() else { panic!("four") };
    let turns = tokio::join!(a.turn(), b.turn(), c.turn(), d.turn());
    assert!(turns.0.is_ok() && turns.1.is_ok() && turns.2.is_ok() && turns.3.is_ok());
    assert_eq!(said(&got).len(), 1);
}

#[tokio::test]
async fn a_receiver_that_does_not_acknowledge_is_asked_again_later() {
    let world = World::new().await;
    for (status, body) in [(200, "fine"), (400, "what?"), (503, "")] {
        let (endpoint, got) = receiver(status, body).await;
        let added = push(&world, &endpoint).await;
        let agent = world.enroll(&format!("agent-{status}")).await;
        let transmitter = Transmitter::new(world.authority.clone());
        for (passing, times) in [(0, 1), (4, 1), (1, 2), (9, 2), (1, 3)] {
            world.pass(passing);
            transmitter.turn().await.unwrap();
            assert_eq!(said(&got).len(), times, "{status} after {passing} s, {}", agent.id);
        }
        let stream = stream(&world).await;
        assert_eq!(stream["failures"], 3);
        assert_eq!(stream["last_error"], format!("the receiver answered {status}"));
        let path = format!("/api/v1/signal-streams/{}", added["stream_id"].as_str().unwrap());
        world.operate("DELETE", &path, Value::Null).await.ok(200);
    }
}

#[tokio::test]
async fn what_a_receiver_says_it_cannot_take_is_counted_and_not_sent_again() {
    let world = World::new().await;
    let error = r#"{"err":"invalid_audience","description":"not me"}"#;
    let (endpoint, got) = receiver(400, error).await;
    push(&world, &endpoint).await;
    world.enroll("a").await;
    let transmitter = Transmitter::new(world.authority.clone());
    transmitter.turn().await.unwrap();
    world.pass(600);
    transmitter.turn().await.unwrap();
    assert_eq!(said(&got).len(), 1);
    let stream = stream(&world).await;
    assert_eq!((&stream["refused"], &stream["failures"]), (&json!(1), &json!(0)));
    assert_eq!(stream["last_error"], "invalid_audience: not me");
}

#[tokio::test]
async fn nothing_is_sent_where_a_redirect_or_a_private_address_leads() {
    let world = World::new().await;
    let (endpoint, got) = receiver(202, "").await;
    let there = endpoint.clone();
    let away = post(async move || (StatusCode::TEMPORARY_REDIRECT, [("location", there)]));
    let redirecting = serve(Router::new().route("/events", away)).await;
    for (endpoint, error) in [
        (format!("{redirecting}/events"), "the server redirects, which is not followed"),
        (
            "http://10.0.0.1/events".to_owned(),
            "the address is not public and not in an allowed network: nothing was sent",
        ),
        (
            "http://169.254.169.254/latest".to_owned(),
            "the address is not public and not in an allowed network: nothing was sent",
        ),
    ] {
        let added = push(&world, &endpoint).await;
        let id = added["stream_id"].as_str().unwrap();
        let name = format!("agent-{}", id.get(26..).unwrap());
        world.enroll(&name).await;
        Transmitter::new(world.authority.clone()).turn().await.unwrap();
        assert_eq!(stream(&world).await["last_error"], error, "{endpoint}");
        let path = format!("/api/v1/signal-streams/{id}");
        world.operate("DELETE", &path, Value::Null).await.ok(200);
    }
    assert_eq!(said(&got).len(), 0);
}

#[tokio::test]
async fn a_stream_that_was_never_taken_is_paused_with_what_was_missed() {
    let world = World::new().await;
    push(&world, "http://10.0.0.1/events").await;
    world.enroll("a").await;
    let transmitter = Transmitter::new(world.authority.clone());
    world.pass(7 * 86_400);
    transmitter.turn().await.unwrap();
    assert_eq!(stream(&world).await["status"], "enabled");
    world.pass(1);
    transmitter.turn().await.unwrap();
    let stream = stream(&world).await;
    assert_eq!(stream["status"], "paused");
    assert_eq!(stream["reason"], "1 signals could not be delivered in time");
}
