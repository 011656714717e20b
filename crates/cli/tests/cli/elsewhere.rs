//! A person lets an agent act for them from elsewhere than its own browser: with an OAuth client
//! which others wrote, by a device's code (RFC 8628) and by name (CIBA Core 1.0).

use bailiwick_testkit::peer::Peer;
use serde_json::{Value, json};

use crate::person::Person;
use crate::stand::{Stand, upstream};

const GRANTS: [&str; 2] =
    ["urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba"];

#[tokio::test]
async fn openid_client_of_npm() {
    let stand = Stand::serve(upstream());
    let agent = stand.add_agent("summarizer", "tickets:read");
    let [device, named] = GRANTS;
    let arguments = ["agent", "client", "summarizer", "--grant", device, "--grant", named];
    stand.run(&arguments).done();
    let keys = stand.run(&["key", "list", "summarizer", "--json"]).done().json();
    let private = std::fs::read_to_string(stand.path().join("summarizer.jwk")).unwrap();
    let person = Person::sign_in(&stand).await;
    let id = person.id.to_string();
    let told = json!({
        "issuer": stand.authority,
        "client_id": agent["id"],
        "keyid": keys["credentials"][0]["key_id"],
        "jwk": serde_json::from_str::<Value>(&private).unwrap(),
        "scope": "openid tickets:read",
        "audience": "open",
        "login_hint": id,
        "person": person.listen().await,
        "requests": format!("{}/me/requests", stand.authority),
        "url": stand.at("/open/tickets/7"),
    });
    let peer = Peer::JavaScript("elsewhere_openid_client");
    let expected = json!({
        "pending": "authorization_pending",
        "call": 200,
        "person": id,
        "replayed": "invalid_grant",
    });
    assert_eq!(peer.run(&told).await, json!({ "device": expected, "named": expected }));
}
