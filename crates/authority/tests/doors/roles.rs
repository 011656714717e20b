//! Who may do what with the admin API: tokens and people, each as far as their role goes.

use axum::body::Body;
use bailiwick_authority::openapi;
use bailiwick_domain::person::{Person, Role};
use http::Request;
use serde_json::{Value, json};

use crate::pages::{OWN, form_token};
use crate::sign_in::Stage;
use crate::world::{Answer, World};

const SOMEBODY: &str = "/api/v1/people/psn_00000000000000000000000000";

async fn add(world: &World, role: &str) -> (String, String) {
    let body = json!({ "name": role, "role": role });
    let added = world.operate("POST", "/api/v1/operators", body).await.ok(201);
    let text = |key: &str| added[key].as_str().unwrap().to_owned();
    (text("id"), text("admin_token"))
}

async fn ask(world: &World, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request = request.header("content-type", "application/json");
    world.send(request.body(Body::from("{}")).unwrap()).await
}

/// Gives everybody who has signed in this role.
async fn promote(world: &World, role: Option<Role>) {
    let mut tx = world.store.begin().await.unwrap();
    for person in tx.people().list().await.unwrap() {
        tx.people().update(&Person { role, ..person }).await.unwrap();
    }
    tx.save().await.unwrap();
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_no_more() {
    let world = World::new().await;
    let page = bailiwick_authority::roles();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let mut asked = 0;
    let mut tokens = Vec::new();
    for role in Role::ALL {
        tokens.push(add(&world, role.as_str()).await.1);
    }
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (method, path) = cells[1].trim_matches('`').split_once(' ').unwrap();
        let path = path.replace(['{', '}'], "");
        for (token, cell) in tokens.iter().zip(&cells[2..6]) {
            let bearer = format!("Bearer {token}");
            let answer = ask(&world, method, &path, &[("authorization", &bearer)]).await;
            let refused = answer.status == 403 && answer.code() == "role_missing";
            assert_eq!(refused, *cell == "✘", "{method} {path}");
            asked += 1;
        }
    }
    let described: Value = serde_json::from_str(&openapi()).unwrap();
    let paths = described["paths"].as_object().unwrap().iter();
    let administered = paths.filter(|(path, _)| path.starts_with("/api/v1/"));
    let operations: usize = administered.map(|(_, item)| item.as_object().unwrap().len()).sum();
    assert_eq!(asked, operations * 4, "every operation of the description has a row");
}

#[tokio::test]
async fn a_token_that_was_taken_away_opens_nothing_and_the_last_admin_stays() {
    let world = World::new().await;
    let (id, token) = add(&world, "admin").await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    ask(&world, "GET", "/api/v1/agents", &headers).await.ok(200);
    let path = format!("/api/v1/operators/{id}");
    let revoked = world.operate("DELETE", &path, Value::Null).await.ok(200);
    assert_eq!(revoked["state"], "revoked");
    ask(&world, "GET", "/api/v1/agents", &headers).await.refused(401, "credential_unknown");
    let listed = world.operate("GET", "/api/v1/operators", Value::Null).await.ok(200);
    let mut operators = listed["operators"].as_array().unwrap().iter();
    let first = operators.find(|operator| operator["name"] == "first").unwrap();
    assert_eq!(first["role"], "admin");
    let first = format!("/api/v1/operators/{}", first["id"].as_str().unwrap());
    world.operate("DELETE", &first, Value::Null).await.refused(409, "state_impossible");
    world.operate("GET", "/api/v1/agents", Value::Null).await.ok(200);
    for body in [json!({ "name": "x", "role": "root" }), json!({ "name": "", "role": "admin" })] {
        world.operate("POST", "/api/v1/operators", body).await.refused(400, "request_malformed");
    }
    world.operate("DELETE", "/api/v1/operators/x", Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_person_administers_from_a_page_of_their_own_sign_in() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let session = stage.sign_in().await;
    let token = form_token(&stage, &session).await.unwrap();
    let cookie = [("cookie", session.as_str())];
    let whole = [&cookie[..], &OWN, &[("x-csrf-token", token.as_str())]].concat();
    ask(world, "GET", "/api/v1/agents", &cookie).await.refused(403, "role_missing");
    promote(world, Some(Role::Viewer)).await;
    ask(world, "GET", "/api/v1/agents", &cookie).await.ok(200);
    ask(world, "POST", "/api/v1/invites", &whole).await.refused(403, "role_missing");
    promote(world, Some(Role::Operator)).await;
    ask(world, "POST", "/api/v1/invites", &whole).await.ok(201);
    let stale = [&cookie[..], &OWN, &[("x-csrf-token", "AAAA")]].concat();
    let unmarked = [&cookie[..], &OWN].concat();
    let cross =
        [&cookie[..], &[("x-csrf-token", token.as_str()), ("sec-fetch-site", "cross-site")]];
    ask(world, "POST", "/api/v1/invites", &stale).await.refused(403, "form_stale");
    ask(world, "POST", "/api/v1/invites", &unmarked).await.refused(403, "form_stale");
    let answer = ask(world, "POST", "/api/v1/invites", &cross.concat()).await;
    answer.refused(403, "request_cross_site");
    promote(world, None).await;
    ask(world, "GET", "/api/v1/agents", &cookie).await.refused(403, "role_missing");
    let both = [&cookie[..], &[("authorization", "Bearer x")]].concat();
    let answer = ask(world, "GET", "/api/v1/agents", &both).await;
    answer.refused(401, "credential_unknown");
}

#[tokio::test]
async fn what_is_dangerous_needs_a_person_who_signed_in_just_now() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let session = stage.sign_in().await;
    promote(world, Some(Role::Admin)).await;
    let token = form_token(&stage, &session).await.unwrap();
    let whole = [&[("cookie", session.as_str()), ("x-csrf-token", &token)][..], &OWN].concat();
    let block = format!("{SOMEBODY}/block");
    ask(world, "POST", &block, &whole).await.refused(404, "not_found");
    world.pass(599);
    ask(world, "POST", &block, &whole).await.refused(404, "not_found");
    world.pass(1);
    let answer = ask(world, "POST", &block, &whole).await;
    answer.refused(401, "reauthentication_needed");
    ask(world, "POST", "/api/v1/invites", &whole).await.ok(201);
}

#[tokio::test]
async fn people_are_listed_given_roles_and_kept_out() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let session = stage.sign_in().await;
    let listed = world.operate("GET", "/api/v1/people", Value::Null).await.ok(200);
    let person = &listed["people"][0];
    assert_eq!(
        (&person["subject"], &person["role"], &person["state"]),
        (&json!("ada"), &Value::Null, &json!("active"))
    );
    let path = format!("/api/v1/people/{}", person["id"].as_str().unwrap());
    let made = world.operate("PATCH", &path, json!({ "role": "approver" })).await.ok(200);
    assert_eq!(made["role"], "approver");
    let made = world.operate("PATCH", &path, json!({ "role": "none" })).await.ok(200);
    assert_eq!(made["role"], Value::Null);
    for role in ["", "root", "Admin"] {
        let answer = world.operate("PATCH", &path, json!({ "role": role })).await;
        answer.refused(400, "request_malformed");
    }
    let blocked = world.operate("POST", &format!("{path}/block"), json!({})).await.ok(200);
    assert_eq!(blocked["state"], "blocked");
    assert_eq!(form_token(&stage, &session).await, None);
    let back = world.operate("POST", &format!("{path}/unblock"), json!({})).await.ok(200);
    assert_eq!(world.operate("GET", &path, Value::Null).await.ok(200), back);
    assert_eq!(form_token(&stage, &session).await, None, "what has ended stays ended");
    assert!(form_token(&stage, &stage.sign_in().await).await.is_some());
    world.operate("GET", SOMEBODY, Value::Null).await.refused(404, "not_found");
    world.operate("PATCH", SOMEBODY, json!({ "role": "none" })).await.refused(404, "not_found");
}
