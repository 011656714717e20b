//! Messages that name no skill, and such as ask for more than an answer.

use std::sync::Arc;

use bailiwick_domain::a2a::CREATE_PUSH;
use bailiwick_domain::operation::{ApprovalRule, Operation};
use bailiwick_testkit::world::Choices;
use serde_json::json;

use crate::{Scene, http, message, rpc, without_purge};

#[tokio::test]
async fn a_message_that_names_no_skill_is_for_who_may_use_all_of_them() {
    let all = Scene::with(without_purge).await;
    all.check(rpc("SendMessage", message(None, "7")), "200").await;
    let some = Scene::begin().await;
    let told = some.check(rpc("SendMessage", message(None, "7")), "403 403 scope_missing").await;
    let problem = &told["error"]["data"][1]["value"];
    assert_eq!(problem["missing_scopes"], json!(["tickets:purge"]));
    assert!(problem["hint"].as_str().unwrap().contains(crate::SKILL), "{problem}");
}

#[tokio::test]
async fn an_agent_of_one_skill_needs_not_be_told_which() {
    let scene = Scene::with(|card| {
        let skills = card["skills"].as_array_mut().unwrap();
        skills.truncate(1);
    })
    .await;
    scene.check(rpc("SendMessage", message(None, "7")), "200").await;
    assert!(scene.world.written().contains(r#""operation":"SendMessage summarize""#));
}

#[tokio::test]
async fn policies_decide_about_every_skill_that_may_answer() {
    let scene = Scene::with(without_purge).await;
    scene.check(rpc("SendMessage", message(None, "7")), "200").await;
    scene
        .world
        .activate(
            r#"@id("no-closing") @reason("closing is for people")
            forbid (principal, action, resource == Operation::"agent SendMessage close");"#,
        )
        .await;
    scene.check(rpc("SendMessage", message(Some("summarize"), "7")), "200").await;
    scene.check(rpc("SendMessage", message(Some("close"), "7")), "403 403 policy_denied").await;
    scene.check(rpc("SendMessage", message(None, "7")), "403 403 policy_denied").await;
}

#[tokio::test]
async fn a_policy_reads_a_message_by_either_binding() {
    let scene = Scene::begin().await;
    scene
        .world
        .activate(
            r#"@id("no-contexts") forbid (principal, action, resource)
            when { context.text.hasTag("body/message/contextId") };"#,
        )
        .await;
    let said = || message(Some("close"), "7");
    let mut within = said();
    within["message"]["contextId"] = "c-1".into();
    scene.check(rpc("SendMessage", said()), "200").await;
    scene.check(rpc("SendMessage", within.clone()), "403 403 policy_denied").await;
    scene.check(http("POST", "message:send", Some(said())), "200").await;
    let over_http = http("POST", "message:send", Some(within));
    scene.check(over_http, "403 PERMISSION_DENIED policy_denied").await;
}

#[tokio::test]
async fn that_somebodys_url_is_told_of_a_task_has_to_be_described() {
    let scene = Scene::begin().await;
    let mut asked = message(Some("close"), "7");
    asked["configuration"] = json!({"taskPushNotificationConfig": {"url": "https://x.test"}});
    scene.check(rpc("SendMessage", asked.clone()), "403 -32003 operation_unknown").await;
    let over_http = http("POST", "message:send", Some(asked.clone()));
    scene.check(over_http, "400 FAILED_PRECONDITION operation_unknown").await;
    asked["configuration"] = json!({"task_push_notification_config": {"url": "https://x.test"}});
    scene.check(rpc("SendMessage", asked), "400 -32602 request_malformed").await;
    let config = json!({"taskId": "7", "url": "https://x.test"});
    let ask = rpc("CreateTaskPushNotificationConfig", config.clone());
    scene.check(ask, "403 -32003 operation_unknown").await;
    let ask = http("POST", "tasks/7/pushNotificationConfigs", Some(config));
    scene.check(ask, "400 FAILED_PRECONDITION operation_unknown").await;
}

#[tokio::test]
async fn where_it_is_described_people_agree_to_a_message_that_asks_for_it() {
    let scopes = "tickets:write".parse().unwrap();
    let push = Operation::new("agent", CREATE_PUSH, "", scopes);
    let push = Arc::new(Operation { approval: ApprovalRule::Always, ..push });
    let choices = Choices { a2a_operations: vec![push], ..Choices::default() };
    let scene = Scene::beginning(choices, |_| ()).await;
    let mut asked = message(Some("close"), "7");
    scene.check(rpc("SendMessage", asked.clone()), "200").await;
    asked["configuration"] = json!({"taskPushNotificationConfig": {"url": "https://x.test"}});
    let reply = scene.say(rpc("SendMessage", asked)).await;
    assert_eq!(crate::verdict(&reply), "200 202 approval_pending");
    scene.world.change_agent(|agent| agent.scopes = "tickets:read".parse().unwrap()).await;
    let mut reading = message(Some("summarize"), "7");
    reading["configuration"] = json!({"taskPushNotificationConfig": {"url": "https://x.test"}});
    scene.check(rpc("SendMessage", reading), "403 403 scope_missing").await;
}

#[tokio::test]
async fn the_record_says_which_skill_was_asked_with_what() {
    let scene = Scene::begin().await;
    scene.check(rpc("SendMessage", message(Some("close"), "7")), "200").await;
    let written = scene.world.written();
    for said in [
        r#""operation":"SendMessage close""#,
        r#""scopes_used":["tickets:write"]"#,
        r#""gen_ai":{"arguments_digest":"#,
        r#""name":"close""#,
    ] {
        assert!(written.contains(said), "{said}: {written}");
    }
}
