use std::collections::BTreeMap;

use bailiwick_domain::id::{ApprovalId, GrantId, TaskId};
use bailiwick_domain::scope::Scope;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::summary::Summary;

const ID: RecordId = RecordId::from_bits(9);

fn opening() -> Opening<'static> {
    Opening {
        time: Timestamp::from_millis(1_700_000_000_042),
        node: "gw-1",
        agent: None,
        credential: None,
        token: None,
        delegation: DelegationEntry::default(),
        strength: None,
        api: None,
        operation: None,
        path_template: None,
        method: "GET",
        resource: "/tickets/7",
        query: None,
        gen_ai: None,
        scopes_used: None,
        address: IpAddr::from([127, 0, 0, 1]),
        user_agent: None,
        trace: None,
        via: None,
    }
}

fn closing() -> Closing<'static> {
    Closing {
        outcome: Outcome::Denied,
        code: Some("credential_missing"),
        decided: Decided::default(),
        status: Some(401),
        request: None,
        response: None,
        labels: Labels::default(),
        duration_us: 12,
    }
}

/// The record in both ways of writing it, which have to agree.
fn record(opening: &Opening<'_>, closing: &Closing<'_>) -> Vec<u8> {
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    opening.write(ID, &mut opened);
    closing.write(&mut closed);
    let (mut joined, mut whole) = (Vec::new(), Vec::new());
    join(&opened, &closed, &mut joined).unwrap();
    opening.write_whole(ID, closing, &mut whole);
    assert_eq!(joined, whole);
    joined
}

/// Members sorted by name and written compactly: RFC 8785 for texts and integers.
fn canonical(record: &[u8]) -> Vec<u8> {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let members: BTreeMap<String, Value> = members.into_iter().collect();
                Value::Object(members.into_iter().map(|(k, v)| (k, sorted(v))).collect())
            }
            other => other,
        }
    }
    serde_json::to_vec(&sorted(serde_json::from_slice(record).unwrap())).unwrap()
}

#[test]
fn a_full_record_says_everything_in_order() {
    let scopes = "tickets:read a:b".parse().unwrap();
    let agent = AgentEntry {
        id: AgentId::from_bits(1),
        name: "ticket-summarizer",
        project: "default",
        owner: "support",
        kind: Kind::Autonomous,
    };
    let opening = Opening {
        agent: Some(agent),
        credential: Some(KeyId::from_bits(2)),
        token: Some(TokenId::from_bits(3)),
        delegation: DelegationEntry {
            grant: Some(GrantId::from_bits(4)),
            on_behalf_of: Some("psn_1"),
            chain: &["psn_1", "spiffe://a/b"],
            task: Some(TaskId::from_bits(5)),
            purpose: Some("answer Ada"),
        },
        strength: Some(Strength::Key),
        api: Some("acme"),
        operation: Some("GET /tickets/{id}"),
        path_template: Some("/tickets/{id}"),
        query: Some("a=b"),
        scopes_used: Some(&scopes),
        user_agent: Some("curl/8 \"quoted\""),
        trace: Some(Trace { trace_id: "4bf9", span_id: "00f0" }),
        via: Some("envoy"),
        ..opening()
    };
    let closing = Closing {
        outcome: Outcome::Allowed,
        code: None,
        decided: Decided { approval: Some(ApprovalId::from_bits(10)), ..Decided::default() },
        status: Some(200),
        request: Some(Body { bytes: 3, digest: Some([0xab; 32]) }),
        response: Some(Body { bytes: 1_024, digest: None }),
        labels: Labels { masked: &["pii".to_owned()], returned: &[] },
        duration_us: 1_234,
    };
    let expected = concat!(
        r#"{"address":"127.0.0.1","agent":{"id":"agt_00000000000000000000000001","#,
        r#""kind":"autonomous","name":"ticket-summarizer","owner":"support","#,
        r#""project":"default"},"api":"acme","chain":["psn_1","spiffe://a/b"],"#,
        r#""credential":"key_00000000000000000000000002","#,
        r#""decision":{"approval":"apr_0000000000000000000000000a","outcome":"allowed"},"#,
        r#""duration_us":1234,"#,
        r#""grant":"grt_00000000000000000000000004","#,
        r#""id":"rec_00000000000000000000000009","method":"GET","node":"gw-1","#,
        r#""on_behalf_of":"psn_1","operation":"GET /tickets/{id}","#,
        r#""path_template":"/tickets/{id}","purpose":"answer Ada","query_digest":"#,
        r#""42144f3939c3ffbbf0bf8b1f12affb5c23a4c5bd41e0ff672d54a5754f062058","#,
        r#""request":{"bytes":3,"digest":"#,
        r#""abababababababababababababababababababababababababababababababab"},"#,
        r#""resource":"/tickets/7","response":{"bytes":1024,"#,
        r#""labels":{"masked":["pii"],"returned":[]},"status":200},"#,
        r#""scopes_used":["a:b","tickets:read"],"strength":"key","#,
        r#""task":"tsk_00000000000000000000000005","#,
        r#""time":"2023-11-14T22:13:20.042Z","token":"tok_00000000000000000000000003","#,
        r#""trace":{"span_id":"00f0","trace_id":"4bf9"},"user_agent":"curl/8 \"quoted\"","#,
        r#""via":"envoy"}"#,
    );
    assert_eq!(String::from_utf8(record(&opening, &closing)).unwrap(), expected);
}

#[test]
fn what_is_unknown_is_left_out() {
    let record = record(&opening(), &Closing { status: None, ..closing() });
    let expected = json!({
        "address": "127.0.0.1",
        "decision": {"code": "credential_missing", "outcome": "denied"},
        "duration_us": 12,
        "id": ID.to_string(),
        "method": "GET",
        "node": "gw-1",
        "resource": "/tickets/7",
        "time": "2023-11-14T22:13:20.042Z",
    });
    assert_eq!(serde_json::from_slice::<Value>(&record).unwrap(), expected);
}

#[test]
fn an_opening_without_a_closing_makes_an_interrupted_record() {
    let (mut opened, mut joined) = (Vec::new(), Vec::new());
    opening().write(ID, &mut opened);
    join(&opened, INTERRUPTED, &mut joined).unwrap();
    assert_eq!(canonical(&joined), joined);
    let summary = Summary::read(&joined).unwrap();
    assert_eq!((&*summary.decision.outcome, summary.decision.code), ("interrupted", None));
    assert_eq!((summary.response, summary.duration_us), (None, None));
}

#[test]
fn a_text_that_is_too_long_is_cut_and_the_record_says_so() {
    let (path, agent) = (format!("/{}", "é".repeat(700)), "x".repeat(300));
    let opening = Opening { resource: &path, user_agent: Some(&agent), ..opening() };
    let record = record(&opening, &closing());
    let value: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(value["cut"], json!(["resource", "user_agent"]));
    assert_eq!(value["resource"].as_str().map(str::len), Some(MAX_PATH_BYTES - 1));
    assert_eq!(value["user_agent"].as_str().map(str::len), Some(MAX_TEXT_BYTES));
    assert_eq!(canonical(&record), record);
}

#[test]
fn the_largest_record_fits_into_an_entry() {
    let nasty = "\u{1}".repeat(70_000);
    let scope = |n: u32| format!("{n:0>128}").parse::<Scope>().unwrap();
    let scopes = ScopeSet::new((0..64).map(scope));
    let agent = AgentEntry {
        id: AgentId::from_bits(u128::MAX),
        name: &nasty,
        project: &nasty,
        owner: &nasty,
        kind: Kind::Autonomous,
    };
    let opening = Opening {
        node: &nasty,
        agent: Some(agent),
        credential: Some(KeyId::from_bits(u128::MAX)),
        token: Some(TokenId::from_bits(u128::MAX)),
        delegation: DelegationEntry::default(),
        strength: Some(Strength::Bearer),
        api: Some(&nasty),
        operation: Some(&nasty),
        path_template: Some(&nasty),
        method: &nasty,
        resource: &nasty,
        query: Some(&nasty),
        scopes_used: Some(&scopes),
        user_agent: Some(&nasty),
        trace: Some(Trace { trace_id: &nasty, span_id: &nasty }),
        via: Some(&nasty),
        ..opening()
    };
    let body = Some(Body { bytes: u64::MAX, digest: Some([255; 32]) });
    let names = vec![std::sync::Arc::from(nasty.as_str()); 99];
    let closing = Closing {
        code: Some(&nasty),
        decided: Decided {
            approval: Some(ApprovalId::from_bits(u128::MAX)),
            policies: Some(ByPolicies { policies: &names, version: u64::MAX, shadow: &names }),
            would_be: Some(WouldBe { outcome: Outcome::Interrupted, code: &nasty }),
        },
        status: Some(u16::MAX),
        request: body,
        response: body,
        labels: Labels::default(),
        duration_us: u64::MAX,
        ..closing()
    };
    let record = record(&opening, &closing);
    assert!(record.len() <= MAX_BYTES, "{}", record.len());
    assert_eq!(canonical(&record), record);
}

#[test]
fn what_is_not_an_opening_and_a_closing_does_not_join() {
    let check = |opening: &str, closing: &str| {
        let mut out = b"before".to_vec();
        assert_eq!(join(opening.as_bytes(), closing.as_bytes(), &mut out), Err(Malformed));
        assert_eq!(out, b"before");
    };
    check("", "");
    check("a\nb\nc", "x\ny\nz");
    check("a\nb\nc\nd\ne", "x\ny\nz");
    check("a\nb\nc\nd", "x\ny");
    check("a\nb\nc\nd", "x\ny\nz\nw");
    check(&format!("{}\nb\nc\nd", "a".repeat(MAX_BYTES)), "x\ny\nz");
    let mut out = Vec::new();
    assert_eq!(join(b"a\nb\nc\nd", b"x\ny\nz", &mut out), Ok(()));
    assert_eq!(out, b"axbyczd");
}

fn any_body() -> impl Strategy<Value = Option<Body>> {
    let body = (any::<u64>(), any::<Option<[u8; 32]>>());
    proptest::option::of(body.prop_map(|(bytes, digest)| Body { bytes, digest }))
}

proptest! {
    #[test]
    fn every_record_is_its_own_canonical_form(
        texts in any::<[String; 8]>(),
        options in any::<[Option<String>; 6]>(),
        ids in any::<[Option<u128>; 2]>(),
        (millis, address) in any::<(i64, IpAddr)>(),
        (request, response) in (any_body(), any_body()),
        (status, duration_us) in any::<(Option<u16>, u64)>(),
        any_policies in any::<Option<(Vec<std::sync::Arc<str>>, u64, Vec<std::sync::Arc<str>>)>>(),
    ) {
        let [node, name, project, owner, method, resource, trace_id, span_id] = &texts;
        let [api, operation, path_template, query, user_agent, code] = &options;
        let agent = AgentEntry {
            id: AgentId::from_bits(4),
            name,
            project,
            owner,
            kind: Kind::Copilot,
        };
        let opening = Opening {
            time: Timestamp::from_millis(millis),
            node,
            agent: ids[0].map(|_| agent),
            credential: ids[0].map(KeyId::from_bits),
            token: ids[1].map(TokenId::from_bits),
            delegation: DelegationEntry::default(),
            strength: ids[1].map(|_| Strength::Mac),
            api: api.as_deref(),
            operation: operation.as_deref(),
            path_template: path_template.as_deref(),
            method,
            resource,
            query: query.as_deref(),
            gen_ai: None,
            scopes_used: None,
            address,
            user_agent: user_agent.as_deref(),
            trace: ids[1].map(|_| Trace { trace_id, span_id }),
            via: code.as_deref(),
        };
        let code = code.as_deref();
        let outcome = Outcome::Failed;
        let would_be = code.map(|code| WouldBe { outcome: Outcome::Denied, code });
        let policies = any_policies.as_ref().map(|(policies, version, shadow)| ByPolicies {
            policies,
            version: *version,
            shadow,
        });
        let decided = Decided { approval: None, policies, would_be };
        let closing = Closing {
            outcome,
            code,
            decided,
            status,
            request,
            response,
            labels: Labels::default(),
            duration_us,
        };
        let record = record(&opening, &closing);
        prop_assert_eq!(canonical(&record), record.clone());
        prop_assert!(record.len() <= MAX_BYTES);
        let summary = Summary::read(&record).unwrap();
        prop_assert_eq!(&*summary.id, ID.to_string());
        let kept = code.map(|it| canonical::cut(it, MAX_TEXT_BYTES));
        prop_assert_eq!(summary.decision.code.as_deref(), kept);
        prop_assert_eq!(summary.decision.would_be.as_ref().map(|it| &*it.code), kept);
    }
}
