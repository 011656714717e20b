//! Web Bot Auth: the form that published clients send, and the one of the current draft. The key is
//! in a directory that belongs to the agent.

use bailiwick_domain::credential::{Algorithm, Key, Material};
use bailiwick_domain::id::KeyId;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::peer::Peer::{self, JavaScript, Python};
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;
use serde_json::{Value, json};

use crate::{directory, stage};

/// Gives the world's agent a directory with one key, and says what a client is told of it.
async fn told(world: &World, draft: bool) -> Value {
    let key = SigningKey::generate(Algorithm::Ed25519, &entropy(5)).unwrap();
    let mut public: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    public["kid"] = key.thumbprint().into();
    let origin = directory::serve(public).await;
    let stored = Key {
        algorithm: None,
        material: Material::Directory,
        thumbprint: format!("{origin}{}", directory::PATH),
        ..world.stored_key(KeyId::from_bits(2), world.agent.id, &world.key)
    };
    world.put_key(&stored).await;
    let (jwk, thumbprint) = (stage::jwk(&key), key.thumbprint());
    json!({"jwk": jwk, "thumbprint": thumbprint, "directory": origin, "draft": draft})
}

async fn check(peer: Peer, draft: bool) {
    let world = stage::begin().await;
    let told = told(&world, draft).await;
    stage::play(&world, stage::KEYS_ONLY, peer, told).await;
}

#[tokio::test]
async fn web_bot_auth_of_npm() {
    check(JavaScript("web_bot_auth"), false).await;
}

#[tokio::test]
async fn the_drafts_form_with_http_message_sig_of_npm() {
    check(JavaScript("web_bot_auth_draft"), true).await;
}

#[tokio::test]
async fn either_form_with_requests_http_signature_of_pypi() {
    check(Python("web_bot_auth"), false).await;
    check(Python("web_bot_auth"), true).await;
}

#[tokio::test]
async fn web_bot_auth_of_pypi_with_messh_sdk() {
    check(Python("web_bot_auth_messh"), false).await;
}

/// It covers neither method nor path, uses no nonce, and lets each signature live for five minutes:
/// whoever sees one could make other requests with it.
#[tokio::test]
async fn bot_auth_of_pypi_signs_too_little_to_be_let_through() {
    let world = stage::begin().await;
    let mut told = told(&world, false).await;
    told["url"] = format!("http://{}/acme/tickets/7", world.gateway.address()).into();
    assert_eq!(Python("bot_auth_alone").run(&told).await, "401 signature_window");
    assert!(world.upstream.seen().is_empty());
}
