//! Everything is read again now and then, and what was written behind the feed's back is found.

use std::sync::Arc;

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::credential::{Algorithm, KeyState};
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_gateway::routes::Apis;
use bailiwick_gateway::world::keeper::{Keeper, Origin};
use bailiwick_proof::keys::SigningKey;
use bailiwick_store::Store;
use bailiwick_testkit::database::Schema;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::{Choices, ISSUER, World};

/// A fleet of two agents, and one that keeps its own world of it.
async fn keep(choices: Choices) -> (World, Keeper) {
    let world = World::begin_with(choices).await;
    let agent =
        Agent { id: AgentId::from_bits(2), name: "b".parse().unwrap(), ..world.agent.clone() };
    world.add_agent(&agent).await;
    let secret = SigningKey::generate(Algorithm::HmacSha256, &entropy(9)).unwrap();
    world.add_key(KeyId::from_bits(2), agent.id, &secret).await;
    world.add_root(1, [1; 32]).await;
    let origin = Origin {
        sealer: Arc::clone(&world.sealer),
        issuer: ISSUER.to_owned(),
        trust_domain: "acme.test".to_owned(),
        apis: Arc::new(Apis::new([]).unwrap()),
        clock: world.hands.clock(),
    };
    let keeper = Keeper::start(&world.store, origin).await.unwrap();
    (world, keeper)
}

/// Writes as nobody should: without a number.
async fn write(store: &Store, sql: &'static str) {
    let mut tx = store.begin_append().await.unwrap();
    assert!(tx.execute(sql, []).await.unwrap() > 0, "{sql}");
    tx.save().await.unwrap();
}

async fn finds_what_was_written_by_hand(world: &World, keeper: &Keeper) {
    let (first, second) = (world.agent.id, AgentId::from_bits(2));
    assert!(keeper.reconcile().await.unwrap().is_empty(), "two agents, as they are stored");
    let before = keeper.world.load_full();

    write(&world.store, "UPDATE agents SET state = 'suspended' WHERE name = 'b'").await;
    write(&world.store, "DELETE FROM keys WHERE kind = 'hmac'").await;
    write(&world.store, "UPDATE keys SET state = 'revoked'").await;
    assert_eq!(keeper.world.load().agent(second).unwrap().agent.state, State::Active);
    let found = keeper.reconcile().await.unwrap();
    let (one, two) = (world.key_id, KeyId::from_bits(2));
    let words = [
        format!("agent {second} is not as it is stored"),
        format!("key {one} is not as it is stored"),
        format!("key {two} is not stored"),
        "a key is found by what none is stored under".to_owned(),
        format!("the shared secrets of agent {second} are not as they are stored"),
    ];
    assert_eq!((found.count, found.named.as_slice()), (5, words.as_slice()));

    let after = keeper.world.load_full();
    assert_eq!(after.agent(first).unwrap().agent.state, State::Active);
    assert_eq!(after.agent(second).unwrap().agent.state, State::Suspended);
    assert_eq!(after.key(one).unwrap().state, KeyState::Revoked);
    assert!(after.key(two).is_none() && after.secret_of(second).is_none());
    let editions = |world: &bailiwick_gateway::world::World| {
        [world.signing().edition(), world.workloads().edition(), world.derivation().edition()]
    };
    assert_eq!(editions(&after), editions(&before), "what was verified need not be again");
    assert!(keeper.reconcile().await.unwrap().is_empty());

    world.change_agent(|agent| agent.state = State::Retired).await;
    assert_eq!(keeper.world.load().agent(first).unwrap().agent.state, State::Retired);
    assert!(keeper.reconcile().await.unwrap().is_empty());
    write(&world.store, "DELETE FROM roots").await;
    let found = keeper.reconcile().await.unwrap();
    assert_eq!(found.named, ["the roots are not as they are stored"]);
    let last = keeper.world.load_full();
    assert!(last.derivation().roots().is_none());
    assert_ne!(last.derivation().edition(), after.derivation().edition());
}

#[tokio::test]
async fn what_was_written_behind_the_feeds_back_is_found_in_sqlite() {
    let (world, keeper) = keep(Choices::default()).await;
    finds_what_was_written_by_hand(&world, &keeper).await;
}

#[tokio::test]
async fn what_was_written_behind_the_feeds_back_is_found_in_postgresql() {
    let schema = Schema::make().await;
    let store = schema.url.clone();
    let (world, keeper) = keep(Choices { store, ..Choices::default() }).await;
    finds_what_was_written_by_hand(&world, &keeper).await;
    drop((world, keeper));
    schema.remove().await;
}

#[tokio::test]
async fn a_change_that_comes_while_everything_is_read_again_is_not_lost() {
    let (world, keeper) = keep(Choices::default()).await;
    for round in 0..20 {
        let purpose = format!("round {round}");
        let change = world.change_agent(|agent| agent.purpose.clone_from(&purpose));
        let (found, ()) = tokio::join!(keeper.reconcile(), change);
        assert!(found.unwrap().is_empty(), "a change is no difference");
        let known = keeper.world.load();
        assert_eq!(known.agent(world.agent.id).unwrap().agent.purpose, purpose);
    }
}
