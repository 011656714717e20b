//! Requests that wait, put before people elsewhere: before a webhook, and at their provider.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::routing::post;
use bailiwick_authority::{ApprovalWebhook, Transmitter};
use bailiwick_domain::approval::{Approval, PENDING_SECONDS};
use bailiwick_domain::person::Role;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::hook;
use bailiwick_proof::keys::MacKey;
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::approvals::{promote, put};
use crate::provider::Signed;
use crate::sign_in::Stage;
use crate::world::{Answer, BEGINNING, World};

const SECRET: &str = "the desk's own secret, long enough";

fn key() -> MacKey {
    hook::secret(SECRET).unwrap()
}

/// A webhook that keeps what it is told, and answers so.
#[derive(Clone, Default)]
struct Desk {
    told: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answer: Arc<Mutex<u16>>,
}

impl Desk {
    async fn start(answer: u16) -> (Self, String) {
        let desk = Self { answer: Arc::new(Mutex::new(answer)), ..Self::default() };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/approvals", listener.local_addr().unwrap());
        let take = async |State(desk): State<Self>, headers: HeaderMap, body: Bytes| {
            desk.told.lock().unwrap().push((headers, body));
            StatusCode::from_u16(*desk.answer.lock().unwrap()).unwrap()
        };
        let router = Router::new().route("/approvals", post(take)).with_state(desk.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        (desk, url)
    }

    fn times(&self) -> usize {
        self.told.lock().unwrap().len()
    }
}

async fn with_desk(answer: u16) -> (Stage, Desk) {
    let (desk, url) = Desk::start(answer).await;
    let hook =
        ApprovalWebhook { name: "desk".to_owned(), url: url.parse().unwrap(), secret: key() };
    let stage = Stage::with(|settings| settings.approval_webhooks = vec![hook]).await;
    stage.sign_in().await;
    promote(&stage.world, Some(Role::Approver)).await;
    (stage, desk)
}

async fn turn(world: &World) {
    Transmitter::new(world.authority.clone()).turn().await.unwrap();
}

async fn show(world: &World, id: &str) -> Value {
    world.operate("GET", &format!("/api/v1/approvals/{id}"), Value::Null).await.ok(200)
}

/// What the desk says, signed by this key.
async fn bring(world: &World, key: &MacKey, name: &str, said: &Value) -> Answer {
    let body = said.to_string();
    let at = Timestamp::from_seconds(world.now());
    let fields = hook::sign(key, "msg_1", at, body.as_bytes()).unwrap();
    send(world, name, fields, body).await
}

async fn send(world: &World, name: &str, fields: HeaderMap, body: String) -> Answer {
    let request = Request::post(format!("/webhooks/approvals/{name}"));
    let mut request = request.header("content-type", "application/json");
    request.headers_mut().unwrap().extend(fields);
    world.send(request.body(Body::from(body)).unwrap()).await
}

fn yes(id: &str) -> Value {
    json!({ "approval": id, "verdict": "approve", "by": "ada@acme.example" })
}

#[tokio::test]
async fn a_webhook_is_told_what_waits_and_brings_what_a_person_decided() {
    let (stage, desk) = with_desk(204).await;
    let world = &stage.world;
    let id = put(world, 1, |_| ()).await;
    turn(world).await;
    turn(world).await;
    assert_eq!(desk.times(), 1, "once");
    let (fields, body) = desk.told.lock().unwrap()[0].clone();
    let now = Timestamp::from_seconds(world.now());
    assert_eq!(hook::verify(&key(), &fields, &body, now).unwrap(), format!("{id}_requested"));
    let told: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&told["type"], &told["data"]["id"]), (&json!("approval.requested"), &json!(id)));
    assert_eq!(told["data"]["request"]["body"]["shown"], "{\"a\":\"<i>\"}");
    let taken = bring(world, &key(), "desk", &yes(&id)).await.ok(200);
    assert_eq!(taken, json!({ "approval": id, "status": "approved" }));
    let shown = show(world, &id).await;
    assert_eq!(shown["decisions"][0]["channel"], "webhook");
    assert!(shown["decisions"][0]["by"].as_str().unwrap().starts_with("psn_"), "{shown}");
    bring(world, &key(), "desk", &yes(&id)).await.refused(409, "approval_closed");
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_is_told_again_and_not_for_ever() {
    let (stage, desk) = with_desk(500).await;
    put(&stage.world, 1, |it| it.expires_at = it.expires_at.plus_seconds(86_400)).await;
    turn(&stage.world).await;
    turn(&stage.world).await;
    assert_eq!(desk.times(), 1, "not at once");
    for _ in 0..12 {
        stage.world.pass(600);
        turn(&stage.world).await;
    }
    assert_eq!(desk.times(), 6);
}

#[tokio::test]
async fn what_a_webhook_brings_counts_only_as_a_persons_who_may_decide() {
    let (stage, _) = with_desk(204).await;
    let world = &stage.world;
    let id = put(world, 1, |_| ()).await;
    let own = put(world, 2, |it| it.told.owner = "ADA@acme.example".to_owned()).await;
    let other = hook::secret(&"x".repeat(32)).unwrap();
    bring(world, &other, "desk", &yes(&id)).await.refused(401, "signature_invalid");
    bring(world, &key(), "another", &yes(&id)).await.refused(401, "credential_unknown");
    send(world, "desk", HeaderMap::new(), yes(&id).to_string())
        .await
        .refused(401, "credential_missing");
    let at = Timestamp::from_seconds(world.now());
    let signed = hook::sign(&key(), "m", at, yes(&own).to_string().as_bytes()).unwrap();
    let another = send(world, "desk", signed.clone(), yes(&id).to_string()).await;
    another.refused(401, "signature_invalid");
    let bring = async |said: Value| bring(world, &key(), "desk", &said).await;
    bring(yes(&own)).await.refused(403, "approver_involved");
    let by = |by: &str| json!({ "approval": id, "verdict": "approve", "by": by });
    bring(by("bea@acme.example")).await.refused(403, "role_missing");
    bring(by("psn_01jd8m3q5r7t9v1x3z5b7d9f1h")).await.refused(403, "role_missing");
    bring(json!({ "approval": id, "verdict": "approve" })).await.refused(400, "request_malformed");
    let silent = json!({ "approval": id, "verdict": "deny", "by": "ada@acme.example" });
    bring(silent).await.refused(400, "request_malformed");
    promote(world, Some(Role::Viewer)).await;
    bring(yes(&id)).await.refused(403, "role_missing");
    promote(world, Some(Role::Approver)).await;
    assert_eq!(show(world, &id).await["status"], "pending");
    world.pass(PENDING_SECONDS);
    bring(yes(&id)).await.refused(409, "approval_closed");
    let old = send(world, "desk", signed, yes(&own).to_string()).await;
    old.refused(401, "signature_expired");
}

/// A person who decides is asked at their provider.
async fn asked(change: impl FnOnce(&mut Approval)) -> (Stage, String) {
    let stage = Stage::new().await;
    stage.sign_in().await;
    promote(&stage.world, Some(Role::Approver)).await;
    let id = put(&stage.world, 1, change).await;
    turn(&stage.world).await;
    (stage, id)
}

/// The next look, at which the provider answers so.
async fn answered(stage: &Stage, error: Option<&'static str>) {
    stage.provider.reply(error);
    stage.world.pass(61);
    turn(&stage.world).await;
}

#[tokio::test]
async fn a_person_is_asked_on_their_device_and_their_yes_counts() {
    let (stage, id) = asked(|_| ()).await;
    let question = stage.provider.asked().remove(0);
    assert_eq!(question["login_hint"], "ada@acme.example");
    assert_eq!(question["scope"], "openid email");
    assert_eq!(question["requested_expiry"], PENDING_SECONDS.to_string());
    let told_apart = &id[id.len() - 6..];
    let message = format!("refunder: acme POST /refunds ({told_apart})");
    assert_eq!(question["binding_message"], message);
    for error in ["authorization_pending", "slow_down"] {
        answered(&stage, Some(error)).await;
        assert_eq!(show(&stage.world, &id).await["status"], "pending", "{error}");
    }
    answered(&stage, None).await;
    let shown = show(&stage.world, &id).await;
    assert_eq!(
        (&shown["status"], &shown["decisions"][0]["channel"]),
        (&json!("approved"), &json!("ciba"))
    );
    assert_eq!(stage.provider.asked().len(), 1, "once");
}

#[tokio::test]
async fn a_provider_that_tells_little_tells_what_is_needed_to_find_the_request() {
    let stage = Stage::new().await;
    stage.sign_in().await;
    promote(&stage.world, Some(Role::Approver)).await;
    let id = put(&stage.world, 1, |_| ()).await;
    stage.provider.tell_at_most(5);
    turn(&stage.world).await;
    assert!(stage.provider.asked().is_empty(), "nothing of ours is that short");
    stage.provider.tell_at_most(20);
    stage.world.pass(61);
    turn(&stage.world).await;
    assert_eq!(stage.provider.asked()[0]["binding_message"], id[id.len() - 6..]);
    answered(&stage, None).await;
    assert_eq!(show(&stage.world, &id).await["status"], "approved");
}

#[tokio::test]
async fn a_no_on_the_device_denies() {
    let (stage, id) = asked(|_| ()).await;
    answered(&stage, Some("access_denied")).await;
    let shown = show(&stage.world, &id).await;
    assert_eq!(shown["status"], "denied");
    assert_eq!(shown["decisions"][0]["because"], "refused on their device");
}

#[tokio::test]
async fn a_yes_that_is_not_that_persons_or_not_for_us_decides_nothing() {
    for (signed, claims) in [
        (Signed::Properly, json!({ "sub": "mallory" })),
        (Signed::Properly, json!({ "aud": "another" })),
        (Signed::Properly, json!({ "iss": "https://evil.example" })),
        (Signed::Properly, json!({ "exp": BEGINNING - 60 })),
        (Signed::Properly, json!({ "email": "ada@evil.example" })),
        (Signed::Not, json!({})),
        (Signed::ByAnother, json!({})),
    ] {
        let (stage, id) = asked(|_| ()).await;
        stage.provider.say(signed, claims.clone());
        answered(&stage, None).await;
        answered(&stage, None).await;
        assert_eq!(show(&stage.world, &id).await["status"], "pending", "{claims}");
    }
    for error in ["expired_token", "transaction_failed", "invalid_client"] {
        let (stage, id) = asked(|_| ()).await;
        answered(&stage, Some(error)).await;
        assert_eq!(show(&stage.world, &id).await["status"], "pending", "{error}");
    }
}

#[tokio::test]
async fn only_those_are_asked_who_may_decide() {
    let (stage, _) = asked(|it| it.told.owner = "ada@acme.example".to_owned()).await;
    assert!(stage.provider.asked().is_empty(), "it is her own");
    promote(&stage.world, Some(Role::Viewer)).await;
    put(&stage.world, 2, |_| ()).await;
    turn(&stage.world).await;
    assert!(stage.provider.asked().is_empty(), "she has no such role");
}

#[tokio::test]
async fn a_yes_of_somebody_who_may_not_decide_any_more_is_none() {
    let (stage, id) = asked(|_| ()).await;
    promote(&stage.world, None).await;
    answered(&stage, None).await;
    assert_eq!(show(&stage.world, &id).await["status"], "pending");
}
