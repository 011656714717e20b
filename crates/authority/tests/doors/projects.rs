//! `/api/v1/projects`.

use bailiwick_authority::create_operator;
use bailiwick_domain::time::{Clock, Timestamp};
use serde_json::{Value, json};

use crate::world::World;

const PROJECTS: &str = "/api/v1/projects";

#[tokio::test]
async fn the_default_project_is_there_from_the_start_and_takes_invites() {
    let world = World::new().await;
    let listed = world.operate("GET", PROJECTS, Value::Null).await.ok(200);
    let expected = json!({
        "id": "prj_00000000000000000000000000",
        "name": "default",
        "description": "",
        "registration": "invite",
        "scopes": [],
        "created_at": "2027-01-15T08:00:00.000Z",
        "updated_at": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(listed, json!({ "projects": [expected] }));
}

#[tokio::test]
async fn a_project_is_shown_as_it_was_made_and_changed() {
    let world = World::new().await;
    let body = json!({
        "name": "support",
        "description": "tickets and refunds",
        "registration": "ask",
        "scopes": ["tickets:read"],
    });
    let made = world.operate("POST", PROJECTS, body.clone()).await;
    let location = made.headers["location"].to_str().unwrap().to_owned();
    let mut expected = body.clone();
    let made = made.ok(201);
    expected["id"] = made["id"].clone();
    expected["created_at"] = json!("2027-01-15T08:00:00.000Z");
    expected["updated_at"] = json!("2027-01-15T08:00:00.000Z");
    assert_eq!(made, expected);
    for path in [location.as_str(), "/api/v1/projects/support"] {
        assert_eq!(world.operate("GET", path, Value::Null).await.ok(200), expected);
    }
    world.operate("POST", PROJECTS, body).await.refused(409, "name_taken");
    world.pass(5);
    expected["updated_at"] = json!("2027-01-15T08:00:05.000Z");
    for (field, value) in [
        ("description", json!("")),
        ("registration", json!("open")),
        ("scopes", json!(["a:read", "b:read"])),
    ] {
        let mut change = json!({});
        change[field] = value.clone();
        expected[field] = value;
        assert_eq!(world.operate("PATCH", &location, change).await.ok(200), expected);
    }
}

#[tokio::test]
async fn what_is_not_a_project_is_refused() {
    let world = World::new().await;
    let base = json!({ "name": "support" });
    for (field, value) in [
        ("name", json!("Support")),
        ("name", json!("prj_support")),
        ("name", Value::Null),
        ("description", json!("x".repeat(1_001))),
        ("description", json!("a\nb")),
        ("registration", json!("maybe")),
        ("scopes", json!(["Tickets:read"])),
        ("scopes", json!(["tickets:*"])),
        ("scopes", json!(["billing:owner"])),
        ("owner", json!("zoe")),
    ] {
        let mut body = base.clone();
        body[field] = value.clone();
        world.operate("POST", PROJECTS, body).await.refused(400, "request_malformed");
        if field != "name" {
            let mut change = json!({});
            change[field] = value;
            let changed = world.operate("PATCH", "/api/v1/projects/default", change).await;
            changed.refused(400, "request_malformed");
        }
    }
    let renamed = world.operate("PATCH", "/api/v1/projects/default", base).await;
    renamed.refused(400, "request_malformed");
    for id in ["support", "Support", "prj_x", "prj_00000000000000000000000001"] {
        let path = format!("/api/v1/projects/{id}");
        world.operate("GET", &path, Value::Null).await.refused(404, "not_found");
        world.operate("PATCH", &path, json!({})).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn the_first_project_is_as_old_as_the_installation() {
    let world = World::new().await;
    let shown = world.operate("GET", "/api/v1/projects/default", Value::Null).await.ok(200);
    assert_eq!(shown["created_at"], "2027-01-15T08:00:00.000Z");
    world.pass(60);
    let (store, entropy) = (&world.store, &world.entropy);
    let later = Timestamp::from_seconds(world.now());
    create_operator(store, &Clock::new(move || later), entropy).await.unwrap();
    let again = world.operate("GET", "/api/v1/projects/default", Value::Null).await.ok(200);
    assert_eq!(
        (&again["created_at"], &again["updated_at"]),
        (&shown["created_at"], &shown["updated_at"])
    );
}
