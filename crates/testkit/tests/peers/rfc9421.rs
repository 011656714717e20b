//! HTTP message signatures (RFC 9421).

use bailiwick_domain::credential::Algorithm::{self, EcdsaP256Sha256, Ed25519, HmacSha256};
use bailiwick_testkit::peer::Peer::{self, JavaScript, Python};
use serde_json::json;

use crate::stage;

async fn check(peer: Peer, algorithm: Algorithm) {
    let world = stage::begin().await;
    let (id, key) = stage::key(&world, algorithm).await;
    let told = json!({
        "algorithm": algorithm.as_str(), "keyid": id.to_string(), "jwk": stage::jwk(&key),
    });
    let api = if algorithm == HmacSha256 { stage::ANY_PROOF } else { stage::KEYS_ONLY };
    stage::play(&world, api, peer, told).await;
}

#[tokio::test]
async fn http_message_signatures_of_npm() {
    check(JavaScript("rfc9421"), Ed25519).await;
    check(JavaScript("rfc9421"), EcdsaP256Sha256).await;
    check(JavaScript("rfc9421"), HmacSha256).await;
}

#[tokio::test]
async fn http_message_sig_of_npm() {
    check(JavaScript("rfc9421_fetch"), Ed25519).await;
}

#[tokio::test]
async fn requests_http_signature_of_pypi() {
    check(Python("rfc9421"), Ed25519).await;
    check(Python("rfc9421"), EcdsaP256Sha256).await;
    check(Python("rfc9421"), HmacSha256).await;
}
