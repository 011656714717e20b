//! What every client is put through, and what has to come of it.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::KeyId;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::peer::Peer;
use bailiwick_testkit::sources::{Hands, entropy};
use bailiwick_testkit::world::{Choices, World};
use serde_json::{Value, json};

/// The requests: method, target, and body.
const CASES: [(&str, &str, Option<&str>); 3] = [
    ("GET", "/tickets/7", None),
    ("GET", "/tickets/7?fields=title%20owner&full=yes", None),
    ("POST", "/tickets", Some(r#"{"title":"naïve?"}"#)),
];

/// The API that takes proofs by an agent's own key only.
pub(crate) const KEYS_ONLY: &str = "acme";
/// The API that takes any proof.
pub(crate) const ANY_PROOF: &str = "open";

/// A world whose clock is the one that the clients read.
pub(crate) async fn begin() -> World {
    World::begin_with(Choices { hands: Hands::running(), ..Choices::default() }).await
}

/// Gives the world's agent one more key.
pub(crate) async fn key(world: &World, algorithm: Algorithm) -> (KeyId, SigningKey) {
    let key = SigningKey::generate(algorithm, &entropy(5)).unwrap();
    let id = KeyId::from_bits(2);
    world.add_key(id, world.agent.id, &key).await;
    (id, key)
}

/// The private key as a client reads it.
pub(crate) fn jwk(key: &SigningKey) -> Value {
    serde_json::from_str(&key.to_jwk()).unwrap()
}

/// Has a client make each request to an API, send it twice, and send it changed. The first is to be
/// let through whole and under the agent's name, the second and the third refused.
pub(crate) async fn play(world: &World, api: &str, peer: Peer, mut told: Value) {
    let base = format!("http://{}/{api}", world.gateway.address());
    let case = |(method, target, body): (&str, &str, Option<&str>)| {
        let url = format!("{base}{target}");
        json!({"method": method, "url": url, "body": body})
    };
    told["cases"] = CASES.map(case).to_vec().into();
    let verdicts = peer.run(&told).await;
    let expected = CASES.map(|(_, _, body)| {
        let digest = body.map(|_| "401 digest_mismatch");
        let changed = digest.unwrap_or("401 signature_invalid");
        json!({"once": "200", "again": "401 nonce_replayed", "changed": changed})
    });
    assert_eq!(verdicts, Value::from(expected.to_vec()), "{peer:?}");

    let seen = world.upstream.seen();
    assert_eq!(seen.len(), CASES.len(), "{peer:?}");
    for (seen, (method, target, body)) in seen.iter().zip(CASES) {
        assert_eq!((seen.method.as_str(), seen.target.as_str()), (method, target));
        assert_eq!(seen.body, body.unwrap_or_default());
        assert_eq!(seen.headers["x-agent-id"], "ticket-summarizer");
        assert!(!seen.headers.contains_key("signature"), "{peer:?}: {seen:?}");
    }
}
