//! Requests that pass; and the smallest changes that are refused, each in the words of its binding
//! and with the denial's code.

use bailiwick_testkit::ask::Ask;
use serde_json::json;

use crate::{SKILL, Scene, http, message, rpc};

#[tokio::test]
async fn a_skill_that_an_agent_may_use_is_used_by_either_binding() {
    let scene = Scene::begin().await;
    for skill in ["summarize", "close"] {
        let say = || message(Some(skill), "all of today");
        scene.check(rpc("SendMessage", say()), "200").await;
        scene.check(rpc("SendStreamingMessage", say()), "200").await;
        scene.check(http("POST", "message:send", Some(say())), "200").await;
        scene.check(http("POST", "message:stream", Some(say())), "200").await;
    }
    let seen = scene.agent.seen();
    assert_eq!(seen[0].target, "/rpc");
    assert_eq!(seen[2].target, "/v1/message:send");
    assert_eq!(seen[0].headers["a2a-version"], "1.0");
    assert_eq!(seen[0].headers["x-agent-id"], "ticket-summarizer");
}

#[tokio::test]
async fn by_json_rpc_each_smallest_change_is_refused_in_its_words() {
    let scene = Scene::begin().await;
    let golden = || rpc("SendMessage", message(Some("close"), "7"));
    scene.check(golden(), "200").await;
    let said = |skill: &str| rpc("SendMessage", message(Some(skill), "7"));
    let named = |value| {
        let mut params = message(None, "7");
        params["message"]["metadata"] = json!({SKILL: value});
        rpc("SendMessage", params)
    };
    let raw = |body: &str| Ask::new("POST", "/agent/rpc").json(body).header("a2a-version", "1.0");
    for (ask, expected) in [
        (said("purge"), "403 403 scope_missing"),
        (said("nothing"), "403 -32602 operation_unknown"),
        (said("*"), "403 -32602 operation_unknown"),
        (said("Close"), "403 -32602 operation_unknown"),
        (rpc("SendMessage", message(None, "7")), "403 403 scope_missing"),
        (named(json!(["close"])), "400 -32602 request_malformed"),
        (named(json!(null)), "400 -32602 request_malformed"),
        (rpc("SendMessage", json!({})), "400 -32602 request_malformed"),
        (rpc("SendMessage", json!({"message": "x"})), "400 -32602 request_malformed"),
        (rpc("SendMessage", json!({"Message": {}})), "400 -32602 request_malformed"),
        (rpc("message/send", message(Some("close"), "7")), "403 -32601 operation_unknown"),
        (rpc("sendMessage", message(Some("close"), "7")), "403 -32601 operation_unknown"),
        (golden().without("a2a-version"), "400 -32009 request_malformed"),
        (
            golden().without("a2a-version").header("a2a-version", "0.3"),
            "400 -32009 request_malformed",
        ),
        (golden().header("a2a-version", "0.3"), "400 -32009 request_malformed"),
        (golden().without("content-type"), "400 -32005 request_malformed"),
        (golden().header("content-encoding", "gzip"), "400 -32005 request_malformed"),
        (raw("{"), "400 -32700 request_malformed"),
        (raw("[]"), "400 -32600 request_malformed"),
        (raw("{}"), "400 -32600 request_malformed"),
        (
            raw(r#"{"jsonrpc":"2.0","method":"SendMessage","params":{}}"#),
            "400 -32600 request_malformed",
        ),
        (
            raw(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"GetTask"}"#),
            "400 -32700 request_malformed",
        ),
        (
            raw(&format!("{}{}", "[{\"a\":".repeat(80), "}]".repeat(80))),
            "400 -32600 request_malformed",
        ),
        (Ask { target: "/agent/rpc?x=1".to_owned(), ..golden() }, "400 -32600 request_malformed"),
        (Ask { method: "PUT".to_owned(), ..golden() }, "400 -32600 request_malformed"),
    ] {
        scene.check(ask, expected).await;
    }
}

#[tokio::test]
async fn over_http_each_smallest_change_is_refused_in_its_words() {
    let scene = Scene::begin().await;
    let say = |skill: Option<&str>| http("POST", "message:send", Some(message(skill, "7")));
    scene.check(say(Some("close")), "200").await;
    let moved = |target: &str| Ask { target: target.to_owned(), ..say(Some("close")) };
    for (ask, expected) in [
        (say(Some("purge")), "403 PERMISSION_DENIED scope_missing"),
        (say(Some("nothing")), "403 PERMISSION_DENIED operation_unknown"),
        (say(None), "403 PERMISSION_DENIED scope_missing"),
        (say(Some("close")).without("a2a-version"), "400 FAILED_PRECONDITION request_malformed"),
        (say(Some("close")).without("content-type"), "400 INVALID_ARGUMENT request_malformed"),
        (http("POST", "message:send", None), "400 INVALID_ARGUMENT request_malformed"),
        (moved("/agent/v1/message%3Asend"), "403 PERMISSION_DENIED operation_unknown"),
        (moved("/agent/v1/other/message:send"), "403 PERMISSION_DENIED operation_unknown"),
        (moved("/agent/v2/message:send"), "403 PERMISSION_DENIED operation_unknown"),
        (moved("/agent/message:send"), "403 PERMISSION_DENIED operation_unknown"),
        (moved("/agent/old"), "403 PERMISSION_DENIED operation_unknown"),
        (
            moved("/agent/v1/message:send?message.taskId=8"),
            "400 INVALID_ARGUMENT request_malformed",
        ),
    ] {
        scene.check(ask, expected).await;
    }
}

#[tokio::test]
async fn a_request_that_nobody_signed_is_refused_in_the_bindings_words() {
    let scene = Scene::begin().await;
    let reply = scene.world.send(&http("GET", "tasks/7", None)).await;
    assert_eq!(crate::verdict(&reply), "401 UNAUTHENTICATED credential_missing");
    assert!(reply.header("www-authenticate").is_some_and(|it| it.contains("resource_metadata")));
}

#[tokio::test]
async fn nothing_is_served_of_an_agent_whose_card_was_not_accepted() {
    let agent = bailiwick_testkit::upstream::Upstream::start().await;
    let url = format!("http://{}", agent.address);
    let choices = bailiwick_testkit::world::Choices {
        a2a: Some(url),
        ..bailiwick_testkit::world::Choices::default()
    };
    let world = bailiwick_testkit::world::World::begin_with(choices).await;
    let scene = Scene { world, agent };
    let ask = http("POST", "message:send", Some(message(Some("close"), "7")));
    scene.check(ask, "403 PERMISSION_DENIED operation_unknown").await;
    let card = Ask::new("GET", "/agent/.well-known/agent-card.json");
    scene.check(card, "403 PERMISSION_DENIED operation_unknown").await;
}
