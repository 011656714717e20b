//! `/ledger/…` for everyone, `/api/v1/ledger` for operators.

use std::net::{IpAddr, Ipv4Addr};

use bailiwick_domain::agent::Kind;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::RecordId;
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::checkpoint::Checkpoint;
use bailiwick_ledger::entry::{AgentEntry, Closing, Decided, DelegationEntry, Labels, Opening};
use bailiwick_ledger::proof;
use bailiwick_store::journal::{Durability, Journal};
use serde_json::{Value, json};

use crate::world::{Enrolled, World};

/// Journals three requests, two by the agent, one of them refused, and one by nobody. Their ids.
async fn journal(world: &World) -> [RecordId; 3] {
    let agent = world.enroll("a").await;
    let journal = Journal::create(&world.journal_dir, "test", Durability::Process).unwrap();
    let known = known(&agent);
    let mut ids = [RecordId::from_bits(0); 3];
    for (place, (agent, outcome, code)) in [
        (Some(known), Outcome::Allowed, None),
        (Some(known), Outcome::Denied, Some("scope_missing")),
        (None, Outcome::Denied, Some("credential_missing")),
    ]
    .into_iter()
    .enumerate()
    {
        let time = Timestamp::from_seconds(world.now());
        let id = RecordId::fresh(time, &world.entropy);
        let closing = Closing {
            outcome,
            code,
            decided: Decided::default(),
            status: Some(200),
            request: None,
            response: None,
            labels: Labels::default(),
            duration_us: 7,
        };
        journal.whole(id, &opening(time, agent), &closing).unwrap();
        ids[place] = id;
        world.pass(1);
    }
    ids
}

/// The agent `a`, as records name it.
pub(crate) fn known(agent: &Enrolled) -> AgentEntry<'static> {
    AgentEntry {
        id: agent.id.parse().unwrap(),
        name: "a",
        project: "default",
        owner: "support",
        kind: Kind::Autonomous,
    }
}

/// A request for tickets that arrived then.
pub(crate) fn opening(time: Timestamp, agent: Option<AgentEntry<'_>>) -> Opening<'_> {
    Opening {
        time,
        node: "test",
        agent,
        credential: None,
        token: None,
        delegation: DelegationEntry::default(),
        strength: None,
        api: Some("tickets"),
        operation: Some("GET /tickets"),
        path_template: Some("/tickets"),
        method: "GET",
        resource: "/tickets",
        query: None,
        gen_ai: None,
        scopes_used: None,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: None,
        trace: None,
        via: None,
    }
}

#[tokio::test]
async fn a_request_that_is_over_is_found_by_what_is_known_of_it() {
    let world = World::new().await;
    let ids = journal(&world).await.map(|id| id.to_string());
    let check = async |query: &str, expected: &[usize]| {
        let path = format!("/api/v1/ledger{query}");
        let found = world.operate("GET", &path, Value::Null).await.ok(200);
        let found: Vec<&Value> =
            found["records"].as_array().unwrap().iter().map(|it| &it["record"]["id"]).collect();
        let expected: Vec<&str> = expected.iter().map(|place| ids[*place].as_str()).collect();
        assert_eq!(found, expected, "{query}");
    };
    check("", &[2, 1, 0]).await;
    check("?order=oldest", &[0, 1, 2]).await;
    check("?agent=a", &[1, 0]).await;
    check("?agent=a&project=default&outcome=denied", &[1]).await;
    check("?code=credential_missing", &[2]).await;
    check("?outcome=allowed", &[0]).await;
    check("?since=2027-01-15T08:00:01Z", &[2, 1]).await;
    check("?api=tickets&limit=1", &[2]).await;
    check("?api=other", &[]).await;
    check("?operation=GET%20/tickets&after=1", &[0]).await;
    check("?order=oldest&after=1", &[2]).await;
    check("?agent=agt_00000000000000000000000000", &[]).await;
    let path = "/api/v1/ledger?limit=2";
    let page = world.operate("GET", path, Value::Null).await.ok(200);
    let last = &page["records"][1]["index"];
    assert_eq!(&page["next"], last);
}

#[tokio::test]
async fn a_search_that_means_nothing_is_refused() {
    let world = World::new().await;
    for query in [
        "outcome=waiting",
        "since=yesterday",
        "order=random",
        "limit=0",
        "limit=1001",
        "after=-1",
        "color=red",
        &format!("code={}", "x".repeat(1_025)),
    ] {
        let path = format!("/api/v1/ledger?{query}");
        world.operate("GET", &path, Value::Null).await.refused(400, "request_malformed");
    }
    for path in [
        "/api/v1/ledger?agent=nobody",
        "/api/v1/ledger/rec_00000000000000000000000000",
        "/api/v1/ledger/rec_00000000000000000000000000/proof",
        "/api/v1/ledger/x",
        "/api/v1/ledger/0/proof",
    ] {
        world.operate("GET", path, Value::Null).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_record_is_shown_and_its_proof_holds_with_the_key_alone() {
    let world = World::new().await;
    let [_, id, _] = journal(&world).await;
    let path = format!("/api/v1/ledger/{id}");
    let shown = world.operate("GET", &path, Value::Null).await.ok(200);
    assert_eq!(shown["record"]["id"], id.to_string());
    assert_eq!(shown["record"]["decision"], json!({"code": "scope_missing", "outcome": "denied"}));
    let proof = world.operate("GET", &format!("{path}/proof"), Value::Null).await;
    assert_eq!(proof.headers["content-type"], "text/plain; charset=utf-8");
    let proof = String::from_utf8(proof.body).unwrap();
    let verified = proof::verify(&proof, &world.ledger_key).unwrap();
    assert_eq!(verified.index, shown["index"].as_u64().unwrap());
    let record: Value = serde_json::from_slice(&verified.record).unwrap();
    assert_eq!(record, shown["record"]);
}

#[tokio::test]
async fn the_ledger_is_served_to_anyone_and_nothing_beside_it() {
    let world = World::new().await;
    journal(&world).await;
    world.operate("GET", "/api/v1/ledger", Value::Null).await.ok(200);
    let note = world.get("/ledger/checkpoint").await;
    assert_eq!(note.headers["cache-control"], "no-cache");
    let note = String::from_utf8(note.body).unwrap();
    assert_eq!(Checkpoint::open(&note, &world.ledger_key).unwrap().size, 3);
    let key = world.get("/ledger/key.pub").await;
    assert_eq!(String::from_utf8(key.body).unwrap().trim_end(), world.ledger_key.to_string());
    for path in ["/ledger/tile/0/000.p/3", "/ledger/tile/entries/000.p/3"] {
        let tile = world.get(path).await;
        assert_eq!(tile.status, 200, "{path}");
        assert_eq!(tile.headers["content-type"], "application/octet-stream");
        assert_eq!(tile.headers["cache-control"], "public, max-age=31536000, immutable");
    }
    for path in [
        "/ledger",
        "/ledger/",
        "/ledger/.lock",
        "/ledger/tile/.lock",
        "/ledger/tile/0/000",
        "/ledger/tile/0/000.p/2/..",
        "/ledger/tile/../checkpoint",
        "/ledger/tile/..%2Fcheckpoint",
        "/ledger/tile/..%2F..%2Fbailiwick.db",
        "/ledger/tile/%2e%2e/%2e%2e/bailiwick.db",
        "/ledger/../bailiwick.db",
        "/ledger/tile//etc/passwd",
        "/ledger/tile/%00",
    ] {
        world.get(path).await.refused(404, "not_found");
    }
    world.get("/ledger/tile/%ff").await.refused(400, "request_malformed");
}
