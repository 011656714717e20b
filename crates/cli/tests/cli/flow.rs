//! An operator's first day, by the real binary: from an empty directory to a verified ledger.

use crate::stand::{Stand, run, upstream};
use serde_json::Value;

#[test]
fn from_an_empty_directory_to_a_verified_ledger() {
    let mut stand = Stand::serve(upstream());
    let agent = stand.add_agent("summarizer", "tickets:read");
    assert_eq!(agent["subject"], "spiffe://acme.example/default/summarizer");

    let url = stand.at("/acme/tickets/7?full=yes");
    let fetch = ["fetch", "--key", "summarizer.jwk", "--agent", "summarizer", &url];
    let answer = stand.run(&fetch).done().json();
    assert_eq!(
        (&answer["agent"], &answer["target"]),
        (&"summarizer".into(), &"/tickets/7?full=yes".into())
    );
    assert_eq!((&answer["signature"], &answer["authorization"]), (&Value::Null, &Value::Null));
    let record = answer["request_id"].as_str().unwrap().to_owned();

    let refunds = stand.at("/acme/refunds");
    let fetch = ["fetch", "--key", "summarizer.jwk", "-d", "{}", &refunds];
    stand.run(&fetch).failed(1, "scope_missing");

    let search = ["audit", "search", "--agent", "summarizer", "--outcome", "allowed", "--json"];
    let found = stand.run(&search).done().json();
    assert_eq!(found["records"][0]["record"]["id"], record.as_str());
    let shown = stand.run(&["audit", "show", &record, "--json"]).done().json();
    assert_eq!(shown["record"]["path_template"], "/tickets/{id}");
    let denied = stand.run(&["audit", "search", "--code", "scope_missing"]).done();
    assert!(denied.out.contains("POST"), "{denied:?}");
    let url = stand.authority.clone();
    let verified = stand.run(&["audit", "verify", "--url", &url, "--json"]).done().json();
    assert_eq!(verified["records"], 2);

    assert_eq!(stand.stop(), [Some(0)]);
    verify_with_the_server_off(&stand, &record);
}

fn verify_with_the_server_off(stand: &Stand, record: &str) {
    let verified = run(stand.path(), &["audit", "verify", "--json"]).done().json();
    assert_eq!(verified["records"], 2);
    let note = std::fs::read(stand.path().join("data/ledger/checkpoint")).unwrap();
    std::fs::write(stand.path().join("earlier"), note).unwrap();
    run(stand.path(), &["audit", "verify", "--from", "earlier"]).done();

    let proof = run(stand.path(), &["audit", "prove", record]).done().out;
    std::fs::write(stand.path().join("receipt"), &proof).unwrap();
    let proven =
        ["audit", "verify", "--proof", "receipt", "--key", "data/ledger/key.pub", "--json"];
    assert_eq!(run(stand.path(), &proven).done().json()["record"]["id"], record);
    std::fs::write(stand.path().join("receipt"), forge(&proof)).unwrap();
    run(stand.path(), &proven).failed(1, "proof_invalid");
    let unknown = "rec_00000000000000000000000000";
    run(stand.path(), &["audit", "prove", unknown]).failed(1, "is not among the 2 records");
    let other = "acme.example/ledger+00000000+AeNPCDDDz5pdDEmXnZrnEhf0Bi3aYFZ4Z4lvP/Yyb3RB";
    run(stand.path(), &["audit", "verify", "--key", other]).failed(2, "id does not match");

    let bundle = stand.path().join("data/ledger/tile/entries/000.p/2");
    let mut bytes = std::fs::read(&bundle).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let broken = run(stand.path(), &["audit", "verify", "--dir", "data/ledger", "--json"]);
    broken.failed(1, "first bad index: 1");
}

/// The proof with the other record's place: which of the two came first is for the cores to settle.
fn forge(proof: &str) -> String {
    let (place, other) =
        if proof.contains("index 0") { ("index 0", "index 1") } else { ("index 1", "index 0") };
    let forged = proof.replace(place, other);
    assert_ne!(forged, proof, "the proof names a place");
    forged
}

#[test]
fn an_agent_is_cut_off_and_let_back_in_and_a_revoked_key_stays_out() {
    let stand = Stand::serve(upstream());
    stand.add_agent("summarizer", "tickets:read");
    let url = stand.at("/acme/tickets/7");
    let fetch = || stand.run(&["fetch", "--key", "summarizer.jwk", &url]);
    fetch().done();
    stand.run(&["agent", "suspend", "summarizer"]).done();
    fetch().failed(1, "agent_suspended");
    stand.run(&["agent", "resume", "summarizer"]).done();
    stand.run(&["agent", "set", "summarizer", "--no-scopes"]).done();
    fetch().failed(1, "scope_missing");
    stand.run(&["agent", "set", "summarizer", "--scope", "tickets:read", "--limit", "1/h"]).done();
    fetch().done();
    fetch().failed(1, "rate_limited");
    stand.run(&["agent", "set", "summarizer", "--no-limit"]).done();
    fetch().done();
    stand.run(&["agent", "set", "summarizer", "--network", "192.0.2.0/24"]).done();
    fetch().failed(1, "network_forbidden");
    stand.run(&["agent", "set", "summarizer", "--any-network"]).done();
    let keys = stand.run(&["key", "list", "summarizer", "--json"]).done().json();
    let key = keys["credentials"][0]["key_id"].as_str().unwrap().to_owned();
    stand.run(&["key", "revoke", &key]).done();
    fetch().failed(1, "credential_revoked");
    stand.run(&["agent", "retire", "summarizer"]).done();
    stand.run(&["agent", "resume", "summarizer"]).failed(1, "state");
    let listed = stand.run(&["agent", "list", "--state", "retired", "--json"]).done().json();
    assert_eq!(listed["agents"][0]["name"], "summarizer");
}

#[test]
fn tokens_are_minted_for_the_key_they_work_with() {
    let stand = Stand::serve(upstream());
    stand.add_agent("summarizer", "tickets:read");
    stand.add_agent("other", "tickets:read");
    let mint = ["token", "mint", "--key", "summarizer.jwk", "--agent", "summarizer"];
    let minted = |more: &[&str]| stand.run(&[&mint, more].concat());
    let token = minted(&["--audience", "acme", "--ttl", "5m"]).done().out.trim().to_owned();

    let decoded = stand.run(&["token", "decode", &token, "--json"]).done().json();
    assert_eq!(decoded["payload"]["agent"], "summarizer");
    assert_eq!(decoded["is_expired"], false);
    stand.run(&["token", "verify", &token]).done();
    let jwks = format!("{}/.well-known/jwks.json", stand.authority);
    stand.run(&["token", "verify", &token, "--jwks", &jwks]).done();
    let wrong = ["token", "verify", &token, "--issuer", "https://elsewhere.example"];
    stand.run(&wrong).failed(1, "token_invalid");
    std::fs::write(stand.path().join("none.json"), "{\"keys\":[]}").unwrap();
    stand.run(&["token", "verify", &token, "--jwks", "none.json"]).failed(1, "token_invalid");

    let url = stand.at("/acme/tickets/7");
    let fetch = |key: &str| stand.run(&["fetch", "--key", key, "--token", &token, &url]);
    fetch("summarizer.jwk").done();
    fetch("other.jwk").failed(1, "proof_missing");

    let assertion = minted(&["--assertion", "--audience", "open", "--unbound"]).done();
    let verified = stand.run(&["token", "verify", assertion.out.trim(), "--json"]).done().json();
    assert_eq!(verified["payload"].get("cnf"), None);
    minted(&["--audience", "acme", "--unbound"]).failed(1, "invalid_request");
    minted(&["--scope", "refunds:write"]).failed(1, "invalid_scope");
    let theirs = ["token", "mint", "--key", "other.jwk", "--agent", "summarizer"];
    stand.run(&theirs).failed(1, "the key belongs to other");
}

#[test]
fn invites_are_made_listed_and_taken_back() {
    let stand = Stand::serve(upstream());
    let make = ["invite", "new", "--uses", "2", "--ttl", "1h", "--scope", "tickets:read", "--json"];
    let invite = stand.run(&make).done().json();
    assert!(invite["invite_code"].as_str().unwrap().starts_with("bwi_"), "{invite}");
    let id = invite["id"].as_str().unwrap();
    stand.run(&["invite", "revoke", id]).done();
    let listed = stand.run(&["invite", "list", "--json"]).done().json();
    assert!(listed["invites"][0]["revoked_at"].is_string(), "{listed}");
    stand.run(&["invite", "new", "--scope", "admin"]).failed(1, "broad");
    stand.run(&["invite", "new", "--ttl", "soon"]).failed(2, "not a span of time");
}

#[test]
fn the_apis_behind_the_gateway_are_shown() {
    let stand = Stand::serve(upstream());
    let listed = stand.run(&["api", "list", "--json"]).done().json();
    assert_eq!(listed["apis"].as_array().unwrap().len(), 2);
    let shown = stand.run(&["api", "show", "acme"]).done();
    assert!(shown.out.contains("/tickets/{id}"), "{shown:?}");
    stand.run(&["api", "show", "nothing"]).failed(1, "not_found");
}
