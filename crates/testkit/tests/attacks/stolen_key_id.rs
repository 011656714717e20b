//! RFC 9421, section 7.3.5: a signature that names somebody else's key.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;

async fn world_with_two_agents() -> (World, SigningKey) {
    let world = World::begin().await;
    let other = SigningKey::generate(Algorithm::Ed25519, &entropy(77)).unwrap();
    let agent = Agent {
        id: AgentId::from_bits(2),
        name: "pii-exporter".parse().unwrap(),
        scopes: "pii:read".parse().unwrap(),
        ..world.agent.clone()
    };
    world.add_agent(&agent).await;
    world.add_key(KeyId::from_bits(2), agent.id, &other).await;
    (world, other)
}

#[tokio::test]
async fn naming_anothers_key_does_not_make_it_yours() {
    let (world, other) = world_with_two_agents().await;
    for keyid in [world.key.thumbprint().to_owned(), world.key_id.to_string()] {
        let proof = Proof { keyid, ..world.proof_by(&other) };
        let ask = Ask::new("GET", "/acme/tickets/7").signed(&proof);
        assert_eq!(world.send(&ask).await.verdict(), "401 signature_invalid");
    }
    let own = Ask::new("GET", "/acme/tickets/7").signed(&world.proof_by(&other));
    assert_eq!(world.send(&own).await.verdict(), "403 scope_missing");
    assert!(world.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_token_does_not_lend_its_scopes_to_another_agents_key() {
    let (world, other) = world_with_two_agents().await;
    let bearer = world.bearer(&world.token());
    let ask = Ask::new("GET", "/acme/tickets/7").header("authorization", &bearer);
    let ask = ask.signed(&world.proof_by(&other));
    assert_eq!(world.send(&ask).await.verdict(), "401 proof_missing");
}
