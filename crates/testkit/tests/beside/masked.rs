//! An answer of which something is kept back has to pass through the gateway.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;
use serde_json::json;

use crate::telling::{KNOWING, verdict};

/// A policy that masks, whatever scopes are held.
const MASKING: &str = r#"@id("strangers") @mask("pii") forbid (principal, action, resource)
                         unless { context has person };"#;

#[tokio::test]
async fn an_answer_that_would_be_masked_is_not_vouched_for() {
    let schema = json!({"properties": {"email": {"x-bailiwick": {"label": "pii"}}}});
    let answer = json!({"200": {"content": {"application/json": {"schema": schema}}}});
    let item = json!({"get": {"responses": answer}});
    let document = json!({"openapi": "3.1.0", "paths": {"/tickets/{id}": item}});
    for way in KNOWING {
        let world = World::begin().await;
        world.describe("acme", &document, false).await;
        world.describe("trial", &document, false).await;
        let ask = || Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
        let once = ask();
        assert_eq!(verdict(&world, way, &once).await, "403 not_in_line", "{way:?}");
        assert_eq!(world.send(&once).await.status, 502, "in line it is kept back unless masked");
        let observed = Ask::new("GET", "/trial/tickets/7").signed(&world.proof());
        assert_eq!(verdict(&world, way, &observed).await, "200", "{way:?}");
        let scopes = "tickets:read pii:unmask";
        world.change_agent(|agent| agent.scopes = scopes.parse().unwrap()).await;
        assert_eq!(verdict(&world, way, &ask()).await, "200", "{way:?}");
        world.activate(MASKING).await;
        assert_eq!(verdict(&world, way, &ask()).await, "403 not_in_line", "by policy: {way:?}");
    }
}
