//! Several gateways, and gateways that end and begin again.

use std::net::SocketAddr;

use bailiwick_domain::ruling::Verdict;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::database::Schema;
use bailiwick_testkit::raw;
use bailiwick_testkit::world::{Choices, World};
use futures_util::future::join_all;

use crate::signed;

/// Of many retries at once, on two nodes, one goes through; the others are put before people anew,
/// all of them once.
async fn race(store: String) {
    let world = World::begin_with(Choices { store, ..Choices::default() }).await;
    let other = world.another_gateway().await;
    let id = world.asked_for(&signed(&world, "{}")).await;
    world.decide(id, 1, Verdict::Approve).await;
    let nodes = [world.gateway.address(), other.address()];
    let sent = (0..10).map(|number| {
        let node: SocketAddr = nodes[number % 2];
        let bytes = signed(&world, "{}").bytes();
        async move { raw::send(node, &bytes).await.verdict() }
    });
    let mut verdicts = join_all(sent).await;
    verdicts.sort();
    assert_eq!(verdicts[0], "200");
    assert!(verdicts[1..].iter().all(|it| it == "202 approval_pending"), "{verdicts:?}");
    assert_eq!(world.upstream.seen().len(), 1);
    assert_eq!(world.approvals().await.len(), 2, "people are asked once more, not nine times");
    other.stop().await;
}

#[tokio::test]
async fn of_many_retries_on_two_nodes_one_goes_through() {
    race("sqlite:world.db".to_owned()).await;
    let schema = Schema::make().await;
    race(schema.url.clone()).await;
    schema.remove().await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_refuses_what_people_decide_about_and_nothing_else() {
    let world = World::begin().await;
    let id = world.asked_for(&signed(&world, "{}")).await;
    world.decide(id, 1, Verdict::Approve).await;
    world.store.close().await;
    assert_eq!(world.send(&signed(&world, "{}")).await.verdict(), "503 unavailable");
    let other = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    assert_eq!(world.send(&other).await.verdict(), "200");
    assert_eq!(world.upstream.seen().len(), 1);
}

#[tokio::test]
async fn what_waits_and_what_was_approved_survives_a_restart() {
    let world = World::begin().await;
    let id = world.asked_for(&signed(&world, "{}")).await;
    let second = world.another_gateway().await;
    let send =
        async |node: SocketAddr| raw::send(node, &signed(&world, "{}").bytes()).await.verdict();
    assert_eq!(send(second.address()).await, "202 approval_pending");
    assert_eq!(world.approvals().await.len(), 1, "the other node knows that people are asked");
    second.stop().await;
    world.decide(id, 1, Verdict::Approve).await;
    let third = world.another_gateway().await;
    assert_eq!(send(third.address()).await, "200");
    assert_eq!(send(world.gateway.address()).await, "202 approval_pending");
    third.stop().await;
}
