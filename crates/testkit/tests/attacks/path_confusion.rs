//! CWE-22 and CWE-436: a path that the gateway reads in one way and the upstream in another.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;

#[tokio::test]
async fn a_path_with_two_readings_is_refused_even_when_it_is_signed() {
    let world = World::begin().await;
    for target in [
        "/acme/tickets/../refunds",
        "/acme/./tickets/7",
        "/acme//tickets/7",
        "/acme/tickets/%2e%2e/refunds",
        "/acme/tickets/..%2frefunds",
        "/acme/tickets%2f7",
        "/acme/tickets/7%5c..%5crefunds",
        "/acme/tickets/%252e%252e",
        "/acme/%74ickets/7",
        "/acme/tickets/7%00",
        "/acme/tickets/7;/../x",
    ] {
        let ask = Ask::new("GET", target).signed(&world.proof());
        let reply = world.send(&ask).await;
        assert_eq!(reply.verdict(), "400 request_malformed", "{target}");
    }
    assert!(world.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_path_that_is_merely_like_a_described_one_is_unknown() {
    let world = World::begin().await;
    for target in [
        "/acme/tickets/7/",
        "/acme/Tickets/7",
        "/ACME/tickets/7",
        "/acmex/tickets/7",
        "/acme/tickets/7/notes",
        "/acme",
        "/",
    ] {
        let ask = Ask::new("GET", target).signed(&world.proof());
        assert_eq!(world.send(&ask).await.verdict(), "403 operation_unknown", "{target}");
    }
    assert!(world.upstream.seen().is_empty());
}
