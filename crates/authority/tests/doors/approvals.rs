//! Requests that wait for people: seen, decided, and by whom not.

use axum::body::Body;
use bailiwick_domain::approval::{Approval, Bound, PENDING_SECONDS, State, Told, USE_SECONDS};
use bailiwick_domain::id::{ApprovalId, PersonId, RecordId};
use bailiwick_domain::person::{Person, Role};
use bailiwick_domain::time::Timestamp;
use bailiwick_vault::seal::Sealer;
use http::Request;
use serde_json::{Value, json};

use crate::pages::{OWN, form_token};
use crate::sign_in::Stage;
use crate::world::{Answer, World};

const FORM: &str = "application/x-www-form-urlencoded";

/// A request that an agent has put before people.
pub(crate) async fn put(world: &World, number: u128, change: impl FnOnce(&mut Approval)) -> String {
    let agents = world.operate("GET", "/api/v1/agents", Value::Null).await.ok(200);
    let agent = match agents["agents"][0]["id"].as_str() {
        Some(id) => id.to_owned(),
        None => world.enroll("refunder").await.id,
    };
    let now = Timestamp::from_seconds(world.now());
    let mut approval = Approval {
        id: ApprovalId::at(now, number),
        bound: Bound {
            agent: agent.parse().unwrap(),
            chain: Vec::new(),
            method: "POST".to_owned(),
            authority: "api.acme.example".to_owned(),
            target: "/refunds?to=<b>&x=%26".to_owned(),
            target_digest: [0xcd; 32],
            body: [0xab; 32],
            operation: "acme POST /refunds".to_owned(),
            policy: String::new(),
        },
        told: Told {
            agent: "refunder".to_owned(),
            project: "default".to_owned(),
            owner: "support".to_owned(),
            person: None,
            task: None,
            purpose: "refunds".to_owned(),
            sensitivity: "confidential".to_owned(),
            because: "the operation always takes an approval".to_owned(),
            body_bytes: 12,
            content_type: Some("application/json".to_owned()),
            record: RecordId::from_bits(7),
        },
        approvers: 1,
        state: State::Pending,
        decisions: Vec::new(),
        asked_at: now,
        expires_at: now.plus_seconds(PENDING_SECONDS),
        used_at: None,
    };
    change(&mut approval);
    let sealer = Sealer::new([7; 32]).unwrap();
    let body = sealer.seal(b"{\"a\":\"<i>\"}", &approval.id.sealed_for(), &world.entropy);
    let mut tx = world.store.begin().await.unwrap();
    tx.approvals().insert(&approval, Some(&body.unwrap())).await.unwrap();
    tx.save().await.unwrap();
    approval.id.to_string()
}

async fn decide(world: &World, id: &str, verdict: &str, because: Option<&str>) -> Answer {
    let path = format!("/api/v1/approvals/{id}/{verdict}");
    world.operate("POST", &path, json!({ "because": because })).await
}

/// Gives everybody who has signed in this role, and takes in what else is changed.
pub(crate) async fn promote(world: &World, role: Option<Role>) -> PersonId {
    let mut tx = world.store.begin().await.unwrap();
    let person = tx.people().list().await.unwrap().remove(0);
    let id = person.id;
    tx.people().update(&Person { role, ..person }).await.unwrap();
    tx.save().await.unwrap();
    id
}

async fn post(stage: &Stage, id: &str, session: &str, fields: &str) -> Answer {
    let token = form_token(stage, session).await.unwrap();
    let mut request = Request::post(format!("/approvals/{id}"));
    for (name, value) in OWN.iter().chain(&[("cookie", session), ("content-type", FORM)]) {
        request = request.header(*name, *value);
    }
    let body = Body::from(format!("form_token={token}&{fields}"));
    stage.world.send(request.body(body).unwrap()).await
}

async fn page(stage: &Stage, path: &str, session: &str) -> String {
    let answer = stage.visit(path, session).await;
    String::from_utf8(answer.body).unwrap()
}

#[tokio::test]
async fn a_request_is_shown_exactly_as_it_was_sent() {
    let world = World::new().await;
    let id = put(&world, 1, |_| ()).await;
    let path = format!("/api/v1/approvals/{id}");
    let shown = world.operate("GET", &path, Value::Null).await.ok(200);
    let expected = json!({
        "operation": "acme POST /refunds",
        "method": "POST",
        "authority": "api.acme.example",
        "path": "/refunds",
        "query": "to=<b>&x=%26",
        "body": {
            "bytes": 12,
            "digest": "ab".repeat(32),
            "content_type": "application/json",
            "shown": "{\"a\":\"<i>\"}",
        },
    });
    assert_eq!(shown["request"], expected);
    assert_eq!((&shown["status"], &shown["approvers"]), (&json!("pending"), &json!(1)));
    assert_eq!(shown["agent"]["owner"], "support");
    let listed = world.operate("GET", "/api/v1/approvals", Value::Null).await.ok(200);
    assert_eq!(listed["approvals"][0]["id"], id);
    assert_eq!(listed["approvals"][0]["request"]["body"].get("shown"), None);
    world.pass(PENDING_SECONDS);
    let shown = world.operate("GET", &path, Value::Null).await.ok(200);
    assert_eq!(shown["status"], "expired");
    assert_eq!(shown["request"]["body"].get("shown"), None, "what was shown is gone");
}

#[tokio::test]
async fn approvals_are_listed_by_where_they_stand_now() {
    let world = World::new().await;
    let old = put(&world, 1, |_| ()).await;
    world.pass(PENDING_SECONDS);
    let first = put(&world, 2, |_| ()).await;
    let second = put(&world, 3, |_| ()).await;
    let denied = put(&world, 4, |_| ()).await;
    decide(&world, &denied, "deny", Some("no")).await.ok(200);
    let list = async |query: &str| {
        let path = format!("/api/v1/approvals?{query}");
        let list = world.operate("GET", &path, Value::Null).await.ok(200);
        let ids = list["approvals"].as_array().unwrap().iter();
        ids.map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("status=pending").await, [second.clone(), first.clone()]);
    assert_eq!(list("status=expired").await, std::slice::from_ref(&old));
    assert_eq!(list("status=denied").await, std::slice::from_ref(&denied));
    assert_eq!(list("status=used").await, Vec::<String>::new());
    assert_eq!(list("").await, [denied, second.clone(), first.clone(), old.clone()]);
    assert_eq!(list(&format!("before={second}&limit=1")).await, [first]);
    for query in ["status=x", "agent=x", "before=x", "limit=0", "x=1"] {
        let path = format!("/api/v1/approvals?{query}");
        world.operate("GET", &path, Value::Null).await.refused(400, "request_malformed");
    }
    for id in ["x", "apr_00000000000000000000000000"] {
        let path = format!("/api/v1/approvals/{id}");
        world.operate("GET", &path, Value::Null).await.refused(404, "not_found");
        decide(&world, id, "approve", None).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_decision_is_made_once_and_kept_with_who_when_and_why() {
    let world = World::new().await;
    let id = put(&world, 1, |_| ()).await;
    let approved = decide(&world, &id, "approve", Some("order 7")).await.ok(200);
    assert_eq!(approved["status"], "approved");
    let made = &approved["decisions"][0];
    assert!(made["by"].as_str().unwrap().starts_with("opr_"));
    assert_eq!((&made["name"], &made["because"]), (&json!("first"), &json!("order 7")));
    assert_eq!((&made["verdict"], &made["channel"]), (&json!("approve"), &json!("api")));
    let until = Timestamp::from_seconds(world.now() + USE_SECONDS).to_string();
    assert_eq!(approved["expires_at"], until);
    decide(&world, &id, "deny", Some("no")).await.refused(409, "approval_closed");
    let denied = put(&world, 2, |_| ()).await;
    for body in [json!({}), json!({ "because": "" }), json!({ "because": "a\nb" })] {
        let path = format!("/api/v1/approvals/{denied}/deny");
        world.operate("POST", &path, body).await.refused(400, "request_malformed");
    }
    let refused = decide(&world, &denied, "deny", Some("no ticket")).await.ok(200);
    assert_eq!(refused["status"], "denied");
    decide(&world, &denied, "approve", None).await.refused(409, "approval_closed");
    let late = put(&world, 3, |_| ()).await;
    world.pass(PENDING_SECONDS);
    decide(&world, &late, "approve", None).await.refused(409, "approval_closed");
}

#[tokio::test]
async fn an_admin_token_counts_once_and_not_for_the_agents_owner() {
    let world = World::new().await;
    let id = put(&world, 1, |it| it.approvers = 2).await;
    let once = decide(&world, &id, "approve", None).await.ok(200);
    assert_eq!((&once["status"], &once["approvers"]), (&json!("pending"), &json!(2)));
    decide(&world, &id, "approve", None).await.refused(409, "approver_repeated");
    decide(&world, &id, "deny", Some("changed my mind")).await.refused(409, "approver_repeated");
    let own = put(&world, 2, |it| it.told.owner = "First ".to_owned()).await;
    decide(&world, &own, "approve", None).await.refused(403, "approver_involved");
}

#[tokio::test]
async fn an_approver_decides_on_the_page_and_nobody_else() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let id = put(world, 1, |_| ()).await;
    let session = stage.sign_in().await;
    let path = format!("/approvals/{id}");
    assert_eq!(stage.visit(&path, &session).await.status, 403, "no role, nothing to see");
    assert_eq!(stage.visit("/approvals", &session).await.status, 403);
    let answer = stage.visit(&path, "").await;
    let back = format!("/sign-in?return_to=%2Fapprovals%2F{id}");
    assert_eq!(answer.headers["location"].to_str().unwrap(), back);
    promote(world, Some(Role::Viewer)).await;
    let list = page(&stage, "/approvals", &session).await;
    assert!(list.contains(&format!("href=\"{path}\"")), "{list}");
    let shown = page(&stage, &path, &session).await;
    assert!(shown.contains("Only approvers decide.") && !shown.contains("name=\"decision\""));
    assert!(shown.contains("/refunds") && shown.contains("to=&#60;b&#62;"), "{shown}");
    assert!(shown.contains("{&#34;a&#34;:&#34;&#60;i&#62;&#34;}"), "a body is text: {shown}");
    assert_eq!(post(&stage, &id, &session, "decision=approve").await.status, 403);
    promote(world, Some(Role::Approver)).await;
    assert!(page(&stage, &path, &session).await.contains("name=\"decision\""));
    for fields in ["", "decision=maybe", "decision=deny", "decision=deny&because=+"] {
        assert_eq!(post(&stage, &id, &session, fields).await.status, 400, "{fields}");
    }
    let answer = post(&stage, &id, &session, "decision=approve&because=order+7").await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["location"].to_str().unwrap()),
        (303, &*path)
    );
    let shown = page(&stage, &path, &session).await;
    assert!(shown.contains("approved: order 7") && !shown.contains("name=\"decision\""), "{shown}");
    let kept = world.operate("GET", &format!("/api/v1{path}"), Value::Null).await.ok(200);
    assert_eq!(kept["decisions"][0]["channel"], "page");
    assert!(kept["decisions"][0]["by"].as_str().unwrap().starts_with("psn_"));
    assert_eq!(post(&stage, &id, &session, "decision=approve").await.status, 409);
}

#[tokio::test]
async fn nobody_decides_about_what_is_asked_for_them_or_by_their_agent() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let session = stage.sign_in().await;
    let person = promote(world, Some(Role::Admin)).await;
    let for_them = put(world, 1, |it| it.told.person = Some(person)).await;
    let by_theirs = put(world, 2, |it| it.told.owner = "ADA@acme.example".to_owned()).await;
    for id in [for_them, by_theirs] {
        let shown = page(&stage, &format!("/approvals/{id}"), &session).await;
        assert!(shown.contains("somebody else decides") && !shown.contains("name=\"decision\""));
        let answer = post(&stage, &id, &session, "decision=approve").await;
        assert_eq!(answer.status, 403);
        let kept = world.operate("GET", &format!("/api/v1/approvals/{id}"), Value::Null).await;
        assert_eq!(kept.ok(200)["status"], "pending");
    }
}

#[tokio::test]
async fn a_decision_needs_a_person_who_signed_in_just_now_and_a_form_of_theirs() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let session = stage.sign_in().await;
    promote(world, Some(Role::Approver)).await;
    let id = put(world, 1, |_| ()).await;
    let path = format!("/approvals/{id}");
    let request = Request::post(&path).header("cookie", &session).header("content-type", FORM);
    let forged = OWN.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let body = Body::from("form_token=AAAA&decision=approve");
    assert_eq!(world.send(forged.body(body).unwrap()).await.status, 403);
    world.pass(600);
    let again = format!("/sign-in?again=1&return_to=%2Fapprovals%2F{id}");
    assert!(page(&stage, &path, &session).await.contains(&again.replace('&', "&#38;")));
    let answer = post(&stage, &id, &session, "decision=approve").await;
    assert_eq!(answer.headers["location"].to_str().unwrap(), again);
    let kept = world.operate("GET", &format!("/api/v1{path}"), Value::Null).await.ok(200);
    assert_eq!(kept["status"], "pending");
}
