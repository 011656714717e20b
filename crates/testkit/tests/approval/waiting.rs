//! `Prefer: wait=N`: the answer is held back until people have decided.

use bailiwick_domain::approval::Approval;
use bailiwick_domain::ruling::Verdict;
use bailiwick_testkit::approving::approval_of;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::world::World;

use crate::{payout, signed};

fn patient(world: &World, ask: Ask, wait: u32) -> Ask {
    ask.header("prefer", &format!("wait={wait}")).signed(&world.proof())
}

/// The approval, once it is asked for.
async fn asked(world: &World) -> Approval {
    loop {
        if let Some(approval) = world.approvals().await.pop() {
            return approval;
        }
        tokio::task::yield_now().await;
    }
}

/// Sends a request that waits, and decides meanwhile.
async fn decided(world: &World, verdict: Verdict) -> Reply {
    let ask = patient(world, payout("{}"), 60);
    let decide = async {
        let id = asked(world).await.id;
        world.decide(id, 1, verdict).await;
    };
    tokio::join!(world.send(&ask), decide).0
}

#[tokio::test]
async fn whoever_waits_hears_at_once_and_still_sends_again() {
    let world = World::begin().await;
    let reply = decided(&world, Verdict::Approve).await;
    assert_eq!(reply.verdict(), "202 approval_pending");
    assert_eq!(reply.json()["approval"]["status"], "approved");
    assert_eq!(reply.json()["approval"]["expires_at"], "2026-11-21T12:10:00.000Z");
    assert_eq!(reply.header("preference-applied"), Some("wait=30"), "and no longer than that");
    assert_eq!(reply.header("retry-after"), Some("0"));
    assert!(world.upstream.seen().is_empty(), "nothing is executed by waiting");
    assert_eq!(world.send(&signed(&world, "{}")).await.verdict(), "200");
}

#[tokio::test]
async fn whoever_waits_hears_of_a_refusal() {
    let world = World::begin().await;
    let reply = decided(&world, Verdict::Deny).await;
    assert_eq!(reply.verdict(), "403 approval_denied");
    assert_eq!(reply.json()["detail"], "not without a ticket");
}

#[tokio::test]
async fn one_of_two_decisions_is_waited_past_and_time_ends_it() {
    let world = World::begin().await;
    let ask = patient(&world, Ask::new("DELETE", "/acme/payouts/7"), 1);
    let decide = async {
        let id = asked(&world).await.id;
        world.decide(id, 1, Verdict::Approve).await;
    };
    let (reply, ()) = tokio::join!(world.send(&ask), decide);
    assert_eq!(reply.json()["approval"]["status"], "pending");
    assert_eq!(reply.header("preference-applied"), Some("wait=1"));
}

#[tokio::test]
async fn so_many_of_one_agent_wait_and_no_more() {
    let world = World::begin().await;
    let held = (0..8).map(|_| world.send_bytes_later(patient(&world, payout("{}"), 30).bytes()));
    let held: Vec<_> = held.collect();
    let id = asked(&world).await.id;
    // Those eight sit once their answers fail to come while one more is answered at once.
    loop {
        let reply = world.send(&patient(&world, payout("{}"), 1)).await;
        assert_eq!(approval_of(&reply), id);
        if reply.header("preference-applied").is_none() {
            break;
        }
    }
    world.decide(id, 1, Verdict::Approve).await;
    for reply in held {
        assert_eq!(reply.await.unwrap().json()["approval"]["status"], "approved");
    }
}
