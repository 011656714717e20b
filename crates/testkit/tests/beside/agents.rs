//! A message to an agent that speaks A2A, which comes along, is read as in line; the card that it
//! would tell is not vouched for.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};
use serde_json::{Value, json};

use crate::telling::{Way, verdict};

/// Each way in which a message can come along.
const WITH_BODY: [Way; 3] = [Way::Forward("?body=forwarded"), Way::Http(true), Way::Grpc(true)];

async fn begin() -> World {
    let url = "http://127.0.0.1:9";
    let world =
        World::begin_with(Choices { a2a: Some(url.to_owned()), ..Choices::default() }).await;
    let skill = |id: &str, scope: &str| {
        let asked = json!([{"schemes": {"oauth": {"list": [scope]}}}]);
        let said = json!({"id": id, "name": id, "description": id, "tags": []});
        let mut skill = said;
        skill["securityRequirements"] = asked;
        skill
    };
    let card = json!({
        "name": "Tickets", "description": "Works on tickets.", "version": "1",
        "supportedInterfaces":
            [{"url": url, "protocolBinding": "HTTP+JSON", "protocolVersion": "1.0"}],
        "capabilities": {"extendedAgentCard": true},
        "securitySchemes": {"oauth": {"oauth2SecurityScheme": {"flows": {"clientCredentials": {
            "tokenUrl": "https://issuer.test/token",
            "scopes": {"tickets:write": "", "tickets:purge": ""},
        }}}}},
        "defaultInputModes": [], "defaultOutputModes": [],
        "skills": [skill("close", "tickets:write"), skill("purge", "tickets:purge")],
    });
    world.describe("agent", &card, true).await;
    world
}

fn say(world: &World, skill: &str) -> Ask {
    let message = json!({
        "messageId": "m", "role": "ROLE_USER", "parts": [{"text": "7"}],
        "metadata": {"urn:bailiwick:a2a:skill": skill},
    });
    let body: Value = json!({"message": message});
    let ask = Ask::new("POST", "/agent/message:send").header("a2a-version", "1.0");
    ask.json(&body.to_string()).digested().signed(&world.proof())
}

#[tokio::test]
async fn a_message_to_an_agent_is_decided_about_by_its_skill() {
    for way in WITH_BODY {
        let world = begin().await;
        assert_eq!(verdict(&world, way, &say(&world, "close")).await, "200", "{way:?}");
        let purge = verdict(&world, way, &say(&world, "purge")).await;
        assert_eq!(purge, "403 scope_missing", "{way:?}");
    }
}

#[tokio::test]
async fn a_message_that_does_not_come_along_is_not_vouched_for() {
    let world = begin().await;
    for way in [Way::Http(false), Way::Grpc(false)] {
        let said = verdict(&world, way, &say(&world, "close")).await;
        assert_eq!(said, "403 not_in_line", "{way:?}");
    }
}

#[tokio::test]
async fn a_card_that_the_gateway_does_not_see_is_not_vouched_for() {
    for way in WITH_BODY {
        let world = begin().await;
        let ask = Ask::new("GET", "/agent/extendedAgentCard").header("a2a-version", "1.0");
        let said = verdict(&world, way, &ask.signed(&world.proof())).await;
        assert_eq!(said, "403 not_in_line", "{way:?}");
    }
}
