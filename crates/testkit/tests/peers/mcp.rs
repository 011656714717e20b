//! Clients of MCP that others published, unchanged, against the reference server: through the
//! gateway they see and do what they do without it, as far as their agent may.

use bailiwick_testkit::peer::Peer::{JavaScript, Python};
use serde_json::{Value, json};

use crate::mcp_authorized::Behind;

fn told(url: &str, token: &str) -> Value {
    json!({"url": url, "headers": {"authorization": token}})
}

#[tokio::test]
async fn the_sdk_of_npm_does_through_the_gateway_what_it_does_without() {
    let behind = Behind::start(JavaScript("everything_server"), &[]).await;
    let client = JavaScript("mcp_client");
    let token = behind.holding(None).await;
    let directly = client.run(&told(&behind.server.url, "none")).await;
    let through = client.run(&told(&behind.url(), &token)).await;
    assert_eq!(directly, through);
    assert_eq!(through["progress"], json!([[1, 2], [2, 2]]));
    assert_eq!((&through["asked"], &through["ping"]), (&json!(1), &json!({})));

    let token = behind.holding(Some(&["echo", "simple-prompt"])).await;
    let narrowed = client.run(&told(&behind.url(), &token)).await;
    assert_eq!(narrowed["tools"], json!(["echo"]));
    assert_eq!(narrowed["prompts"], json!(["simple-prompt"]));
    assert_eq!((&narrowed["resources"], &narrowed["templates"]), (&json!([]), &json!([])));
    assert_eq!(narrowed["echo"], through["echo"]);
    assert_eq!((&narrowed["sum"], &narrowed["prompt"]), (&json!({"refused": 403}), &json!(1)));
}

#[tokio::test]
async fn the_sdk_of_pypi_does_through_the_gateway_what_it_does_without() {
    let behind = Behind::start(JavaScript("everything_server"), &[]).await;
    let client = Python("mcp_client");
    let token = behind.holding(None).await;
    let calls = json!([["echo", {"message": "a"}], ["get-sum", {"a": 2, "b": 3}]]);
    let with = |url: &str, token: &str, mode: &str| {
        let mut told = told(url, token);
        (told["mode"], told["calls"]) = (mode.into(), calls.clone());
        told
    };
    for mode in ["legacy", "auto"] {
        let directly = client.run(&with(&behind.server.url, "none", mode)).await;
        let through = client.run(&with(&behind.url(), &token, mode)).await;
        assert_eq!(directly, through, "{mode}");
        assert_eq!(through["called"], json!(["Echo: a", "The sum of 2 and 3 is 5."]));
    }
    let token = behind.holding(Some(&["echo"])).await;
    let narrowed = client.run(&with(&behind.url(), &token, "legacy")).await;
    assert_eq!(narrowed["tools"], json!(["echo"]));
    assert_eq!((&narrowed["prompts"], &narrowed["resources"]), (&json!([]), &json!(0)));
    assert_eq!(narrowed["called"][0], "Echo: a");
    assert!(narrowed["called"][1].as_str().unwrap().starts_with("refused"), "{narrowed}");
}
