//! RFC 8725, section 2.1, and RFC 9421, section 7.3.6: the message chooses how it is verified.

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;

#[tokio::test]
async fn a_mac_keyed_with_a_public_key_is_not_a_signature() {
    let world = World::begin().await;
    let public = world.key.public().unwrap().to_jwk();
    let public: serde_json::Value = serde_json::from_str(&public).unwrap();
    let jwk = serde_json::json!({ "kty": "oct", "k": public["x"] }).to_string();
    let forged = SigningKey::from_jwk(&jwk).unwrap();
    let keyid = world.key.thumbprint().to_owned();
    let ask =
        Ask::new("GET", "/acme/tickets/7").signed(&Proof { keyid, ..world.proof_by(&forged) });
    assert_eq!(world.send(&ask).await.verdict(), "401 signature_invalid");
}

#[tokio::test]
async fn an_algorithm_named_by_the_message_changes_nothing() {
    let world = World::begin().await;
    let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    for algorithm in ["hmac-sha256", "ecdsa-p256-sha256", "rsa-v1_5-sha256", "none"] {
        let mut bent = ask.clone();
        for (name, value) in &mut bent.headers {
            if name == "signature-input" {
                *value = format!("{value};alg=\"{algorithm}\"");
            }
        }
        let reply = world.send(&bent).await;
        assert_ne!(reply.status, 200, "{algorithm}: {}", reply.verdict());
    }
    assert!(world.upstream.seen().is_empty());
}

#[tokio::test]
async fn tokens_of_another_algorithm_key_or_type_are_refused() {
    let world = World::begin().await;
    let honest = world.bearer(&world.token());
    let parts: Vec<&str> = honest["Bearer ".len()..].split('.').collect();
    let stranger = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(5)).unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    for token in [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        world.token().sign(&stranger).unwrap(),
        world.token().sign(&world.key).unwrap(),
        format!("{}.{}", parts[0], parts[1]),
        "a".repeat(20_000),
    ] {
        let ask = Ask::new("GET", "/acme/tickets/7");
        let ask = ask.header("authorization", &format!("Bearer {token}")).signed(&world.proof());
        let verdict = world.send(&ask).await.verdict();
        assert!(verdict == "401 token_invalid" || verdict == "431", "{token}: {verdict}");
    }
    assert!(world.upstream.seen().is_empty());
}
