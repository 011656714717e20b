//! CVE-2024-1132 and its kind: what the caller says of itself is believed by whoever is behind.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;

#[tokio::test]
async fn the_upstream_hears_what_was_proven_and_nothing_the_caller_claims() {
    let world = World::begin().await;
    let ask = Ask::new("POST", "/acme/tickets?notify=1")
        .json("{\"title\":\"x\"}")
        .header("x-agent-id", "ticket-summarizer")
        .header("x-agent-on-behalf-of", "ceo@acme.test")
        .header("x-agent-scopes", "*")
        .header("x-agent-chain", "root")
        .header("txn-token", "forged")
        .header("x-request-id", "mine")
        .header("x-forwarded-for", "10.0.0.1")
        .header("forwarded", "for=10.0.0.1")
        .header("baggage", "admin=true")
        .header("x-keep", "this")
        .digested()
        .signed(&world.proof());
    let reply = world.send(&ask).await;
    assert_eq!(reply.verdict(), "200");
    let seen = world.upstream.seen().remove(0);
    let header = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(seen.target, "/tickets?notify=1");
    assert_eq!(header("x-agent-id"), Some("ticket-summarizer"));
    assert_eq!(header("x-agent-subject"), Some("spiffe://acme.test/default/ticket-summarizer"));
    assert_eq!(header("x-agent-scopes"), Some("tickets:read tickets:write"));
    assert_eq!(header("x-request-id"), reply.header("x-request-id"));
    assert_eq!(header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(header("x-keep"), Some("this"));
    assert_eq!(header("host"), Some(world.upstream.address.to_string().as_str()));
    assert_ne!(header("txn-token"), Some("forged"));
    for gone in [
        "x-agent-on-behalf-of",
        "x-agent-chain",
        "forwarded",
        "baggage",
        "signature",
        "signature-input",
        "authorization",
        "connection",
    ] {
        assert_eq!(header(gone), None, "{gone}");
    }
}

#[tokio::test]
async fn a_field_cannot_be_taken_out_by_naming_it_in_connection() {
    let world = World::begin().await;
    let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    let text = String::from_utf8(ask.bytes()).unwrap();
    let bent =
        text.replace("connection: close", "connection: close, x-agent-id, x-request-id, host");
    assert_eq!(world.send_bytes(bent.as_bytes()).await.verdict(), "200");
    let seen = world.upstream.seen().remove(0);
    for kept in ["x-agent-id", "x-request-id", "host"] {
        assert!(seen.headers.contains_key(kept), "{kept}");
    }
}
