//! A gateway that has lost touch with its store lets nobody in, until it is there again.

use std::time::Duration;

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::database::{Schema, Wire};
use bailiwick_testkit::world::{Choices, World};

const MOST: Duration = Duration::from_secs(10);

async fn read(world: &World) -> String {
    world.send(&Ask::new("GET", "/acme/tickets/7").signed(&world.proof())).await.verdict()
}

async fn ready(world: &World) -> String {
    world.send(&Ask::new("GET", "/readyz")).await.verdict()
}

#[tokio::test]
async fn a_gateway_out_of_touch_refuses_everybody() {
    let world = World::begin_with(Choices { max_staleness: MOST, ..Choices::default() }).await;
    assert_eq!(read(&world).await, "200");
    world.store.close().await;
    world.hands.advance(9);
    assert_eq!(read(&world).await, "200", "for so long it goes by what it was told last");
    assert_eq!(ready(&world).await, "200");
    world.hands.advance(2);
    assert_eq!(read(&world).await, "503 unavailable");
    let stranger = world.send(&Ask::new("GET", "/acme/tickets/7")).await;
    assert_eq!(stranger.verdict(), "503 unavailable", "nobody is told anything else");
    let hint = stranger.json()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("the store"), "{hint}");
    assert_eq!(ready(&world).await.split(' ').next(), Some("503"));
    assert_eq!(world.upstream.seen().len(), 2, "nothing else was forwarded");
}

#[tokio::test]
async fn a_gateway_whose_wire_is_cut_refuses_and_serves_again_once_it_is_mended() {
    let schema = Schema::make().await;
    let (wire, store) = Wire::to(&schema.url).await;
    let choices = Choices { store, max_staleness: MOST, ..Choices::default() };
    let world = World::begin_with(choices).await;
    assert_eq!(read(&world).await, "200");
    wire.cut().await;
    assert_eq!(read(&world).await, "200");
    world.hands.advance(11);
    assert_eq!(read(&world).await, "503 unavailable");
    wire.mend();
    // Saved, a change holds for the next request: the gateway has been told of it.
    world.change_agent(|agent| agent.purpose = "to be heard of".to_owned()).await;
    assert_eq!(read(&world).await, "200");
    drop(world);
    schema.remove().await;
}
