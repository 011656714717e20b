//! `/api/v1/invites`.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn a_code_is_shown_once_and_only_its_invite_is_listed() {
    let world = World::new().await;
    world.add_project("support", "invite").await;
    let body = json!({
        "project": "support",
        "uses": 3,
        "ttl_seconds": 60,
        "scopes": ["tickets:read"],
    });
    let mut made = world.operate("POST", "/api/v1/invites", body).await.ok(201);
    let code = made.as_object_mut().unwrap().remove("invite_code").unwrap();
    assert!(code.as_str().unwrap().starts_with("bwi_"));
    let expected = json!({
        "id": made["id"],
        "project": "support",
        "uses_left": 3,
        "scopes": ["tickets:read"],
        "expires_at": "2027-01-15T08:01:00.000Z",
        "revoked_at": null,
        "created_at": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(made, expected);
    let path = format!("/api/v1/invites/{}", made["id"].as_str().unwrap());
    assert_eq!(world.operate("GET", &path, Value::Null).await.ok(200), expected);
    let listed = world.operate("GET", "/api/v1/invites?project=support", Value::Null).await;
    assert_eq!(listed.ok(200), json!({ "invites": [expected] }));
    world.pass(1);
    for _ in 0..2 {
        let revoked = world.operate("DELETE", &path, Value::Null).await.ok(200);
        assert_eq!(revoked["revoked_at"], "2027-01-15T08:00:01.000Z");
        world.pass(1);
    }
}

#[tokio::test]
async fn an_invite_that_says_nothing_is_for_one_agent_and_a_day() {
    let world = World::new().await;
    let made = world.operate("POST", "/api/v1/invites", json!({})).await.ok(201);
    assert_eq!((&made["uses_left"], &made["project"]), (&json!(1), &json!("default")));
    assert_eq!(made["expires_at"], "2027-01-16T08:00:00.000Z");
}

#[tokio::test]
async fn what_is_not_an_invite_is_refused() {
    let world = World::new().await;
    for body in [
        json!({ "uses": 0 }),
        json!({ "uses": 10_001 }),
        json!({ "uses": -1 }),
        json!({ "ttl_seconds": 0 }),
        json!({ "ttl_seconds": 2_592_001 }),
        json!({ "scopes": ["tickets:*"] }),
        json!({ "scopes": ["admin"], "broad_because": "no" }),
        json!({ "scopes": [""] }),
        json!({ "project": "Support" }),
        json!({ "invite_code": "bwi_mine" }),
        json!([]),
    ] {
        let answer = world.operate("POST", "/api/v1/invites", body).await;
        answer.refused(400, "request_malformed");
    }
    let nowhere = world.operate("POST", "/api/v1/invites", json!({ "project": "other" })).await;
    nowhere.refused(404, "not_found");
    let listed = world.operate("GET", "/api/v1/invites", Value::Null).await.ok(200);
    assert_eq!(listed, json!({ "invites": [] }));
    for (method, id) in [("GET", "inv_00000000000000000000000000"), ("DELETE", "x")] {
        let path = format!("/api/v1/invites/{id}");
        world.operate(method, &path, Value::Null).await.refused(404, "not_found");
    }
}
