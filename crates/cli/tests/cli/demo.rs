//! The demonstration, as a newcomer runs it.

use crate::stand::run;
use serde_json::Value;

#[test]
fn every_verdict_is_the_expected_one_and_the_ledger_holds_them_all() {
    let directory = tempfile::tempdir().unwrap();
    let told = run(directory.path(), &["demo", "--json"]).done().out;
    let events: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|it| it["event"] == kind).collect::<Vec<_>>();
    let agents: Vec<_> = of("agent").iter().map(|it| it["name"].clone()).collect();
    assert_eq!(agents, ["ticket-summarizer", "refund-processor", "pii-exporter"]);
    let codes: Vec<_> = of("request").iter().filter_map(|it| it["code"].as_str()).collect();
    for code in [
        "nonce_replayed",
        "digest_mismatch",
        "scope_missing",
        "signature_invalid",
        "signature_expired",
        "credential_revoked",
        "rate_limited",
        "agent_mismatch",
    ] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
    assert!(of("request").iter().all(|it| it["as_expected"] == true), "{told}");
    assert_eq!(of("summary")[0]["ok"], true);
    assert_eq!(of("ledger")[0]["records"], of("request").len());
    assert_eq!(of("ledger")[0]["forgery_caught"], true);
}

#[test]
fn without_a_terminal_it_is_plain_text_with_one_line_for_each_request() {
    let directory = tempfile::tempdir().unwrap();
    let told = run(directory.path(), &["demo"]).done().out;
    assert!(!told.contains('\u{1b}'), "{told}");
    for section in ["Who they are", "Honest work", "Attacks", "Summary", "The ledger"] {
        assert!(told.lines().any(|line| line.starts_with(section)), "{section}");
    }
    assert!(told.contains("every verdict was the expected one"), "{told}");
    let requests = told.lines().filter(|line| line.contains(" POST ") || line.contains(" GET "));
    assert!(requests.count() >= 25, "{told}");
}
