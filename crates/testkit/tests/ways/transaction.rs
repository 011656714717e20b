//! `Txn-Token`: what an API can check of a request by itself, at the published keys
//! (draft-ietf-oauth-transaction-tokens).

use bailiwick_domain::denial::Denial;
use bailiwick_proof::jwt::{Issuer, TransactionToken, target_digest};
use bailiwick_proof::keys::PublicKey;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::upstream::Seen;
use bailiwick_testkit::world::{ISSUER, World};

/// The keys that are published for this.
async fn issuer(world: &World) -> Issuer {
    let mut tx = world.store.read().await.unwrap();
    let keys = tx.transaction_keys().list(world.hands.now()).await.unwrap();
    let keys = keys.iter().map(|key| PublicKey::from_jwk(&key.jwk).unwrap()).collect();
    Issuer { issuer: ISSUER.to_owned(), keys }
}

fn token(seen: &Seen) -> &str {
    let mut sent = seen.headers.get_all("txn-token").iter();
    let only = sent.next().unwrap().to_str().unwrap();
    assert!(sent.next().is_none(), "there is one");
    only
}

async fn verify(world: &World, text: &str) -> Result<TransactionToken, Denial> {
    TransactionToken::verify(text, &issuer(world).await, "acme.test", world.hands.now())
}

#[tokio::test]
async fn an_api_checks_by_itself_who_does_what_for_whom() {
    let world = World::begin().await;
    let grant = world.grant(1);
    world.put_grant(&grant).await;
    let held = world.token_of(&grant);
    let ask = Ask::new("POST", "/acme/tickets?notify=1").json("{}");
    let ask = ask.header("authorization", &world.bearer(&held)).header("txn-token", "forged");
    let reply = world.send(&ask.digested().signed(&world.proof())).await;
    assert_eq!(reply.verdict(), "200");
    let seen = world.upstream.seen().remove(0);
    let said = verify(&world, token(&seen)).await.unwrap();
    assert_eq!(Some(&*said.txn.to_string()), reply.header("x-request-id"));
    assert_eq!(said.sub, grant.person.unwrap().to_string());
    assert_eq!(said.act, ["spiffe://acme.test/default/ticket-summarizer"]);
    assert_eq!((said.agent.id, &said.agent.name), (world.agent.id, &world.agent.name));
    assert_eq!(said.scope.to_string(), "tickets:write", "no more than the operation takes");
    assert_eq!((&*said.done.operation, &*said.authn), ("POST /tickets", "key"));
    assert_eq!(said.done.target_digest, target_digest(&seen.target), "the very target");
}

#[tokio::test]
async fn one_is_of_one_request_and_soon_over() {
    let world = World::begin().await;
    for _ in 0..2 {
        let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
        assert_eq!(world.send(&ask).await.verdict(), "200");
    }
    let seen = world.upstream.seen();
    let (first, second) = (token(&seen[0]), token(&seen[1]));
    let (one, other) =
        (verify(&world, first).await.unwrap(), verify(&world, second).await.unwrap());
    assert_ne!(one.txn, other.txn);
    assert_eq!(one.sub, "spiffe://acme.test/default/ticket-summarizer");
    assert!(one.act.is_empty(), "it acts for nobody else");
    let mixed: Vec<&str> = [first, second, first].iter().zip(0..).map(part).collect();
    assert!(verify(&world, &mixed.join(".")).await.is_err(), "nothing of it can be changed");
    world.hands.advance(15);
    assert_eq!(verify(&world, first).await.unwrap_err().code(), "token_expired");
}

fn part<'a>((token, place): (&&'a str, usize)) -> &'a str {
    token.split('.').nth(place).unwrap()
}

#[tokio::test]
async fn it_opens_nothing_at_the_gateway() {
    let world = World::begin().await;
    let ask = Ask::new("GET", "/open/tickets/7").signed(&world.proof());
    assert_eq!(world.send(&ask).await.verdict(), "200");
    let taken = format!("Bearer {}", token(&world.upstream.seen()[0]));
    let ask = Ask::new("GET", "/open/tickets/7").header("authorization", &taken);
    assert_eq!(world.send(&ask).await.verdict(), "401 token_invalid");
    let ask = Ask::new("GET", "/open/tickets/7").header("txn-token", &taken);
    assert_eq!(world.send(&ask).await.verdict(), "401 credential_missing");
}
