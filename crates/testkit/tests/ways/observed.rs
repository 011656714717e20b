//! An API that is only observed: nothing is refused, and everything is written down with what it
//! would have been.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;
use http::HeaderMap;

const TICKET: &str = "/trial/tickets/7";

/// What the upstream saw of the only request that reached it.
async fn let_through(world: &World, ask: &Ask, would_be: &str) -> HeaderMap {
    assert_eq!(world.send(ask).await.verdict(), "200", "{would_be}");
    let written = format!(r#""would_be":{{"code":"{would_be}","outcome":"denied"}}"#);
    assert!(world.written().contains(&written), "{would_be}: {}", world.written());
    let seen = world.upstream.seen();
    assert_eq!(seen.len(), 1);
    seen[0].headers.clone()
}

#[tokio::test]
async fn what_would_have_been_refused_is_let_through_and_written_down() {
    let cases = [
        (Ask::new("GET", TICKET), "credential_missing"),
        (Ask::new("GET", TICKET).header("authorization", "Bearer of-another"), "token_invalid"),
        (Ask::new("POST", TICKET).json("{}"), "credential_missing"),
    ];
    for (ask, would_be) in cases {
        let world = World::begin().await;
        let headers = let_through(&world, &ask, would_be).await;
        assert!(!headers.keys().any(|name| name.as_str().starts_with("x-agent-")), "{would_be}");
        assert!(headers.get("txn-token").is_none());
    }
    let world = World::begin().await;
    let ask = Ask::new("GET", "/trial/nowhere").signed(&world.proof());
    let headers = let_through(&world, &ask, "operation_unknown").await;
    assert!(headers.get("x-agent-id").is_none() && headers.get("signature").is_none());
    let world = World::begin().await;
    let ask = Ask::new("PUT", TICKET).json("{}").digested().signed(&world.proof());
    let_through(&world, &ask, "scope_missing").await;
}

#[tokio::test]
async fn what_is_admitted_is_as_everywhere() {
    let world = World::begin().await;
    assert_eq!(world.send(&Ask::new("GET", TICKET).signed(&world.proof())).await.verdict(), "200");
    assert_eq!(world.upstream.seen()[0].headers["x-agent-id"], "ticket-summarizer");
    assert!(!world.written().contains("would_be"));
}

#[tokio::test]
async fn callers_keep_their_own_credentials_and_nobody_claims_to_be_an_agent() {
    let world = World::begin().await;
    let ask = Ask::new("GET", TICKET).header("authorization", "Basic YTpi");
    let ask = ask.header("x-agent-id", "ticket-summarizer").header("txn-token", "forged");
    let headers = let_through(&world, &ask, "credential_unknown").await;
    assert_eq!(headers["authorization"], "Basic YTpi");
    assert!(headers.get("x-agent-id").is_none() && headers.get("txn-token").is_none());
}

#[tokio::test]
async fn a_credential_of_this_installation_does_not_reach_the_api_whatever_became_of_it() {
    let world = World::begin().await;
    let token = world.bearer(&world.token());
    world.hands.advance(86_400);
    let ask = Ask::new("GET", TICKET).header("authorization", &token);
    let headers = let_through(&world, &ask, "token_expired").await;
    assert!(headers.get("authorization").is_none());
    let world = World::begin().await;
    let ask = Ask::new("GET", TICKET).header("authorization", "Bearer bwk_unreadable");
    let headers = let_through(&world, &ask, "credential_malformed").await;
    assert!(headers.get("authorization").is_none());
}

#[tokio::test]
async fn a_body_that_is_not_the_one_that_was_signed_is_refused_all_the_same() {
    let world = World::begin().await;
    let ask = Ask::new("POST", "/trial/tickets").json("{}").digested().signed(&world.proof());
    let tampered = Ask { body: b"{ }".to_vec(), ..ask };
    assert_eq!(world.send(&tampered).await.verdict(), "401 digest_mismatch");
    assert!(world.upstream.seen().is_empty());
}
