//! Sessions of the revisions that have them: the server's name for one never leaves the gateway,
//! and the gateway's name for it is good for its own agent alone.

use bailiwick_testkit::ask::Ask;
use serde_json::{Value, json};

use crate::{NEWEST, Scene, post, request, stateless, verdict};

pub(crate) fn initialize(capabilities: &Value) -> Ask {
    request(
        "initialize",
        json!({
            "protocolVersion": "2025-11-25",
            "capabilities": capabilities,
            "clientInfo": {"name": "a test", "version": "1"},
        }),
    )
}

/// Begins a session; the client's name for it.
pub(crate) async fn begin(scene: &Scene, capabilities: &Value) -> String {
    let reply = scene.say(initialize(capabilities)).await;
    assert_eq!(verdict(&reply), "200");
    reply.header("mcp-session-id").unwrap().to_owned()
}

/// A request within a session.
pub(crate) fn within(session: &str, method: &str, params: Value) -> Ask {
    let ask = request(method, params).header("mcp-session-id", session);
    ask.header("mcp-protocol-version", "2025-11-25")
}

#[tokio::test]
async fn a_session_is_the_servers_to_the_server_and_the_gateways_to_the_client() {
    let scene = Scene::begin().await;
    let session = begin(&scene, &json!({})).await;
    assert!(!session.contains("session-of-the-server"));
    let reply = scene.say(within(&session, "tools/list", json!({}))).await;
    assert_eq!(reply.header("mcp-session-id"), Some(session.as_str()), "it keeps its name");
    let notified = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let reply = scene.say(post(&notified).header("mcp-session-id", &session)).await;
    assert_eq!(verdict(&reply), "202");
    let answered = json!({"jsonrpc": "2.0", "id": 1, "result": {"action": "accept"}});
    assert_eq!(
        verdict(&scene.say(post(&answered).header("mcp-session-id", &session)).await),
        "202"
    );
    let end = Ask::new("DELETE", "/mcp").header("mcp-session-id", &session);
    assert_eq!(verdict(&scene.say(end).await), "200");
    let seen = scene.server.seen();
    assert!(!seen[0].headers.contains_key("mcp-session-id"));
    assert_eq!(seen.len(), 5);
    for seen in &seen[1..] {
        assert_eq!(seen.headers["mcp-session-id"], "session-of-the-server");
        assert_eq!(seen.target, "/server/mcp");
    }
}

#[tokio::test]
async fn the_session_of_one_agent_is_none_of_anothers() {
    let scene = Scene::begin().await;
    let session = begin(&scene, &json!({})).await;
    let thief = scene.another_agent().await;
    for ask in [
        within(&session, "tools/list", json!({})),
        Ask::new("GET", "/mcp").header("mcp-session-id", &session),
        Ask::new("DELETE", "/mcp").header("mcp-session-id", &session),
    ] {
        let ask = ask.digested().signed(&scene.world.proof_by(&thief));
        let verdict = verdict(&scene.world.send(&ask).await);
        assert_eq!(verdict, "404 404 agent_mismatch");
    }
    assert_eq!(scene.server.seen().len(), 1);
}

#[tokio::test]
async fn a_session_that_was_not_begun_here_is_none() {
    let scene = Scene::begin().await;
    let session = begin(&scene, &json!({})).await;
    let mut changed = session.clone().into_bytes();
    changed[50] = if changed[50] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for name in ["session-of-the-server", "", &changed, &session[1..], &"a".repeat(3_000)] {
        let reply = scene.say(within(name, "tools/list", json!({}))).await;
        assert_eq!(verdict(&reply), "404 404 agent_mismatch", "{name}");
    }
    let twice = within(&session, "tools/list", json!({})).header("mcp-session-id", &session);
    assert_eq!(verdict(&scene.say(twice).await), "404 404 agent_mismatch");
    assert_eq!(scene.server.seen().len(), 1);
}

#[tokio::test]
async fn the_revision_without_sessions_has_none() {
    let scene = Scene::begin().await;
    let ask = stateless("tools/list", json!({})).header("mcp-session-id", "session-of-the-server");
    let reply = scene.say(ask).await;
    assert_eq!((verdict(&reply).as_str(), reply.header("mcp-session-id")), ("200", None));
    let stream = Ask::new("GET", "/mcp").header("mcp-protocol-version", NEWEST);
    scene.say(stream.header("mcp-session-id", "session-of-the-server")).await;
    assert!(scene.server.seen().iter().all(|it| !it.headers.contains_key("mcp-session-id")));
}
