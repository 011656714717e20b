//! `/api/agents/discover`.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn strangers_see_where_they_could_come_in_and_what_they_could_get() {
    let world = World::new().await;
    let closed = world.add_project("closed", "closed").await;
    let ask = world.add_project("support", "ask").await;
    let open = world.add_project("tickets", "open").await;
    let all = json!([
        { "name": "tickets", "scopes": ["tickets:read"] },
        { "name": "refunds", "scopes": ["refunds:write"] },
    ]);
    let within_the_ceiling = json!([{ "name": "tickets", "scopes": ["tickets:read"] }]);
    let project = |id, name, registration, apis: &serde_json::Value| {
        json!({
            "id": id,
            "name": name,
            "description": "",
            "registration": registration,
            "apis": apis,
        })
    };
    let default = json!("prj_00000000000000000000000000");
    let discovered = world.get("/api/agents/discover").await;
    assert!(!String::from_utf8_lossy(&discovered.body).contains(closed["id"].as_str().unwrap()));
    let expected = [
        project(&default, "default", "invite", &all),
        project(&ask["id"], "support", "ask", &within_the_ceiling),
        project(&open["id"], "tickets", "open", &within_the_ceiling),
    ];
    assert_eq!(discovered.ok(200), json!({ "projects": expected }));
}
