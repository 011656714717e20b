//! The keys that sign access tokens, replaced by an operator.

use serde_json::Value;

use crate::stand::{Ended, Stand, upstream};

fn mint(stand: &Stand) -> String {
    let mint = ["token", "mint", "--key", "summarizer.jwk", "--agent", "summarizer"];
    let minted = stand.run(&[&mint[..], &["--audience", "acme"]].concat()).done();
    minted.out.trim().to_owned()
}

fn read(stand: &Stand, token: &str) -> Ended {
    let url = stand.at("/acme/tickets/7");
    stand.run(&["fetch", "--key", "summarizer.jwk", "--token", token, &url])
}

fn states(list: &Value) -> Vec<String> {
    let keys = list["signing_keys"].as_array().unwrap().iter();
    let mut states: Vec<_> = keys.map(|key| key["state"].as_str().unwrap().to_owned()).collect();
    states.sort_unstable();
    states
}

#[test]
fn an_operator_lets_the_next_key_sign_and_ends_what_was_signed_before() {
    let stand = Stand::serve(upstream());
    stand.add_agent("summarizer", "tickets:read");
    let first = mint(&stand);
    read(&stand, &first).done();

    let listed = stand.run(&["signing-key", "list", "--json"]).done().json();
    assert_eq!(states(&listed), ["current", "next"]);
    let rotated = stand.run(&["signing-key", "rotate", "--json"]).done().json();
    assert_eq!(states(&rotated), ["current", "next", "previous"]);
    let second = mint(&stand);
    read(&stand, &first).done();
    read(&stand, &second).done();

    let shown = stand.run(&["signing-key", "rotate", "--revoke"]).done().out;
    assert_eq!(shown.matches("revoked").count(), 2, "{shown}");
    read(&stand, &first).failed(1, "token_invalid");
    read(&stand, &second).failed(1, "token_invalid");
    read(&stand, &mint(&stand)).done();
}
