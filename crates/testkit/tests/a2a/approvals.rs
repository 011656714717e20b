//! People agree to a message before it is sent on.

use bailiwick_domain::id::ApprovalId;
use bailiwick_domain::ruling::Verdict;
use serde_json::json;

use crate::{Scene, http, message, rpc, verdict};

/// With a skill that people agree to each time.
async fn scene() -> Scene {
    Scene::with(|card| {
        card["capabilities"]["extensions"] = json!([{
            "uri": "urn:bailiwick:a2a:operations",
            "params": {"skills": {
                "close": {"scopes": ["tickets:write"], "approval": "always"},
            }},
        }]);
    })
    .await
}

#[tokio::test]
async fn a_message_goes_through_once_when_people_have_agreed_to_it() {
    let scene = scene().await;
    let ask = || rpc("SendMessage", message(Some("close"), "ticket 7"));
    let reply = scene.say(ask()).await;
    assert_eq!(verdict(&reply), "200 202 approval_pending");
    let error = &reply.json()["error"];
    let told = &error["data"][1]["value"]["approval"];
    assert!(error["message"].as_str().unwrap().contains(told["url"].as_str().unwrap()));
    let id: ApprovalId = told["id"].as_str().unwrap().parse().unwrap();
    let shown = scene.world.shown(id).await.unwrap();
    assert!(shown.contains("ticket 7") && !shown.contains("m-1"), "{shown}");
    scene.world.decide(id, 1, Verdict::Approve).await;
    let other = rpc("SendMessage", message(Some("close"), "ticket 8"));
    scene.check(other, "403 403 approval_mismatch").await;
    let mut again = ask();
    let renamed = String::from_utf8(again.body).unwrap().replace("m-1", "m-2");
    again.body = renamed.replace("\"id\":7", "\"id\":8").into();
    scene.check(again, "200").await;
    assert_eq!(verdict(&scene.say(ask()).await), "200 202 approval_pending", "once");
}

#[tokio::test]
async fn over_http_what_waits_is_no_answer_to_the_message() {
    let scene = scene().await;
    let ask = http("POST", "message:send", Some(message(Some("close"), "7")));
    let told = scene.check(ask, "400 FAILED_PRECONDITION approval_pending").await;
    assert!(told["approval"]["url"].is_string(), "{told}");
}

#[tokio::test]
async fn people_agree_to_a_message_that_may_be_for_what_they_agree_to() {
    let scene = scene().await;
    scene
        .world
        .change_agent(|agent| {
            agent.scopes = "tickets:read tickets:write tickets:purge".parse().unwrap();
        })
        .await;
    let reply = scene.say(rpc("SendMessage", message(None, "7"))).await;
    assert_eq!(verdict(&reply), "200 202 approval_pending");
    assert!(scene.agent.seen().is_empty());
}
