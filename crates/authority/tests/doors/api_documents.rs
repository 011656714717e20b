//! `/api/v1/apis/{api}/documents`: descriptions are taken in, compared and accepted.

use bailiwick_authority::Adopted;
use serde_json::{Value, json};

use crate::world::World;

const DOCUMENTS: &str = "/api/v1/apis/tickets/documents";

fn document(operations: &[(&str, &str, &[&str])]) -> String {
    let mut document = json!({"openapi": "3.1.0", "paths": {}});
    for (method, path, scopes) in operations {
        let operation = match scopes {
            [] => json!({}),
            scopes => json!({"x-bailiwick": {"scopes": scopes}}),
        };
        document["paths"][path][method] = operation;
    }
    document.to_string()
}

/// What the API can be asked to do, as tokens and operators see it.
async fn operations(world: &World) -> Vec<String> {
    let shown = world.operate("GET", "/api/v1/apis/tickets", Value::Null).await.ok(200);
    let operations = shown["operations"].as_array().unwrap().iter();
    let mut names: Vec<String> = operations
        .map(|it| format!("{} {}", it["method"].as_str().unwrap(), it["path"].as_str().unwrap()))
        .collect();
    names.sort();
    names
}

async fn accept(world: &World, text: &str, confirm: bool) -> Value {
    let body = json!({"document": text, "because": "asked for", "confirm_scopes": confirm});
    world.operate("POST", DOCUMENTS, body).await.ok(201)
}

#[tokio::test]
async fn a_description_that_lets_nobody_do_more_is_taken_in_and_any_other_waits() {
    let world = World::new().await;
    let adopt = async |text: &str| {
        let adopted = world.authority.adopt("tickets", text).await.unwrap();
        world.authority.read_documents().await.unwrap();
        adopted
    };
    let first = document(&[("post", "/tickets", &["tickets:write"]), ("get", "/notes", &[])]);
    assert_eq!(adopt(&first).await, Adopted::Accepted { version: 1, waiting: 1 });
    assert_eq!(operations(&world).await, ["GET /tickets", "POST /tickets"], "notes wait");
    assert_eq!(adopt(&first).await, Adopted::Known);
    let narrower = document(&[("post", "/tickets", &["tickets:write", "more:write"])]);
    assert_eq!(adopt(&narrower).await, Adopted::Accepted { version: 2, waiting: 0 });
    let wider = document(&[("post", "/tickets", &["tickets:write"])]);
    let Adopted::Waiting(changes) = adopt(&wider).await else { panic!("it widens") };
    let said: Vec<&str> = changes.iter().map(|it| it.sentence.as_str()).collect();
    assert_eq!(said, ["no longer asks for `more:write`"]);
    assert_eq!(adopt(&first).await, Adopted::Known, "what was in force is not taken in again");
    let listed = world.operate("GET", DOCUMENTS, Value::Null).await.ok(200);
    let listed = listed["documents"].as_array().unwrap();
    let versions: Vec<&Value> = listed.iter().map(|it| &it["version"]).collect();
    assert_eq!(versions, [2, 1]);
    assert_eq!(listed[0]["accepted_by"], "configuration");
    assert!(world.authority.adopt("tickets", "{").await.is_err());
    let catalog = r#"{"mcp": "2026-07-28", "tools": []}"#;
    assert!(world.authority.adopt("tickets", catalog).await.is_err(), "it is an API of HTTP");
}

#[tokio::test]
async fn an_operator_accepts_and_confirms_and_who_did_is_recorded() {
    let world = World::new().await;
    let first = document(&[("get", "/notes", &[])]);
    let accepted = accept(&world, &first, false).await;
    assert_eq!(accepted["version"], 1);
    assert_eq!(accepted["waiting"][0]["path"], "/notes");
    assert_eq!(operations(&world).await, ["GET /tickets"]);
    let accepted = accept(&world, &first, true).await;
    assert_eq!((&accepted["version"], &accepted["waiting"]), (&json!(2), &json!([])));
    assert!(accepted["accepted_by"].as_str().unwrap().starts_with("opr_"), "{accepted}");
    assert_eq!(operations(&world).await, ["GET /notes", "GET /tickets"]);
    let body = json!({"document": first, "because": "again", "confirm_scopes": true});
    world.operate("POST", DOCUMENTS, body).await.refused(409, "state_impossible");
    let agent = json!({
        "name": "a", "owner": "me", "kind": "autonomous", "scopes": ["notes:read"],
    });
    world.operate("POST", "/api/v1/agents", agent).await.ok(201);
    let metadata = world.get("/.well-known/oauth-authorization-server").await.ok(200);
    let scopes = metadata["scopes_supported"].as_array().unwrap();
    assert!(scopes.contains(&json!("notes:read")), "{scopes:?}");
}

#[tokio::test]
async fn a_comparison_says_what_widens_and_changes_nothing() {
    let world = World::new().await;
    let compare = format!("{DOCUMENTS}/compare");
    let first = document(&[("post", "/tickets", &["tickets:write"])]);
    let body = json!({"document": first});
    let compared = world.operate("POST", &compare, body).await.ok(200);
    assert_eq!((&compared["widens"], &compared["changes"]), (&json!(false), &json!([])));
    accept(&world, &first, false).await;
    let wider = document(&[("post", "/tickets", &["tickets:write"]), ("get", "/all", &["x:y"])]);
    let compared = world.operate("POST", &compare, json!({"document": wider})).await.ok(200);
    assert_eq!(compared["widens"], true);
    let expected = json!([{"operation": "GET /all", "widens": true, "change": "is new"}]);
    assert_eq!(compared["changes"], expected);
    assert_eq!(operations(&world).await, ["GET /tickets", "POST /tickets"]);
}

#[tokio::test]
async fn what_is_not_a_description_is_refused() {
    let world = World::new().await;
    let good = document(&[]);
    for (document, because) in [
        ("{", "x"),
        ("openapi: 2.0.0", "x"),
        (r#"{"openapi": "3.1.0", "x-bailiwick": {}}"#, "x"),
        (r#"{"mcp": "2026-07-28", "tools": []}"#, "an API of HTTP has no catalog"),
        (&good, ""),
        (&good, "a\nb"),
    ] {
        let body = json!({"document": document, "because": because});
        world.operate("POST", DOCUMENTS, body).await.refused(400, "request_malformed");
    }
    let body = json!({"document": good, "because": "x"});
    let other = "/api/v1/apis/other/documents";
    world.operate("POST", other, body).await.refused(404, "not_found");
    world.operate("GET", other, Value::Null).await.refused(404, "not_found");
}
