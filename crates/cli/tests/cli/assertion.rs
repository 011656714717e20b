//! Agents that act for themselves as OAuth clients which others wrote, known by `private_key_jwt`
//! (RFC 7523, section 2.2).

use bailiwick_testkit::peer::Peer;
use serde_json::{Value, json};

use crate::stand::{Stand, upstream};

async fn check(peer: Peer) {
    let stand = Stand::serve(upstream());
    let agent = stand.add_agent("summarizer", "tickets:read");
    let keys = stand.run(&["key", "list", "summarizer", "--json"]).done().json();
    let private = std::fs::read_to_string(stand.path().join("summarizer.jwk")).unwrap();
    let told = json!({
        "issuer": stand.authority,
        "client_id": agent["id"],
        "keyid": keys["credentials"][0]["key_id"],
        "jwk": serde_json::from_str::<Value>(&private).unwrap(),
        "scope": "tickets:read",
        "audience": "open",
        "url": stand.at("/open/tickets/7"),
    });
    let expected = json!({ "scope": "tickets:read", "call": 200 });
    assert_eq!(peer.run(&told).await, expected, "{peer:?}");
}

#[tokio::test]
async fn openid_client_of_npm() {
    check(Peer::JavaScript("assertion_openid_client")).await;
}

#[tokio::test]
async fn authlib_of_pypi() {
    check(Peer::Python("assertion_authlib")).await;
}
