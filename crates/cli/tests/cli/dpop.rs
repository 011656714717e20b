//! Tokens bound by RFC 9449, with clients that others wrote: a token from the authority by
//! `private_key_jwt`, bound to a key that only the client has, and calls with it at the gateway.

use bailiwick_testkit::peer::Peer;
use serde_json::json;

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
        "jwk": serde_json::from_str::<serde_json::Value>(&private).unwrap(),
        "scope": "tickets:read",
        "url": stand.at("/acme/tickets/7"),
    });
    let mut verdicts = peer.run(&told).await;
    // The type of a token is the same in any case (RFC 6749, section 5.1).
    let kind = verdicts["type"].as_str().unwrap().to_ascii_lowercase();
    verdicts["type"] = kind.into();
    let expected = json!({
        "nonce": true,
        "type": "dpop",
        "once": "200 summarizer",
        "again": "401 nonce_replayed",
        "elsewhere": "401 signature_invalid",
    });
    assert_eq!(verdicts, expected, "{peer:?}");
}

#[tokio::test]
async fn oauth4webapi_of_npm() {
    check(Peer::JavaScript("dpop")).await;
}

#[tokio::test]
async fn requests_oauth2client_of_pypi() {
    check(Peer::Python("dpop")).await;
}
