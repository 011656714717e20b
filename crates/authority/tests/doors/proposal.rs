//! `/api/v1/apis/{api}/proposal`: what an observed API needs before it is enforced.

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::RecordId;
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::entry::{AgentEntry, Closing, Decided, Labels, Opening, WouldBe};
use bailiwick_store::journal::{Durability, Journal};
use serde_json::{Value, json};

use crate::ledger::{known, opening};
use crate::world::World;

/// Journals requests to the API `refunds` that were let through, with what they would have been.
fn journal(world: &World, requests: &[(&str, Opening<'_>)]) {
    let journal = Journal::create(&world.journal_dir, "test", Durability::Process).unwrap();
    for (code, opening) in requests {
        let would_be = Some(WouldBe { outcome: Outcome::Denied, code });
        let closing = Closing {
            outcome: Outcome::Allowed,
            code: None,
            decided: Decided { would_be, ..Decided::default() },
            status: Some(200),
            request: None,
            response: None,
            labels: Labels::default(),
            duration_us: 7,
        };
        journal.whole(RecordId::fresh(opening.time, &world.entropy), opening, &closing).unwrap();
        world.pass(1);
    }
}

fn unknown<'a>(opening: &Opening<'a>, resource: &'a str) -> Opening<'a> {
    Opening { operation: None, path_template: None, api: Some("refunds"), resource, ..*opening }
}

#[tokio::test]
async fn what_was_seen_says_what_to_describe_and_what_to_grant() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let narrowed = json!({ "scopes": ["tickets:read"] });
    world.operate("PATCH", "/api/v1/agents/a", narrowed).await.ok(200);
    let known: AgentEntry<'_> = known(&agent);
    let at = Timestamp::from_seconds(world.now());
    let (nobody, by_a) = (opening(at, None), opening(at, Some(known)));
    let operation = Some("POST /refunds");
    let lacking = Opening { api: Some("refunds"), operation, method: "POST", ..by_a };
    journal(
        &world,
        &[
            ("operation_unknown", unknown(&nobody, "/refunds/refunds/7")),
            ("operation_unknown", unknown(&nobody, "/refunds/refunds/8")),
            ("credential_missing", Opening { api: Some("refunds"), ..nobody }),
            ("scope_missing", lacking),
            ("scope_missing", Opening { api: Some("tickets"), ..lacking }),
        ],
    );
    let path = "/api/v1/apis/refunds/proposal";
    let proposal = world.operate("GET", path, Value::Null).await.ok(200);
    assert_eq!((&proposal["requests"], &proposal["cut"]), (&json!(4), &json!(false)));
    let operation = json!({
        "method": "GET", "path": "/refunds/{id}", "scopes": ["refunds:read"], "requests": 2,
    });
    assert_eq!(proposal["operations"], json!([operation]));
    let lacking = &proposal["agents"][0];
    assert_eq!((&lacking["agent"], &lacking["project"]), (&json!("a"), &json!("default")));
    assert_eq!(lacking["missing_scopes"], json!(["refunds:write"]));
    let codes: Vec<&Value> =
        proposal["refusals"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["operation_unknown", "credential_missing", "scope_missing"]);
    let later = format!("{path}?since=2100-01-01T00:00:00Z");
    let none = world.operate("GET", &later, Value::Null).await.ok(200);
    assert_eq!(none["requests"], 0);
    let found = world.operate("GET", "/api/v1/ledger?would_be=denied", Value::Null).await.ok(200);
    assert_eq!(found["records"].as_array().unwrap().len(), 5);
    let coded = "/api/v1/ledger?would_be=denied&code=scope_missing&api=tickets";
    let found = world.operate("GET", coded, Value::Null).await.ok(200);
    assert_eq!(found["records"].as_array().unwrap().len(), 1);
    let refused = world.operate("GET", "/api/v1/ledger?would_be=maybe", Value::Null).await;
    refused.refused(400, "request_malformed");
    world.operate("GET", "/api/v1/apis/x/proposal", Value::Null).await.refused(404, "not_found");
}
