//! A key that signs tokens no more: what it signed is good for a while, and then, or at once, not.

use bailiwick_domain::signing::{Life, OVERLAP_SECONDS};
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::issuing;
use bailiwick_testkit::sources::BEGINNING;
use bailiwick_testkit::world::World;

async fn read(world: &World, authorization: &str) -> String {
    let ask = Ask::new("GET", "/acme/tickets/7").header("authorization", authorization);
    world.send(&ask.signed(&world.proof())).await.verdict()
}

#[tokio::test]
async fn a_token_of_the_previous_key_is_accepted() {
    let world = World::begin().await;
    let token = world.bearer(&world.token());
    assert_eq!(read(&world, &token).await, "200");
    let life = Life { stopped_at: Some(world.hands.now()), ..Life::default() };
    issuing::change(&world.store, &world.issuer, life).await;
    assert_eq!(read(&world, &token).await, "200");
}

#[tokio::test]
async fn what_a_retired_key_signed_is_refused_although_it_was_remembered() {
    let world = World::begin().await;
    let stopped = BEGINNING.plus_seconds(100 - OVERLAP_SECONDS);
    issuing::change(
        &world.store,
        &world.issuer,
        Life { stopped_at: Some(stopped), ..Life::default() },
    )
    .await;
    let token = world.bearer(&world.token());
    assert_eq!(read(&world, &token).await, "200");
    world.hands.advance(99);
    assert_eq!(read(&world, &token).await, "200");
    world.hands.advance(1);
    assert_eq!(read(&world, &token).await, "401 token_invalid", "no authority had to say so");
    let fresh = world.bearer(&world.token());
    assert_eq!(read(&world, &fresh).await, "401 token_invalid");
}

#[tokio::test]
async fn what_a_revoked_key_signed_is_refused_on_the_next_request() {
    let world = World::begin().await;
    let token = world.bearer(&world.token());
    assert_eq!(read(&world, &token).await, "200");
    let now = Some(world.hands.now());
    issuing::change(
        &world.store,
        &world.issuer,
        Life { stopped_at: now, revoked_at: now, ..Life::default() },
    )
    .await;
    assert_eq!(read(&world, &token).await, "401 token_invalid");
}

#[tokio::test]
async fn a_revocation_behind_the_feeds_back_is_found_and_ends_what_was_remembered() {
    let world = World::begin().await;
    let token = world.bearer(&world.token());
    assert_eq!(read(&world, &token).await, "200");
    assert!(world.gateway.reconcile().await.unwrap().is_empty());
    let mut tx = world.store.begin_append().await.unwrap();
    tx.execute("UPDATE signing_keys SET revoked_at = 0", []).await.unwrap();
    tx.save().await.unwrap();
    assert_eq!(read(&world, &token).await, "200", "nobody was told");
    let found = world.gateway.reconcile().await.unwrap();
    assert_eq!(found.named, ["the keys that tokens are signed with are not as they are stored"]);
    assert_eq!(read(&world, &token).await, "401 token_invalid");
}
