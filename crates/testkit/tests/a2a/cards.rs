//! The card that clients are told.

use bailiwick_testkit::ask::Ask;
use serde_json::{Value, json};

use crate::{SKILL, Scene};

fn well_known() -> Ask {
    Ask::new("GET", "/agent/.well-known/agent-card.json")
}

#[tokio::test]
async fn a_card_says_where_and_how_the_agent_is_asked_through_the_gateway() {
    let scene = Scene::begin().await;
    let reply = scene.world.send(&well_known()).await;
    assert_eq!(reply.status, 200);
    assert!(scene.agent.seen().is_empty(), "the agent is not asked");
    let card = reply.json();
    assert_eq!(
        card["supportedInterfaces"],
        json!([
            {"url": "http://gateway.test/agent/rpc", "protocolBinding": "JSONRPC",
             "protocolVersion": "1.0"},
            {"url": "http://gateway.test/agent/v1", "protocolBinding": "HTTP+JSON",
             "protocolVersion": "1.0"},
        ])
    );
    let scheme = &card["securitySchemes"]["bailiwick"]["oauth2SecurityScheme"];
    let token_url = &scheme["flows"]["clientCredentials"]["tokenUrl"];
    assert!(token_url.as_str().unwrap().ends_with("/oauth/token"), "{card}");
    let asked = &card["skills"][0]["securityRequirements"][0]["schemes"]["bailiwick"]["list"];
    assert_eq!(asked, &json!(["tickets:read"]));
    let extensions = card["capabilities"]["extensions"].as_array().unwrap();
    assert!(extensions.iter().any(|it| it["uri"] == SKILL));
    assert!(!reply.body.windows(9).any(|it| it == b"127.0.0.1"), "the upstream is not told");
}

#[tokio::test]
async fn a_card_that_is_known_already_is_not_told_again() {
    let scene = Scene::begin().await;
    let first = scene.world.send(&well_known()).await;
    let etag = first.header("etag").unwrap().to_owned();
    let again = scene.world.send(&well_known().header("if-none-match", &etag)).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = scene.world.send(&well_known().header("if-none-match", "\"x\"")).await;
    assert_eq!((other.status, other.body), (200, first.body));
}

#[tokio::test]
async fn a_skill_whose_scopes_nobody_confirmed_is_neither_told_nor_served() {
    let scene = Scene::begin().await;
    let mut card = crate::card(&format!("http://{}", scene.agent.address));
    card["skills"][1].as_object_mut().unwrap().remove("securityRequirements");
    scene.world.describe("agent", &card, false).await;
    let told = scene.world.send(&well_known()).await.json();
    let ids: Vec<&Value> = told["skills"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, ["summarize", "purge"]);
    let ask = crate::rpc("SendMessage", crate::message(Some("close"), "7"));
    scene.check(ask, "403 -32602 operation_unknown").await;
}
