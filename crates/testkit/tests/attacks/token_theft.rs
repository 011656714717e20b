//! RFC 9700, section 2.2.1: a stolen access token, used without the key it is bound to.

use bailiwick_proof::jwt::AccessToken;
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::world::{OPEN, World};

#[tokio::test]
async fn a_bound_token_alone_opens_nothing_even_where_bearer_tokens_are_taken() {
    let world = World::begin().await;
    let token = AccessToken { aud: vec![OPEN.to_owned()], ..world.token() };
    let bound = Ask::new("GET", "/open/tickets/7").header("authorization", &world.bearer(&token));
    assert_eq!(world.send(&bound).await.verdict(), "401 proof_missing");
    let unbound = AccessToken { cnf: None, ..token };
    let unbound =
        Ask::new("GET", "/open/tickets/7").header("authorization", &world.bearer(&unbound));
    assert_eq!(world.send(&unbound).await.verdict(), "200");
}

#[tokio::test]
async fn a_signature_that_does_not_cover_the_token_does_not_carry_it() {
    let world = World::begin().await;
    let ask = Ask::new("GET", "/acme/tickets/7");
    let ask = ask.header("authorization", &world.bearer(&world.token()));
    let proof = Proof { components: Some(vec!["@method", "@authority", "@path"]), ..world.proof() };
    assert_eq!(world.send(&ask.signed(&proof)).await.verdict(), "401 signature_coverage");
}

#[tokio::test]
async fn a_token_that_was_remembered_ends_with_its_time_its_key_and_its_agent() {
    let world = World::begin().await;
    let token = AccessToken { aud: vec![OPEN.to_owned()], cnf: None, ..world.token() };
    let ask = Ask::new("GET", "/open/tickets/7").header("authorization", &world.bearer(&token));
    assert_eq!(world.send(&ask).await.verdict(), "200");
    world.change_agent(|agent| agent.scopes = "pii:read".parse().unwrap()).await;
    assert_eq!(world.send(&ask).await.verdict(), "403 scope_missing");
    world.change_agent(|_| {}).await;
    assert_eq!(world.send(&ask).await.verdict(), "200");
    world.revoke_key(world.key_id).await;
    assert_eq!(world.send(&ask).await.verdict(), "401 credential_revoked");
    world.hands.advance(901);
    assert_eq!(world.send(&ask).await.verdict(), "401 token_expired");
}
