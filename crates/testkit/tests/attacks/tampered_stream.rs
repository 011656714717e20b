//! RFC 9530, section 6.2: a body changed on its way, too large to be looked at before it is sent
//! on.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;

const LARGE: usize = 1 << 20;

fn upload(world: &World) -> Ask {
    let body = "x".repeat(LARGE);
    Ask::new("POST", "/acme/tickets").json(&body).digested().signed(&world.proof())
}

#[tokio::test]
async fn a_large_body_passes_and_a_tampered_one_never_arrives_whole() {
    let world = World::begin().await;
    assert_eq!(world.send(&upload(&world)).await.verdict(), "200");
    assert_eq!(world.upstream.seen().len(), 1);
    let mut tampered = upload(&world);
    tampered.body[LARGE / 2] = b'y';
    assert_eq!(world.send(&tampered).await.verdict(), "401 digest_mismatch");
    let mut last = upload(&world);
    last.body[LARGE - 1] = b'y';
    assert_eq!(world.send(&last).await.verdict(), "401 digest_mismatch");
    assert_eq!(world.upstream.seen().len(), 1);
}

#[tokio::test]
async fn chunks_are_held_to_the_same_digest() {
    let world = World::begin().await;
    let chunked = |ask: &Ask, body: &str| {
        let text = String::from_utf8(ask.bytes()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        let head = head.replace("content-length: 10", "transfer-encoding: chunked");
        format!("{head}\r\n\r\n5\r\n{}\r\n5\r\n{}\r\n0\r\n\r\n", &body[..5], &body[5..])
    };
    let ask = || Ask::new("POST", "/acme/tickets").json("0123456789").digested();
    let honest = chunked(&ask().signed(&world.proof()), "0123456789");
    assert_eq!(world.send_bytes(honest.as_bytes()).await.verdict(), "200");
    let tampered = chunked(&ask().signed(&world.proof()), "0123456780");
    assert_eq!(world.send_bytes(tampered.as_bytes()).await.verdict(), "401 digest_mismatch");
    let cut = honest.replace("0\r\n\r\n", "");
    assert_ne!(world.send_bytes(cut.as_bytes()).await.status, 200);
    assert_eq!(world.upstream.seen().len(), 1);
}
