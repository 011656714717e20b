//! A tool that people agree to first: the client is told as it can show it, and the call goes
//! through once.

use bailiwick_domain::id::ApprovalId;
use bailiwick_domain::ruling::Verdict;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use serde_json::{Value, json};

use crate::sessions::{begin, within};
use crate::{Scene, call, stateless_by, verdict};

fn shows_pages() -> Value {
    json!({"elicitation": {"url": {}}})
}

fn pay(params: Value) -> Ask {
    stateless_by(&shows_pages(), "tools/call", params)
}

fn approval_in(told: &Value) -> ApprovalId {
    let url = told["url"].as_str().unwrap();
    url.rsplit('/').next().unwrap().parse().unwrap()
}

/// The state that a client is to send back, and the approval that it is shown.
fn asked_for(reply: &Reply) -> (String, ApprovalId) {
    let result = &reply.json()["result"];
    assert_eq!((reply.status, &result["resultType"]), (200, &json!("input_required")));
    let asked = &result["inputRequests"]["bailiwick-approval"];
    assert_eq!(
        (&asked["method"], &asked["params"]["mode"]),
        (&json!("elicitation/create"), &json!("url"))
    );
    let state = result["requestState"].as_str().unwrap().to_owned();
    (state, approval_in(&asked["params"]))
}

#[tokio::test]
async fn a_client_that_shows_no_pages_is_told_what_to_do_and_calls_again() {
    let scene = Scene::begin().await;
    let ask = || call("pay", json!({"amount": 5}));
    let reply = scene.say(ask()).await;
    assert_eq!(verdict(&reply), "200 202 approval_pending");
    let error = &reply.json()["error"];
    let told = &error["data"]["approval"];
    assert!(error["message"].as_str().unwrap().contains(told["url"].as_str().unwrap()));
    let id: ApprovalId = told["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        scene.world.shown(id).await.unwrap(),
        r#"{"method":"tools/call","name":"pay","arguments":{"amount":5}}"#
    );
    scene.world.decide(id, 1, Verdict::Approve).await;
    assert!(scene.seen("tools/call").is_empty(), "nothing is executed by approving");
    let other = call("pay", json!({"amount": 50}));
    assert_eq!(verdict(&scene.say(other).await), "403 403 approval_mismatch");
    let mut again = ask();
    again.body = String::from_utf8(again.body).unwrap().replace("\"id\":7", "\"id\": \"b\"").into();
    assert_eq!(verdict(&scene.say(again).await), "200", "the same call, whatever is around it");
    assert_eq!(verdict(&scene.say(ask()).await), "200 202 approval_pending", "once");
    assert_eq!(scene.seen("tools/call").len(), 1);
}

#[tokio::test]
async fn a_client_of_2025_11_25_is_shown_the_page_by_an_error() {
    let scene = Scene::begin().await;
    let params = || json!({"name": "pay", "arguments": {"amount": 5}});
    let silent = begin(&scene, &json!({"elicitation": {}})).await;
    let reply = scene.say(within(&silent, "tools/call", params())).await;
    assert_eq!(verdict(&reply), "200 202 approval_pending");
    let session = begin(&scene, &shows_pages()).await;
    let reply = scene.say(within(&session, "tools/call", params())).await;
    assert_eq!(verdict(&reply), "200 -32042 approval_pending");
    let page = &reply.json()["error"]["data"]["elicitations"][0];
    assert_eq!(page["mode"], "url");
    scene.world.decide(approval_in(page), 1, Verdict::Approve).await;
    let reply = scene.say(within(&session, "tools/call", params())).await;
    assert_eq!(verdict(&reply), "200");
    assert_eq!(scene.seen("tools/call").len(), 1);
}

#[tokio::test]
async fn a_stateless_client_is_asked_by_a_result_and_sends_back_what_it_got() {
    let scene = Scene::begin().await;
    let params = || json!({"name": "pay", "arguments": {"amount": 5.00}});
    let (state, id) = asked_for(&scene.say(pay(params())).await);
    let answer = json!({"bailiwick-approval": {"action": "accept"}, "other": {"action": "accept"}});
    let again = || {
        let mut params = params();
        (params["requestState"], params["inputResponses"]) = (json!(state), answer.clone());
        pay(params)
    };
    assert_eq!(asked_for(&scene.say(again()).await).1, id, "nobody has decided");
    scene.world.decide(id, 1, Verdict::Approve).await;
    assert_eq!(verdict(&scene.say(again()).await), "200");
    let seen = scene.seen("tools/call");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["params"]["arguments"], json!({"amount": 5.0}));
    assert_eq!(seen[0]["params"]["inputResponses"], json!({"other": {"action": "accept"}}));
    assert!(seen[0]["params"].get("requestState").is_none(), "the server never made it");
    let used = scene.say(again()).await;
    assert_eq!(verdict(&used), "403 403 approval_mismatch", "once");
}

#[tokio::test]
async fn what_somebody_refuses_is_an_error_with_the_reason() {
    let scene = Scene::begin().await;
    let params = json!({"name": "pay", "arguments": {}});
    let (_, id) = asked_for(&scene.say(pay(params.clone())).await);
    scene.world.decide(id, 1, Verdict::Deny).await;
    let reply = scene.say(pay(params)).await;
    assert_eq!(verdict(&reply), "403 403 approval_denied");
    assert_eq!(reply.json()["error"]["data"]["detail"], "not without a ticket");
}

#[tokio::test]
async fn a_state_that_was_changed_or_is_anothers_is_refused() {
    let scene = Scene::begin().await;
    let with = |amount: i32, state: &str| {
        pay(json!({"name": "pay", "arguments": {"amount": amount}, "requestState": state}))
    };
    let first = pay(json!({"name": "pay", "arguments": {"amount": 5}}));
    let (state, id) = asked_for(&scene.say(first).await);
    scene.world.decide(id, 1, Verdict::Approve).await;
    let mut changed = state.clone().into_bytes();
    changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for ask in [
        with(5, &changed),
        with(5, "bailiwick."),
        with(50, &state),
        crate::stateless("tools/list", json!({"requestState": state})),
    ] {
        assert_eq!(verdict(&scene.say(ask).await), "400 -32602 request_malformed");
    }
    let thief = scene.another_agent().await;
    let stolen = with(5, &state).digested().signed(&scene.world.proof_by(&thief));
    let stolen = scene.world.send(&stolen).await;
    assert_eq!(verdict(&stolen), "403 403 approval_mismatch", "whoever holds it");
    assert!(scene.seen("tools/call").is_empty());
    assert_eq!(verdict(&scene.say(with(5, &state)).await), "200");
    let of_the_server =
        pay(json!({"name": "search", "arguments": {"query": "a"}, "requestState": "x"}));
    scene.say(of_the_server).await;
    assert_eq!(scene.seen("tools/call")[1]["params"]["requestState"], "x", "a server has its own");
}
