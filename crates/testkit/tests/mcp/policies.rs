//! Policies read what a tool is called with, by the names that they have for a body.

use bailiwick_testkit::ask::Ask;
use serde_json::{Value, json};

use crate::{Scene, call, names, request, stateless, verdict};

/// A server whose tool pays back, and whose resources are told apart by a variable.
async fn paying_back(policy: &str) -> Scene {
    let scene = Scene::begin().await;
    let scopes = |scope: &str| json!({"bailiwick": {"scopes": [scope]}});
    let customer = json!({"type": "object", "properties": {"country": {"type": "string"}}});
    let arguments = json!({
        "type": "object",
        "properties": {
            "amount": {"type": "number"}, "customer": customer, "lines": {"type": "array"},
            "params": {"type": "object", "additionalProperties": true},
        },
    });
    let refund = json!({
        "name": "refund", "inputSchema": arguments, "_meta": scopes("tickets:write"),
    });
    let catalog = json!({
        "mcp": "2025-11-25",
        "tools": [refund],
        "resourceTemplates": [{
            "uriTemplate": "tickets://{year}/{id}", "name": "one", "_meta": scopes("tickets:read"),
        }],
        "prompts": [{
            "name": "close", "arguments": [{"name": "id"}], "_meta": scopes("tickets:read"),
        }],
    });
    scene.world.describe("mcp", &catalog, true).await;
    scene.world.activate(policy).await;
    scene
}

fn refund(arguments: Value) -> Ask {
    call("refund", arguments)
}

async fn check(scene: &Scene, ask: Ask, expected: &str) {
    let before = scene.server.seen().len();
    let reply = scene.say(ask).await;
    assert_eq!(verdict(&reply), expected, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(scene.server.seen().len(), before + usize::from(expected == "200"), "{expected}");
}

#[tokio::test]
async fn a_large_refund_is_refused_and_a_small_one_passes() {
    // As one would write it for POST /refunds, and for every operation there is.
    let scene = paying_back(
        r#"@id("small-refunds") @reason("a person makes large refunds")
           forbid (principal, action in Action::"change", resource)
           unless {
               context.number.hasTag("body/amount") && context.number.getTag("body/amount") <= 100
           };"#,
    )
    .await;
    let denied = "403 403 policy_denied";
    check(&scene, refund(json!({"amount": 100})), "200").await;
    check(&scene, refund(json!({"amount": 101})), denied).await;
    check(&scene, refund(json!({})), denied).await;
    let elsewhere = refund(json!({"params": {"arguments": {"amount": 5}}}));
    check(&scene, elsewhere, denied).await;
    let old = json!({"name": "refund", "arguments": {"amount": 101}});
    check(&scene, request("tools/call", old.clone()), denied).await;
    let mut beside = old;
    beside["amount"] = json!(5);
    check(&scene, request("tools/call", beside), denied).await;
    for amount in [json!(10.5), json!(1e300)] {
        check(&scene, refund(json!({"amount": amount})), "403 403 policy_error").await;
    }
    // The schema goes before: what it does not take is not put to a policy.
    for arguments in [json!({"amount": "5"}), json!({"Amount": 5}), json!({"amount": 5, "x": 1})] {
        check(&scene, refund(arguments), "400 -32602 contract_violated").await;
    }
    let listed = scene.say(stateless("tools/list", json!({}))).await;
    assert_eq!(listed.status, 200, "a list has no amount, and changes nothing");
    let reply = scene.say(refund(json!({"amount": 900}))).await;
    let problem = &reply.json()["error"]["data"];
    assert_eq!(problem["hint"], "a person makes large refunds");
    assert_eq!(problem["policies"], json!(["small-refunds"]));
    assert!(scene.world.written().contains(r#""policies":["small-refunds"]"#));
}

#[tokio::test]
async fn what_is_nested_and_what_a_prompt_is_got_with_is_read_too() {
    let scene = paying_back(
        r#"@id("abroad") forbid (principal, action, resource)
           when {
               context.text.hasTag("body/customer/country") &&
               context.text.getTag("body/customer/country") != "CH"
           };
           @id("not-that-one") forbid (principal, action, resource)
           when { context.text.hasTag("body/id") && context.text.getTag("body/id") == "7" };"#,
    )
    .await;
    let of = |country: &str| refund(json!({"customer": {"country": country}}));
    check(&scene, of("CH"), "200").await;
    check(&scene, of("LI"), "403 403 policy_denied").await;
    let prompt =
        |id: &str| stateless("prompts/get", json!({"name": "close", "arguments": {"id": id}}));
    check(&scene, prompt("8"), "200").await;
    check(&scene, prompt("7"), "403 403 policy_denied").await;
}

#[tokio::test]
async fn a_variable_of_a_resource_is_a_parameter_of_its_path() {
    let scene = paying_back(
        r#"@id("this-year") forbid (principal, action, resource)
           when {
               context.number.hasTag("path/year") && context.number.getTag("path/year") < 2026
           };"#,
    )
    .await;
    let read = |uri: &str| stateless("resources/read", json!({"uri": uri}));
    check(&scene, read("tickets://2026/7"), "200").await;
    check(&scene, read("tickets://2025/7"), "403 403 policy_denied").await;
    check(&scene, read("tickets://all/7"), "403 403 policy_error").await;
    let shown = scene.say(stateless("resources/templates/list", json!({}))).await;
    assert_eq!(shown.json()["result"]["resourceTemplates"], json!([]), "as it is not accepted so");
    let tools = scene.say(stateless("tools/list", json!({}))).await;
    assert!(names(&tools.json()["result"], "tools", "name").is_empty());
}
