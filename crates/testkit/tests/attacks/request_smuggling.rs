//! RFC 9112, section 11.2; CWE-444: a request hidden in another's body.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;

/// The signed golden request with its head bent by hand, and another request after it.
async fn bend(from: &str, to: &str) -> (World, Vec<u16>) {
    let world = World::begin().await;
    let ask = Ask::new("POST", "/acme/tickets").json("{}").digested().signed(&world.proof());
    let text = String::from_utf8(ask.bytes()).unwrap();
    assert!(text.contains(from), "{text}");
    let mut bent = text.replace(from, to);
    bent.push_str("GET /acme/tickets/7 HTTP/1.1\r\nhost: gateway.test\r\n\r\n");
    let reply = world.send_bytes(bent.as_bytes()).await;
    (world, vec![reply.status])
}

#[tokio::test]
async fn a_request_framed_in_two_ways_is_refused() {
    for (from, to) in [
        ("content-length: 2", "content-length: 2\r\ntransfer-encoding: chunked"),
        ("content-length: 2", "transfer-encoding: chunked\r\ncontent-length: 2"),
        ("content-length: 2", "content-length: 2\r\ncontent-length: 3"),
        ("content-length: 2", "content-length: 2, 3"),
        ("content-length: 2", "content-length: +2"),
        ("content-length: 2", "content-length: 0x2"),
        ("content-length: 2", "content-length: -2"),
        ("content-length: 2", "content-length : 2"),
        ("content-length: 2", "transfer-encoding: chunked, identity"),
        ("content-length: 2", "transfer-encoding: xchunked"),
        ("content-length: 2", "transfer-encoding: gzip, chunked"),
        ("content-length: 2", "transfer-encoding:\x0bchunked"),
        ("content-length: 2", "transfer-encoding: chunked\r\ntransfer-encoding: chunked"),
    ] {
        let (world, statuses) = bend(from, to).await;
        assert_eq!(statuses, [400], "{to:?}");
        assert!(world.upstream.seen().is_empty(), "{to:?} reached the upstream");
    }
}

#[tokio::test]
async fn a_head_that_parsers_read_differently_is_refused() {
    for (from, to) in [
        ("content-type: ", "content-type: a\r\n b: "),
        ("content-type: ", "content-type\t: "),
        ("content-type: ", "content type: "),
        ("content-type: ", ": "),
        ("content-type: ", "content-type: a\0"),
        ("host: gateway.test", "host: gateway.test\r\nhost: other.test"),
        ("host: gateway.test", "x-host: gateway.test"),
        ("host: gateway.test", "host: gateway.test/x"),
        ("POST /acme/tickets HTTP/1.1", "POST http://other.test/acme/tickets HTTP/1.1"),
        ("POST /acme/tickets HTTP/1.1", "POST  /acme/tickets HTTP/1.1"),
        ("POST /acme/tickets HTTP/1.1", "POST /acme/tickets HTTP/1.1 x"),
        ("POST /acme/tickets HTTP/1.1", "PO ST /acme/tickets HTTP/1.1"),
        ("POST /acme/tickets HTTP/1.1", "CONNECT gateway.test:80 HTTP/1.1"),
    ] {
        let (world, statuses) = bend(from, to).await;
        assert_eq!(statuses, [400], "{to:?}");
        assert!(world.upstream.seen().is_empty(), "{to:?} reached the upstream");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_before_it_is_read_whole() {
    let long = format!("content-type: {}", "a".repeat(40_000));
    let many = "x-many: 1\r\n".repeat(80);
    for to in [long, format!("{many}content-type: ")] {
        let (world, statuses) = bend("content-type: ", &to).await;
        assert_eq!(statuses, [431]);
        assert!(world.upstream.seen().is_empty());
    }
}
