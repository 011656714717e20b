//! The public conformance suite against the reference server "everything", directly and through the
//! gateway: nothing that passes without the gateway fails with it.

use bailiwick_testkit::peer::Peer::JavaScript;
use serde_json::{Value, json};

use crate::mcp_authorized::Behind;

/// Tools that the suite calls and the server does not have. What it answers then counts to the
/// suite as one thing or another; so that they are asked for behind the gateway too, they are
/// accepted here.
const ABSENT: [&str; 3] = ["test_simple_text", "test_error_handling", "test_reconnection"];
/// A resource that the server does not have, of which the suite wants to hear.
const WATCHED: &str = "test://watched-resource";

fn texts<'a>(scenario: &'a Value, which: &str) -> Vec<&'a str> {
    scenario[which].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

/// What passed directly, and did not through the gateway. The server does not have the extension
/// `tasks`: what passes there is how it answers calls of tools that it does not have either.
fn lost(directly: &Value, through: &Value) -> Vec<String> {
    let mut lost = Vec::new();
    let scenarios = directly.as_object().unwrap().iter();
    let is_asked = |name: &str| !name.starts_with("tasks-");
    for (name, scenario) in scenarios.filter(|(name, _)| is_asked(name)) {
        let passed = texts(&through[name], "passed");
        let missing = texts(scenario, "passed").into_iter().filter(|it| !passed.contains(it));
        lost.extend(missing.map(|check| format!("{name}: {check}")));
    }
    lost
}

#[tokio::test]
async fn no_scenario_of_the_conformance_suite_is_lost_behind_the_gateway() {
    let tool = |name| ("tools", json!({"name": name, "inputSchema": {"type": "object"}}));
    let mut absent = ABSENT.map(tool).to_vec();
    absent.push(("resources", json!({"uri": WATCHED, "name": "watched"})));
    let behind = Behind::start(JavaScript("everything_server"), &absent).await;
    let token = behind.holding(None).await;
    let url = behind.authorized(&token).await;
    let suite = JavaScript("conformance");
    for (revision, least) in [("2025-11-25", 8), ("2026-07-28", 2)] {
        let told = |url: &str| json!({"url": url, "revision": revision});
        let directly = suite.run(&told(&behind.server.url)).await;
        let scenarios = directly.as_object().unwrap();
        let whole = scenarios.values().filter(|it| texts(it, "failed").is_empty()).count();
        assert!(whole >= least, "{revision}: the suite was run: {scenarios:?}");
        let through = suite.run(&told(&url)).await;
        assert_eq!(lost(&directly, &through), [""; 0], "{revision}");
        for (name, scenario) in scenarios {
            let failed = texts(&through[name], "failed");
            let is_whole = texts(scenario, "failed").is_empty();
            let is_lost = is_whole && !failed.is_empty();
            assert!(!is_lost, "{revision} {name}: {failed:?}");
        }
    }
}
