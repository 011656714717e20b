//! `/api/v1/agents`.

use serde_json::{Value, json};

use crate::world::{BEGINNING, World};

#[tokio::test]
async fn an_agent_is_shown_as_it_was_added_by_id_and_by_name() {
    let world = World::new().await;
    world.add_project("support", "closed").await;
    let body = json!({
        "name": "ticket-summarizer",
        "project": "support",
        "owner": "zoe@acme.example",
        "purpose": "summaries",
        "kind": "copilot",
        "scopes": ["tickets:read", "tickets:*"],
        "broad_because": "migration of the archive",
        "limit": "30/min",
        "networks": ["10.0.0.0/8", "192.0.2.7"],
    });
    let added = world.operate("POST", "/api/v1/agents", body).await;
    let location = added.headers["location"].to_str().unwrap().to_owned();
    let added = added.ok(201);
    assert_eq!(location, format!("/api/v1/agents/{}", added["id"].as_str().unwrap()));
    let expected = json!({
        "id": added["id"],
        "name": "ticket-summarizer",
        "project": "support",
        "owner": "zoe@acme.example",
        "purpose": "summaries",
        "kind": "copilot",
        "state": "active",
        "scopes": ["tickets:*", "tickets:read"],
        "broad_because": "migration of the archive",
        "limit": "30/min",
        "networks": ["10.0.0.0/8", "192.0.2.7/32"],
        "subject": "spiffe://acme.example/support/ticket-summarizer",
        "created_at": "2027-01-15T08:00:00.000Z",
        "updated_at": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(BEGINNING, 1_800_000_000);
    assert_eq!(added, expected);
    let by_name = "/api/v1/agents/ticket-summarizer?project=support";
    for path in [location.as_str(), by_name] {
        assert_eq!(world.operate("GET", path, Value::Null).await.ok(200), expected);
    }
}

#[tokio::test]
async fn what_is_not_an_agent_is_refused_and_nothing_is_added() {
    let world = World::new().await;
    let base = json!({ "name": "a", "owner": "o" });
    for (field, value) in [
        ("name", json!("A")),
        ("name", json!("")),
        ("name", json!(7)),
        ("name", Value::Null),
        ("project", json!("no/slash")),
        ("owner", json!("")),
        ("owner", json!("a\nb")),
        ("owner", json!("x".repeat(201))),
        ("purpose", json!("x".repeat(1_001))),
        ("kind", json!("human")),
        ("scopes", json!(["Tickets:read"])),
        ("scopes", json!("tickets:read")),
        ("scopes", json!(vec!["a:b"; 65])),
        ("limit", json!("30")),
        ("limit", json!("0/min")),
        ("networks", json!(["10.0.0.1/8"])),
        ("networks", json!(vec!["10.0.0.0/8"; 65])),
        ("broad_because", json!("")),
        ("state", json!("active")),
        ("id", json!("agt_00000000000000000000000000")),
    ] {
        let mut body = base.clone();
        body[field] = value;
        let answer = world.operate("POST", "/api/v1/agents", body).await;
        answer.refused(400, "request_malformed");
    }
    let nowhere = json!({ "name": "a", "owner": "o", "project": "nowhere" });
    world.operate("POST", "/api/v1/agents", nowhere).await.refused(404, "not_found");
    let listed = world.operate("GET", "/api/v1/agents", Value::Null).await.ok(200);
    assert_eq!(listed, json!({ "agents": [] }));
}

#[tokio::test]
async fn a_name_is_taken_for_ever_in_its_project_only() {
    let world = World::new().await;
    let body = json!({ "name": "a", "owner": "o" });
    world.operate("POST", "/api/v1/agents", body.clone()).await.ok(201);
    world.operate("POST", "/api/v1/agents", body.clone()).await.refused(409, "name_taken");
    world.operate("POST", "/api/v1/agents/a/retire", Value::Null).await.ok(200);
    world.operate("POST", "/api/v1/agents", body.clone()).await.refused(409, "name_taken");
    world.add_project("other", "closed").await;
    let mut elsewhere = body;
    elsewhere["project"] = json!("other");
    world.operate("POST", "/api/v1/agents", elsewhere).await.ok(201);
}

#[tokio::test]
async fn an_operator_is_told_whose_name_looks_like_the_one_that_was_wanted() {
    let world = World::new().await;
    let add = async |name: &str| {
        let body = json!({ "name": name, "owner": "o" });
        world.operate("POST", "/api/v1/agents", body).await
    };
    let holder = add("billing").await.ok(201);
    let alike = add("bi11-ing").await;
    let detail = alike.json()["detail"].as_str().unwrap().to_owned();
    alike.refused(409, "name_taken");
    assert_eq!(
        detail,
        format!("`billing` ({}), which is active, has it", holder["id"].as_str().unwrap())
    );
    let detail = add("Billing").await.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("lower case"), "{detail}");
    add("admin").await.ok(201);
}

#[tokio::test]
async fn a_broad_scope_is_granted_only_with_a_reason() {
    let world = World::new().await;
    for scope in ["*", "admin", "owner", "tickets:*", "billing:admin"] {
        let body = json!({ "name": "a", "owner": "o", "scopes": ["a:read", scope] });
        world.operate("POST", "/api/v1/agents", body).await.refused(400, "scope_broad");
    }
    let body = json!({ "name": "a", "owner": "o", "scopes": ["a:read"] });
    world.operate("POST", "/api/v1/agents", body).await.ok(201);
    let change = async |body: Value| world.operate("PATCH", "/api/v1/agents/a", body).await;
    change(json!({ "scopes": ["a:*"] })).await.refused(400, "scope_broad");
    let reasoned = json!({ "scopes": ["a:*"], "broad_because": "incident 7" });
    assert_eq!(change(reasoned).await.ok(200)["broad_because"], "incident 7");
    change(json!({ "scopes": ["a:*", "b:*"] })).await.refused(400, "scope_broad");
    let kept = change(json!({ "scopes": ["a:*", "b:read"] })).await.ok(200);
    assert_eq!(kept["broad_because"], "incident 7");
    let narrowed = change(json!({ "scopes": ["a:read"] })).await.ok(200);
    assert_eq!(narrowed.get("broad_because"), None);
    change(json!({ "scopes": ["a:*"] })).await.refused(400, "scope_broad");
}

#[tokio::test]
async fn a_change_changes_what_it_names_and_nothing_else() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let path = format!("/api/v1/agents/{}", agent.id);
    let before = world.operate("GET", &path, Value::Null).await.ok(200);
    world.pass(5);
    let check = async |change: Value, field: &str, expected: Value| {
        let mut expected_agent = world.operate("GET", &path, Value::Null).await.ok(200);
        let changed = world.operate("PATCH", &path, change).await.ok(200);
        expected_agent[field] = expected;
        expected_agent["updated_at"] = json!("2027-01-15T08:00:05.000Z");
        assert_eq!(changed, expected_agent);
    };
    check(json!({ "owner": "new" }), "owner", json!("new")).await;
    check(json!({ "limit": "5/s" }), "limit", json!("5/s")).await;
    check(json!({ "limit": null }), "limit", Value::Null).await;
    check(json!({ "networks": ["10.0.0.0/8"] }), "networks", json!(["10.0.0.0/8"])).await;
    check(json!({ "networks": [] }), "networks", json!([])).await;
    check(json!({ "scopes": ["tickets:read"] }), "scopes", json!(["tickets:read"])).await;
    check(json!({}), "created_at", before["created_at"].clone()).await;
    for refused in [
        json!({ "name": "b" }),
        json!({ "state": "active" }),
        json!({ "project": "other" }),
        json!({ "limit": "never" }),
        json!({ "limit": 5 }),
        json!({ "owner": "" }),
        json!([]),
    ] {
        let answer = world.operate("PATCH", &path, refused).await;
        answer.refused(400, "request_malformed");
    }
}

#[tokio::test]
async fn states_move_as_they_may() {
    let world = World::new().await;
    world.enroll("a").await;
    for (verb, expected) in [
        ("resume", None),
        ("suspend", Some("suspended")),
        ("suspend", None),
        ("resume", Some("active")),
        ("retire", Some("retired")),
        ("resume", None),
        ("suspend", None),
        ("retire", None),
    ] {
        let path = format!("/api/v1/agents/a/{verb}");
        let answer = world.operate("POST", &path, Value::Null).await;
        match expected {
            Some(state) => assert_eq!(answer.ok(200)["state"], state),
            None => answer.refused(409, "state_impossible"),
        }
    }
}

#[tokio::test]
async fn lists_come_in_pages_and_are_narrowed_by_project_and_state() {
    let world = World::new().await;
    world.add_project("x", "closed").await;
    world.add_project("y", "closed").await;
    for (name, project) in [("a", "x"), ("b", "x"), ("c", "y")] {
        let body = json!({ "name": name, "project": project, "owner": "o" });
        world.operate("POST", "/api/v1/agents", body).await.ok(201);
        world.pass(1);
    }
    let list = async |query: &str| {
        world.operate("GET", &format!("/api/v1/agents{query}"), Value::Null).await
    };
    let names = |listed: &Value| -> Vec<String> {
        let agents = listed["agents"].as_array().unwrap().iter();
        agents.map(|agent| agent["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = list("?limit=2").await.ok(200);
    assert_eq!(names(&first), ["a", "b"]);
    let next = first["next"].as_str().unwrap();
    let second = list(&format!("?limit=2&after={next}")).await.ok(200);
    assert_eq!((names(&second), second.get("next")), (vec!["c".to_owned()], None));
    assert_eq!(names(&list("?project=x").await.ok(200)), ["a", "b"]);
    world.operate("POST", "/api/v1/agents/c/suspend?project=y", Value::Null).await.ok(200);
    assert_eq!(names(&list("?state=suspended").await.ok(200)), ["c"]);
    for query in ["?limit=0", "?limit=1001", "?state=gone", "?after=x", "?project=X", "?page=2"] {
        list(query).await.refused(400, "request_malformed");
    }
}

#[tokio::test]
async fn whom_nobody_knows_is_not_found() {
    let world = World::new().await;
    world.enroll("a").await;
    for (method, path) in [
        ("GET", "/api/v1/agents/b"),
        ("GET", "/api/v1/agents/a?project=other"),
        ("GET", "/api/v1/agents/agt_00000000000000000000000000"),
        ("GET", "/api/v1/agents/agt_a"),
        ("GET", "/api/v1/agents/A"),
        ("POST", "/api/v1/agents/b/suspend"),
        ("POST", "/api/v1/agents/b/resume"),
        ("POST", "/api/v1/agents/b/retire"),
    ] {
        world.operate(method, path, Value::Null).await.refused(404, "not_found");
    }
    let changed = world.operate("PATCH", "/api/v1/agents/b", json!({})).await;
    changed.refused(404, "not_found");
}
