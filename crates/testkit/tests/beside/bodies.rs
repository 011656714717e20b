//! A body that comes along is checked as in line; one that does not is not vouched for, wherever
//! anything was promised of it or reads it.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{OPEN, World};
use serde_json::json;

use crate::telling::{UNKNOWING, Way, verdict};

/// Each way in which a body can come along.
const WITH_BODY: [Way; 3] = [Way::Forward("?body=forwarded"), Way::Http(true), Way::Grpc(true)];

fn post(body: &str) -> Ask {
    Ask::new("POST", "/acme/tickets").json(body).digested()
}

/// A policy that reads a body.
const READING: &str = r#"
    @id("small") forbid (principal, action == Action::"write", resource)
    unless { context.number.hasTag("body/amount") && context.number.getTag("body/amount") <= 100 };
"#;

/// A request whose token nothing is bound to.
fn by_bearer(world: &World, ask: Ask) -> Ask {
    let mut token = world.token();
    (token.cnf, token.aud) = (None, vec![OPEN.to_owned()]);
    ask.header("authorization", &world.bearer(&token))
}

#[tokio::test]
async fn a_body_that_comes_along_is_checked() {
    for way in WITH_BODY {
        let world = World::begin().await;
        let ask = post(r#"{"title":"naïve?"}"#).signed(&world.proof());
        let changed = Ask { body: b"{}".to_vec(), ..ask.clone() };
        let changed = changed.without("content-length");
        assert_eq!(verdict(&world, way, &changed).await, "401 digest_mismatch", "{way:?}");
        assert_eq!(verdict(&world, way, &ask).await, "200", "{way:?}");
        assert!(world.written().contains(r#""request":{"bytes":19,"digest":""#), "{way:?}");
        let large = format!("\"{}\"", "x".repeat(200 * 1024));
        let ask = post(&large).signed(&world.proof());
        assert_eq!(verdict(&world, way, &ask).await, "200", "{way:?}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_along_is_not_vouched_for() {
    for way in UNKNOWING {
        let world = World::begin().await;
        let ask = post("{}").signed(&world.proof());
        assert_eq!(verdict(&world, way, &ask).await, "403 not_in_line", "{way:?}");
        // It may be sent where the gateway sees it.
        assert_eq!(world.send(&ask).await.verdict(), "200", "{way:?}");
        // There may be a body that was not signed.
        let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
        assert_eq!(verdict(&world, way, &ask).await, "401 digest_missing", "{way:?}");
    }
}

#[tokio::test]
async fn a_body_of_which_nothing_was_promised_passes_unseen_and_the_record_says_nothing_of_it() {
    for way in UNKNOWING {
        let world = World::begin().await;
        let ask = by_bearer(&world, Ask::new("POST", "/open/tickets").json("{}"));
        assert_eq!(verdict(&world, way, &ask).await, "200", "{way:?}");
        assert!(!world.written().contains(r#""request":{"#), "{}", world.written());
        let promised = by_bearer(&world, Ask::new("POST", "/open/tickets").json("{}").digested());
        assert_eq!(verdict(&world, way, &promised).await, "403 not_in_line", "{way:?}");
    }
}

#[tokio::test]
async fn a_body_that_a_contract_a_policy_or_people_would_read_has_to_come_along() {
    let schema = json!({"type": "object", "properties": {"amount": {"type": "integer"}}});
    let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    let item = json!({"post": {"requestBody": body, "responses": {}}});
    let document = json!({"openapi": "3.1.0", "paths": {"/tickets": item}});
    for way in UNKNOWING {
        let world = World::begin().await;
        world.describe("open", &document, false).await;
        let ask = by_bearer(&world, Ask::new("POST", "/open/tickets").json("{\"amount\":1}"));
        assert_eq!(verdict(&world, way, &ask).await, "403 not_in_line", "contract: {way:?}");
        assert_eq!(world.send(&ask).await.verdict(), "200", "{way:?}");

        let world = World::begin().await;
        world.activate(READING).await;
        let ask = by_bearer(&world, Ask::new("POST", "/open/tickets").json("{\"amount\":1}"));
        assert_eq!(verdict(&world, way, &ask).await, "403 not_in_line", "policy: {way:?}");
        assert_eq!(world.send(&ask).await.verdict(), "200", "{way:?}");

        let world = World::begin().await;
        let ask = by_bearer(&world, Ask::new("POST", "/open/payouts").json("{\"amount\":1}"));
        assert_eq!(verdict(&world, way, &ask).await, "403 not_in_line", "people: {way:?}");
    }
}
