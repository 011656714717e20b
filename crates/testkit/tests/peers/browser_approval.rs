//! A person decides about a request that waits, in a browser without script.

use bailiwick_testkit::peer::Peer;
use serde_json::json;

use crate::browser_consent::Desk;

#[tokio::test]
async fn a_person_sees_the_exact_request_and_approves_it_once_without_any_script() {
    let desk = Desk::begin().await;
    let said = Peer::JavaScript("browser_approval").run(&desk.told).await;
    assert_eq!(
        said,
        json!({
            "first": "202 approval_pending",
            "turned_to": "/sign-in",
            "refused_to": "This needs another role.",
            "waiting": ["POST /desk/payouts?to=%3Cb%3E"],
            "heading": "payer asks for POST /desk/payouts",
            "query": "to=%3Cb%3E",
            "body": "{\"amount\":5,\"note\":\"<img src=x>\",\"token\": \"[masked]\"}",
            "injected": 0,
            "state": "approved",
            "another_body": "403 approval_mismatch",
            "retried": "200",
            "once_more": "202 approval_pending",
            "denied": "denied",
            "told": "403 approval_denied",
            "complaints": [],
        })
    );
    desk.running.stop().await;
}
