//! Policies at the gateway: they refuse with their reason, refuse when they fail, bind from the
//! next request on, and as shadows only report.

use bailiwick_domain::agent::Kind;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::world::World;
use serde_json::json;

const TICKET: &str = "/acme/tickets/7";
const ACCOUNT: &str = "/acme/accounts/7";

async fn ask(world: &World, method: &str, target: &str) -> Reply {
    world.send(&Ask::new(method, target).signed(&world.proof())).await
}

async fn verdict(world: &World, method: &str, target: &str) -> String {
    ask(world, method, target).await.verdict()
}

async fn post(world: &World, target: &str, body: &str) -> String {
    let ask = Ask::new("POST", target).json(body).digested().signed(&world.proof());
    world.send(&ask).await.verdict()
}

#[tokio::test]
async fn the_shipped_policies_are_in_force_until_others_are() {
    let world = World::begin().await;
    assert_eq!(verdict(&world, "GET", TICKET).await, "200");
    assert_eq!(verdict(&world, "DELETE", TICKET).await, "200", "its owner asks nobody");
    assert_eq!(post(&world, "/acme/salaries", "{}").await, "403 policy_denied");
    assert!(world.written().contains(r#""policies":["read-first"],"policy_version":0"#));
    assert!(!verdict(&world, "DELETE", ACCOUNT).await.starts_with("200"), "nobody watches it");
    world.change_agent(|agent| agent.kind = Kind::Copilot).await;
    assert_eq!(verdict(&world, "DELETE", ACCOUNT).await, "200", "somebody watches it");
    world.activate("").await;
    assert_eq!(post(&world, "/acme/salaries", "{}").await, "200", "others are in force");
}

#[tokio::test]
async fn a_refusal_says_by_which_policy_only_where_that_says_why() {
    let world = World::begin().await;
    world.activate("@id(\"why\") @reason(\"ask Ada\") forbid (principal, action, resource);").await;
    let refused = ask(&world, "GET", TICKET).await.json();
    assert_eq!(refused["code"], "policy_denied");
    assert_eq!(refused["policies"], json!(["why"]));
    assert_eq!(refused["hint"], "ask Ada");
    world.activate("@id(\"quiet\") forbid (principal, action, resource);").await;
    let refused = ask(&world, "GET", TICKET).await.json();
    assert_eq!((refused["code"].as_str(), refused.get("policies")), (Some("policy_denied"), None));
    assert!(world.written().contains(r#""policies":["quiet"],"policy_version":2"#));
    assert!(world.upstream.seen().is_empty());
}

/// Cedar skips a policy that fails; here it refuses, also where another would have allowed.
#[tokio::test]
async fn a_policy_that_fails_refuses() {
    let world = World::begin().await;
    let overflow = "context.time + 9223372036854775807 > 0";
    let fails = format!("@id(\"f\") forbid (principal, action, resource) when {{ {overflow} }};");
    world.activate(&fails).await;
    assert_eq!(verdict(&world, "GET", TICKET).await, "403 policy_error");
    world.activate("").await;
    assert_eq!(verdict(&world, "GET", TICKET).await, "200");
}

#[tokio::test]
async fn policies_that_cannot_be_read_refuse_everything() {
    let world = World::begin().await;
    world.activate("permit (principal, action, somewhere);").await;
    assert_eq!(verdict(&world, "GET", TICKET).await, "403 policy_error");
}

/// Every call is decided anew, an autonomous agent's above all: no decision outlives its request.
#[tokio::test]
async fn what_is_put_in_force_binds_on_the_next_request() {
    let world = World::begin().await;
    let reading = "@id(\"no\") forbid (principal in Kind::\"autonomous\", action, resource);";
    for _ in 0..3 {
        assert_eq!(verdict(&world, "GET", TICKET).await, "200");
        world.activate(reading).await;
        assert_eq!(verdict(&world, "GET", TICKET).await, "403 policy_denied");
        world.change_agent(|agent| agent.kind = Kind::Copilot).await;
        assert_eq!(verdict(&world, "GET", TICKET).await, "200", "it is of another kind now");
        world.change_agent(|agent| agent.kind = Kind::Autonomous).await;
        world.activate("").await;
    }
}

#[tokio::test]
async fn a_shadow_policy_only_reports() {
    let world = World::begin().await;
    world.activate("@id(\"later\") @shadow forbid (principal, action, resource);").await;
    assert_eq!(verdict(&world, "GET", TICKET).await, "200");
    let written = r#""policies":["within-scopes"],"policy_version":1,"shadow":["later"]"#;
    assert!(world.written().contains(written), "{}", world.written());
}

const FIELDS: &str = r#"
    @id("not-seven") forbid (principal, action, resource)
    when { context.text.hasTag("path/id") && context.text.getTag("path/id") == "7" };
    @id("no-draft") forbid (principal, action, resource)
    when { context.text.hasTag("query/state") && context.text.getTag("query/state") == "draft" };
    @id("small") forbid (principal, action == Action::"write", resource)
    unless { context.number.hasTag("body/amount") && context.number.getTag("body/amount") <= 100 };
"#;

#[tokio::test]
async fn fields_of_the_request_are_read_in_one_way_or_refused() {
    let world = World::begin().await;
    world.activate(FIELDS).await;
    assert_eq!(verdict(&world, "GET", "/acme/tickets/8").await, "200");
    assert_eq!(verdict(&world, "GET", TICKET).await, "403 policy_denied");
    let stated = |state: &str| format!("/acme/tickets/8?{state}");
    assert_eq!(verdict(&world, "GET", &stated("state=open")).await, "200");
    assert_eq!(verdict(&world, "GET", &stated("st%61te=dr%61ft")).await, "403 policy_denied");
    assert_eq!(verdict(&world, "GET", &stated("state=open&state=x")).await, "403 policy_error");
    for (body, expected) in [
        (r#"{"amount":100}"#, "200"),
        (r#"{"amount":101}"#, "403 policy_denied"),
        ("{}", "403 policy_denied"),
        (r#"{"amount":1.5}"#, "403 policy_error"),
        (r#"{"amount":"1"}"#, "403 policy_error"),
        (r#"{"amount":1,"amount":900}"#, "403 policy_error"),
        ("[1]", "403 policy_error"),
        ("amount=1", "403 policy_error"),
    ] {
        assert_eq!(post(&world, "/acme/tickets", body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn a_policy_that_refuses_takes_neither_nonce_nor_limit() {
    let world = World::begin().await;
    world.activate("@id(\"no\") forbid (principal, action, resource);").await;
    let ask = Ask::new("POST", "/acme/refunds").json("{}").digested().signed(&world.proof());
    for _ in 0..3 {
        assert_eq!(world.send(&ask).await.verdict(), "403 policy_denied");
    }
    world.activate("").await;
    assert_eq!(world.send(&ask).await.verdict(), "200");
}
