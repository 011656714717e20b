//! What is of no skill alone: tasks.

use std::sync::Arc;

use bailiwick_domain::a2a::{GET_TASK, LIST_TASKS};
use bailiwick_domain::operation::Operation;
use bailiwick_testkit::world::Choices;
use serde_json::json;

use crate::{Scene, http, rpc};

#[tokio::test]
async fn tasks_are_open_to_whoever_may_use_a_skill() {
    let scene = Scene::begin().await;
    let task = || json!({"id": "7"});
    for method in ["GetTask", "CancelTask", "SubscribeToTask"] {
        scene.check(rpc(method, task()), "200").await;
    }
    scene.check(rpc("ListTasks", json!({"pageSize": 5})), "200").await;
    scene.check(http("GET", "tasks/7?historyLength=2", None), "200").await;
    scene.check(http("GET", "tasks", None), "200").await;
    scene.check(http("POST", "tasks/7:cancel", None), "200").await;
    scene.check(http("POST", "tasks/7:cancel", Some(json!({"id": "7"}))), "200").await;
    scene.check(http("POST", "tasks/7:subscribe", None), "200").await;
    scene.world.change_agent(|agent| agent.scopes = "other:read".parse().unwrap()).await;
    let told = scene.check(rpc("GetTask", task()), "403 403 scope_missing").await;
    let problem = &told["error"]["data"][1]["value"];
    assert_eq!(problem["missing_scopes"].as_array().unwrap().len(), 1, "{problem}");
    scene.check(http("GET", "tasks", None), "403 PERMISSION_DENIED scope_missing").await;
}

#[tokio::test]
async fn what_names_a_task_in_two_ways_or_oddly_is_refused() {
    let scene = Scene::begin().await;
    for (ask, expected) in [
        (
            http("POST", "tasks/7:cancel", Some(json!({"id": "8"}))),
            "400 INVALID_ARGUMENT request_malformed",
        ),
        (http("GET", "tasks/7?tenant=a", None), "400 INVALID_ARGUMENT request_malformed"),
        (
            http("GET", "tasks/7?historyLength=1&historyLength=2", None),
            "400 INVALID_ARGUMENT request_malformed",
        ),
        (http("GET", "tasks/7%3Asubscribe", None), "403 PERMISSION_DENIED operation_unknown"),
        (http("GET", "tasks/7", Some(json!({}))), "400 INVALID_ARGUMENT request_malformed"),
        (http("PUT", "tasks/7", None), "403 PERMISSION_DENIED operation_unknown"),
        (rpc("GetTask", json!({"id": "7", "tenant": "other"})), "400 -32602 request_malformed"),
    ] {
        scene.check(ask, expected).await;
    }
}

#[tokio::test]
async fn a_tenant_is_the_one_of_its_interface() {
    let scene = Scene::with(|card| {
        for place in 0..2 {
            card["supportedInterfaces"][place]["tenant"] = json!("blue");
        }
    })
    .await;
    scene.check(rpc("GetTask", json!({"id": "7", "tenant": "blue"})), "200").await;
    scene.check(http("GET", "blue/tasks/7", None), "200").await;
    for (ask, expected) in [
        (rpc("GetTask", json!({"id": "7"})), "400 -32602 request_malformed"),
        (rpc("GetTask", json!({"id": "7", "tenant": "red"})), "400 -32602 request_malformed"),
        (http("GET", "red/tasks/7", None), "403 PERMISSION_DENIED operation_unknown"),
        (http("GET", "tasks/7", None), "403 PERMISSION_DENIED operation_unknown"),
    ] {
        scene.check(ask, expected).await;
    }
}

#[tokio::test]
async fn nothing_is_open_of_an_agent_none_of_whose_skills_is_served() {
    let scene = Scene::begin().await;
    let mut card = crate::card(&format!("http://{}", scene.agent.address));
    for skill in card["skills"].as_array_mut().unwrap() {
        skill.as_object_mut().unwrap().remove("securityRequirements");
    }
    scene.world.describe("agent", &card, false).await;
    scene.check(rpc("GetTask", json!({"id": "7"})), "403 -32601 operation_unknown").await;
    scene.check(http("GET", "tasks", None), "403 PERMISSION_DENIED operation_unknown").await;
    let ask = rpc("SendMessage", crate::message(None, "7"));
    scene.check(ask, "403 -32602 operation_unknown").await;
}

#[tokio::test]
async fn a_method_that_is_described_asks_for_its_own_scopes() {
    let described = |method: &str, scope: &str| {
        Arc::new(Operation::new("agent", method, "", scope.parse().unwrap()))
    };
    let a2a_operations =
        vec![described(GET_TASK, "tickets:purge"), described(LIST_TASKS, "tickets:read")];
    let choices = Choices { a2a_operations, ..Choices::default() };
    let scene = Scene::beginning(choices, |_| ()).await;
    scene.check(rpc("GetTask", json!({"id": "7"})), "403 403 scope_missing").await;
    scene.check(http("GET", "tasks/7", None), "403 PERMISSION_DENIED scope_missing").await;
    scene.check(rpc("CancelTask", json!({"id": "7"})), "200").await;
    scene.check(rpc("ListTasks", json!({})), "200").await;
    scene.world.change_agent(|agent| agent.scopes = "tickets:write".parse().unwrap()).await;
    scene.check(rpc("ListTasks", json!({})), "403 403 scope_missing").await;
}
