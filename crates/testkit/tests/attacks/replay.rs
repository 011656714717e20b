//! RFC 9421, section 7.2.2: a signed request, copied and sent again.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;

#[tokio::test]
async fn of_many_copies_sent_at_once_one_gets_through() {
    let world = World::begin().await;
    let ask = Ask::new("POST", "/acme/tickets").json("{}").digested().signed(&world.proof());
    let sending: Vec<_> = (0..16).map(|_| world.send(&ask)).collect();
    let mut through = 0;
    for reply in futures_util::future::join_all(sending).await {
        match reply.verdict().as_str() {
            "200" => through += 1,
            verdict => assert_eq!(verdict, "401 nonce_replayed"),
        }
    }
    assert_eq!(through, 1);
    assert_eq!(world.upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_copy_is_refused_until_the_signature_itself_has_expired() {
    let world = World::begin().await;
    let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    assert_eq!(world.send(&ask).await.verdict(), "200");
    for _ in 0..6 {
        world.hands.advance(10);
        assert_eq!(world.send(&ask).await.verdict(), "401 nonce_replayed");
    }
    world.hands.advance(6);
    assert_eq!(world.send(&ask).await.verdict(), "401 signature_expired");
}

#[tokio::test]
async fn the_same_nonce_by_the_same_key_is_refused_for_any_request() {
    let world = World::begin().await;
    let proof = world.proof();
    let read = Ask::new("GET", "/acme/tickets/7").signed(&proof);
    assert_eq!(world.send(&read).await.verdict(), "200");
    let write = Ask::new("POST", "/acme/tickets").json("{}").digested().signed(&proof);
    assert_eq!(world.send(&write).await.verdict(), "401 nonce_replayed");
}
