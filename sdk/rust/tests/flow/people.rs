//! Requests that people decide about.

use std::sync::{Arc, Mutex};

use bailiwick_client::{Client, Options, bootstrap};
use reqwest::{Method, Request, Response};
use serde_json::json;

use crate::stage::{Hurried, Stage, Wire, code, denial};

async fn refund(stage: &Stage, client: &Client) -> Result<Response, bailiwick_client::Error> {
    let mut request = Request::new(Method::POST, stage.at("/acme/refunds").parse().unwrap());
    *request.body_mut() = Some(r#"{"order":7}"#.into());
    client.execute(request).await
}

/// Somebody who decides as soon as they are asked.
fn deciding(stage: &Arc<Stage>, how: &'static str, asked: &Arc<Mutex<Vec<String>>>) -> Options {
    let (stage, asked) = (stage.clone(), asked.clone());
    Options::default().clock(Hurried::default()).on_approval(move |approval, request| {
        let (stage, asked) = (stage.clone(), asked.clone());
        async move {
            asked.lock().unwrap().push(format!("{} {}", approval.status, request.method));
            let path = format!("approvals/{}/{how}", approval.id);
            let said = json!({"because": "not without a ticket"});
            stage.admin(Method::POST, &path, said).await;
            true
        }
    })
}

#[tokio::test]
async fn people_approve_and_the_same_request_goes_through_newly_signed() {
    let stage = Arc::new(Stage::begin().await);
    let (asked, wire) = (Arc::default(), Wire::new());
    let options = deciding(&stage, "approve", &asked).carrier(wire.clone());
    let client = stage.client(options).await;
    assert_eq!(refund(&stage, &client).await.unwrap().status(), 200);
    assert_eq!(*asked.lock().unwrap(), ["pending POST"]);
    let sent = wire.sent("/acme/refunds");
    let inputs: Vec<&str> =
        sent.iter().map(|it| it.headers()["signature-input"].to_str().unwrap()).collect();
    assert_eq!(inputs.len(), 2);
    assert_ne!(inputs[0], inputs[1]);
    assert!(inputs[1].contains("x-approval-id"), "{inputs:?}");
    assert_eq!(stage.installation.upstream.seen().len(), 1);
}

#[tokio::test]
async fn people_refuse_and_why_is_heard() {
    let stage = Arc::new(Stage::begin().await);
    let client = stage.client(deciding(&stage, "deny", &Arc::default())).await;
    let denied = denial(refund(&stage, &client).await);
    assert_eq!(denied.code, "approval_denied");
    assert!(denied.to_string().contains("not without a ticket"), "{denied}");
}

#[tokio::test]
async fn nobody_is_waited_for_unless_somebody_wants_to() {
    let stage = Stage::begin().await;
    let client = stage.client(Options::default()).await;
    let denied = denial(refund(&stage, &client).await);
    assert_eq!((&*denied.code, denied.status.as_u16()), ("approval_pending", 202));
    assert!(denied.approval.unwrap().id.starts_with("apr_"));
    let giving_up = Options::default().on_approval(|_, _| async { false });
    let hasty = bootstrap(stage.wanted("refunder", giving_up)).await.unwrap();
    assert_eq!(code(refund(&stage, &hasty).await), "approval_pending");
}
