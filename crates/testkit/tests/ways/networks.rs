//! From where an agent may call, and each of its keys may be used.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::KeyId;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;

const TICKET: &str = "/acme/tickets/7";

async fn allow(world: &World, networks: &[&str]) {
    let networks: Vec<_> = networks.iter().map(|text| text.parse().unwrap()).collect();
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.keys().set_networks(world.key_id, &networks).await.unwrap());
    tx.save().await.unwrap();
}

#[tokio::test]
async fn a_key_is_used_from_its_own_networks_alone_on_the_next_request() {
    let world = World::begin().await;
    let verdict = async || {
        let ask = Ask::new("GET", TICKET).signed(&world.proof());
        world.send(&ask).await.verdict()
    };
    assert_eq!(verdict().await, "200");
    allow(&world, &["10.0.0.0/8", "2001:db8::/32"]).await;
    assert_eq!(verdict().await, "403 network_forbidden");
    let second = SigningKey::generate(Algorithm::Ed25519, &entropy(90)).unwrap();
    world.add_key(KeyId::from_bits(2), world.agent.id, &second).await;
    let by_second = Proof { keyid: KeyId::from_bits(2).to_string(), ..world.proof_by(&second) };
    let ask = Ask::new("GET", TICKET).signed(&by_second);
    assert_eq!(world.send(&ask).await.verdict(), "200", "another key of the agent has its own");
    allow(&world, &["127.0.0.0/8"]).await;
    assert_eq!(verdict().await, "200");
    allow(&world, &[]).await;
    assert_eq!(verdict().await, "200");
}

#[tokio::test]
async fn a_token_is_used_where_the_key_that_bought_it_is() {
    let world = World::begin().await;
    let ask = async || {
        let ask = Ask::new("GET", TICKET).header("authorization", &world.bearer(&world.token()));
        world.send(&ask.signed(&world.proof())).await.verdict()
    };
    assert_eq!(ask().await, "200");
    allow(&world, &["10.0.0.0/8"]).await;
    assert_eq!(ask().await, "403 network_forbidden");
}
