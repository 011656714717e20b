//! An approval is for the request that was shown, and for no other.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::{AgentId, ApprovalId, KeyId};
use bailiwick_domain::ruling::Verdict;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;

use crate::{payout, signed};

async fn approved(world: &World, body: &str) -> ApprovalId {
    let id = world.asked_for(&signed(world, body)).await;
    world.decide(id, 1, Verdict::Approve).await;
    id
}

async fn check(world: &World, ask: Ask, id: &str, expected: &str) {
    let ask = ask.header("x-approval-id", id).digested().signed(&world.proof());
    let reply = world.send(&ask).await;
    let detail = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(format!("{} {detail}", reply.verdict()), expected);
}

#[tokio::test]
async fn nothing_else_slips_under_an_approval_that_is_named() {
    let world = World::begin().await;
    let id = approved(&world, "{\"amount\":5}").await.to_string();
    let post = |target: &str, body: &str| Ask::new("POST", target).json(body);
    let good = || post("/acme/payouts", "{\"amount\":5}");
    let mismatch = "403 approval_mismatch ";
    let expect = |detail: &str| format!("{mismatch}{detail}");
    let body = post("/acme/payouts", "{\"amount\":500}");
    check(&world, body, &id, &expect("another body was approved")).await;
    let none = Ask::new("POST", "/acme/payouts");
    check(&world, none, &id, &expect("another body was approved")).await;
    let query = post("/acme/payouts?to=mallory", "{\"amount\":5}");
    check(&world, query, &id, &expect("another target was approved")).await;
    let masked = post("/acme/payouts?token=y", "{\"amount\":5}");
    check(&world, masked, &id, &expect("another target was approved")).await;
    let path = post("/acme/payouts/batch", "{\"amount\":5}");
    check(&world, path, &id, &expect("another target was approved")).await;
    let host = Ask { host: "other.test".to_owned(), ..good() };
    check(&world, host, &id, &expect("another target was approved")).await;
    let method =
        Ask { method: "DELETE".to_owned(), target: "/acme/payouts/7".to_owned(), ..good() };
    check(&world, method, &id, &expect("another method was approved")).await;
    let unknown = ApprovalId::from_bits(9).to_string();
    check(&world, good(), &unknown, &expect("there is no approval of that id")).await;
    let malformed = "400 request_malformed X-Approval-ID is not one approval's id";
    check(&world, good(), "apr_", malformed).await;
    check(&world, good().header("x-approval-id", &id), &id, malformed).await;
    assert!(world.upstream.seen().is_empty());
    check(&world, good(), &id, "200 ").await;
    check(&world, good(), &id, &expect("the approval was used already")).await;
}

#[tokio::test]
async fn another_body_is_refused_while_an_approval_waits_to_be_used_and_asked_for_after() {
    let world = World::begin().await;
    approved(&world, "{\"amount\":5}").await;
    let other = || signed(&world, "{\"amount\":500}");
    let reply = world.send(&other()).await;
    assert_eq!(reply.verdict(), "403 approval_mismatch");
    assert_eq!(reply.json()["detail"], "another body was approved");
    let elsewhere = Ask::new("POST", "/acme/payouts?x=1").json("{}").digested();
    world.asked_for(&elsewhere.signed(&world.proof())).await;
    assert_eq!(world.send(&signed(&world, "{\"amount\":5}")).await.verdict(), "200");
    world.asked_for(&other()).await;
}

#[tokio::test]
async fn an_approval_is_one_agents() {
    let world = World::begin().await;
    let id = approved(&world, "{}").await;
    let mut other = world.agent.clone();
    (other.id, other.name) = (AgentId::from_bits(2), "another".parse().unwrap());
    world.add_agent(&other).await;
    let key = SigningKey::generate(Algorithm::Ed25519, &entropy(9)).unwrap();
    world.add_key(KeyId::from_bits(2), other.id, &key).await;
    let named = payout("{}").header("x-approval-id", &id.to_string());
    let reply = world.send(&named.signed(&world.proof_by(&key))).await;
    assert_eq!(reply.verdict(), "403 approval_mismatch");
    assert_eq!(reply.json()["detail"], "the approval is another agent's");
    let own = world.asked_for(&payout("{}").signed(&world.proof_by(&key))).await;
    assert_ne!(own, id);
}

#[tokio::test]
async fn an_approval_on_behalf_of_one_is_not_one_on_behalf_of_another() {
    let world = World::begin().await;
    let grant = world.grant(1);
    world.put_grant(&grant).await;
    let bearer = world.bearer(&world.token_of(&grant));
    let for_ada = || payout("{}").header("authorization", &bearer).signed(&world.proof());
    let id = world.asked_for(&for_ada()).await;
    world.decide(id, 2, Verdict::Approve).await;
    let own = world.asked_for(&signed(&world, "{}")).await;
    assert_ne!(own, id);
    let named = payout("{}").header("x-approval-id", &id.to_string());
    let reply = world.send(&named.signed(&world.proof())).await;
    assert_eq!(reply.json()["detail"], "it was approved on behalf of somebody else");
    assert_eq!(world.send(&for_ada()).await.verdict(), "200");
}
