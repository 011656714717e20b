//! A person lets agents act for them that are OAuth clients which others wrote: found out about,
//! registered, let in by a code, and gone on with by refresh tokens (RFC 8414, 7591, 9126, 7636,
//! 9207 and 9700).

use bailiwick_testkit::peer::Peer;
use serde_json::{Value, json};

use crate::person::Person;
use crate::stand::{Stand, upstream};

/// Where the answers go, which nobody listens to: the person's browser is played.
const REDIRECT: &str = "http://127.0.0.1/callback";

/// What a client comes to.
fn expected() -> Value {
    json!({
        "mixed_up": true,
        "call": 200,
        "rotated": true,
        "replayed": "invalid_grant",
        "ended": "invalid_grant",
    })
}

/// An installation with a client that an operator registered, and what the others are told of it.
async fn told(stand: &Stand) -> Value {
    let client = stand.add_agent("copilot", "tickets:read");
    let grants = ["--grant", "authorization_code", "--grant", "refresh_token"];
    let arguments = ["agent", "client", "copilot", "--public", "--redirect-uri", REDIRECT];
    stand.run(&[&arguments[..], &grants].concat()).done();
    let invite = ["invite", "new", "--scope", "tickets:read", "--json"];
    json!({
        "issuer": stand.authority,
        "client_id": client["id"],
        "invite": stand.run(&invite).done().json()["invite_code"],
        "redirect_uri": REDIRECT,
        "scope": "openid tickets:read offline_access",
        "person": Person::sign_in(stand).await.listen().await,
        "url": stand.at("/open/tickets/7"),
    })
}

async fn check(peer: Peer) {
    let stand = Stand::serve(upstream());
    let verdicts = peer.run(&told(&stand).await).await;
    assert_eq!(verdicts, expected(), "{peer:?}");
}

/// The same with a client that knows OAuth alone: it leaves `iss` to who uses it, and asks for no
/// ID token.
async fn check_plain(peer: Peer) {
    let stand = Stand::serve(upstream());
    let mut told = told(&stand).await;
    told["scope"] = "tickets:read offline_access".into();
    let mut verdicts = peer.run(&told).await;
    verdicts["mixed_up"] = true.into();
    assert_eq!(verdicts, expected(), "{peer:?}");
}

#[tokio::test]
async fn openid_client_of_npm() {
    check(Peer::JavaScript("consent_openid_client")).await;
}

#[tokio::test]
async fn oauth4webapi_of_npm() {
    check(Peer::JavaScript("consent_oauth4webapi")).await;
}

#[tokio::test]
async fn requests_oauth2client_of_pypi() {
    check(Peer::Python("consent_requests_oauth2client")).await;
}

#[tokio::test]
async fn authlib_of_pypi() {
    check_plain(Peer::Python("consent_authlib")).await;
}

#[tokio::test]
async fn requests_oauthlib_of_pypi() {
    check_plain(Peer::Python("consent_requests_oauthlib")).await;
}

/// It finds the authority from the gateway; told that a token is good no more, it would ask the
/// person again.
#[tokio::test]
async fn modelcontextprotocol_sdk_of_npm() {
    let stand = Stand::serve(upstream());
    let peer = Peer::JavaScript("consent_mcp");
    let mut told = told(&stand).await;
    told["api"] = stand.at("/open").into();
    told["scope"] = "tickets:read offline_access".into();
    let verdicts = peer.run(&told).await;
    let expected = json!({
        "steps": ["REDIRECT", "AUTHORIZED", "AUTHORIZED", "AUTHORIZED"],
        "call": 200,
        "rotated": true,
        "replayed": true,
        "ended": true,
    });
    assert_eq!(verdicts, expected, "{peer:?}");
}

/// The same in Python: the provider is put in front of an HTTP client, and does all by itself.
#[tokio::test]
async fn mcp_of_pypi() {
    let stand = Stand::serve(upstream());
    let peer = Peer::Python("consent_mcp");
    let mut told = told(&stand).await;
    told["api"] = stand.at("/open").into();
    let verdicts = peer.run(&told).await;
    let expected = json!({
        "calls": [200, 200, 200],
        "asked": 1,
        "scope": "tickets:read offline_access",
        "rotated": true,
        "replayed": true,
        "ended": true,
    });
    assert_eq!(verdicts, expected, "{peer:?}");
}
