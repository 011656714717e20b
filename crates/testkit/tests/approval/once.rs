//! From asking to being let through, once.

use bailiwick_domain::approval::{MOST_A_MINUTE, MOST_PENDING, State};
use bailiwick_domain::grant::{Budgets, Grant};
use bailiwick_domain::id::TaskId;
use bailiwick_domain::ruling::Verdict;
use bailiwick_testkit::approving::approval_of;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;
use serde_json::json;

use crate::{payout, signed};

#[tokio::test]
async fn what_people_approve_goes_through_exactly_once() {
    let world = World::begin().await;
    let first = signed(&world, "{\"amount\":5}");
    let reply = world.send(&first).await;
    assert_eq!(reply.verdict(), "202 approval_pending");
    let id = approval_of(&reply);
    let told = &reply.json()["approval"];
    assert_eq!(told["status"], "pending");
    assert_eq!(told["url"], format!("http://authority.test/approvals/{id}"));
    assert_eq!(told["expires_at"], "2026-11-21T12:15:00.000Z");
    assert_eq!(
        (reply.header("retry-after"), reply.json()["retryable"].as_bool()),
        (Some("5"), Some(true))
    );
    assert_eq!(world.send(&first).await.verdict(), "401 nonce_replayed", "a copy asks nobody");
    let again = world.send(&signed(&world, "{\"amount\":5}")).await;
    assert_eq!(approval_of(&again), id, "people are asked once");
    assert!(world.upstream.seen().is_empty());

    world.decide(id, 1, Verdict::Approve).await;
    assert!(world.upstream.seen().is_empty(), "nothing is executed by approving");
    let named = payout("{\"amount\":5}").header("x-approval-id", &id.to_string());
    assert_eq!(world.send(&named.signed(&world.proof())).await.verdict(), "200");
    let seen = world.upstream.seen();
    assert_eq!((seen.len(), &seen[0].body[..]), (1, &b"{\"amount\":5}"[..]));
    assert!(!seen[0].headers.contains_key("x-approval-id"), "nobody else may claim it");
    assert_eq!(world.approval(id).await.state, State::Used);

    let next = world.asked_for(&signed(&world, "{\"amount\":5}")).await;
    assert_ne!(next, id, "another time is another approval");
    assert_eq!(world.upstream.seen().len(), 1);
}

#[tokio::test]
async fn it_is_used_up_also_when_the_upstream_fails() {
    let world = World::begin().await;
    let ask = || Ask::new("POST", "/acme/broken").signed(&world.proof());
    let id = world.asked_for(&ask()).await;
    world.decide(id, 1, Verdict::Approve).await;
    assert_eq!(world.send(&ask()).await.verdict(), "502 upstream_failed");
    assert_ne!(world.asked_for(&ask()).await, id);
}

#[tokio::test]
async fn what_somebody_refuses_is_refused_with_the_reason_until_it_would_have_expired() {
    let world = World::begin().await;
    let id = world.asked_for(&signed(&world, "{}")).await;
    world.decide(id, 1, Verdict::Deny).await;
    let reply = world.send(&signed(&world, "{}")).await;
    assert_eq!(reply.verdict(), "403 approval_denied");
    assert_eq!(reply.json()["detail"], "not without a ticket");
    assert_eq!(world.shown(id).await, None, "what was shown is gone");
    let other = world.asked_for(&signed(&world, "{\"smaller\":true}")).await;
    assert_ne!(other, id, "something else may be asked for");
    world.hands.advance(900);
    assert_ne!(world.asked_for(&signed(&world, "{}")).await, id);
}

#[tokio::test]
async fn two_people_are_needed_where_the_operation_says_so() {
    let world = World::begin().await;
    let ask = || Ask::new("DELETE", "/acme/payouts/7").signed(&world.proof());
    let id = world.asked_for(&ask()).await;
    world.decide(id, 1, Verdict::Approve).await;
    assert!(world.try_to_decide(id, 1, Verdict::Approve).await.is_err());
    assert_eq!(world.asked_for(&ask()).await, id, "one is not enough");
    world.decide(id, 2, Verdict::Approve).await;
    assert_eq!(world.send(&ask()).await.verdict(), "200");
    assert_eq!(world.approval(id).await.decisions.len(), 2);
}

#[tokio::test]
async fn what_nobody_decides_and_nobody_uses_expires() {
    let world = World::begin().await;
    let ask = || signed(&world, "{}");
    let id = world.asked_for(&ask()).await;
    world.hands.advance(899);
    assert_eq!(world.asked_for(&ask()).await, id);
    world.hands.advance(1);
    let next = world.asked_for(&ask()).await;
    assert_ne!(next, id);
    assert!(world.try_to_decide(id, 1, Verdict::Approve).await.is_err());
    assert_eq!(world.shown(id).await, None, "what was shown is gone");
    world.decide(next, 1, Verdict::Approve).await;
    world.hands.advance(600);
    let last = world.asked_for(&ask()).await;
    assert_ne!(last, next, "an approval is used within ten minutes");
    assert!(world.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_request_that_waits_takes_nothing_from_limits_and_budgets() {
    let world = World::begin().await;
    let budgets = Budgets { calls: Some(1), ..Budgets::default() };
    let grant = Grant { budgets, task: Some(TaskId::from_bits(1)), ..world.grant(1) };
    world.put_grant(&grant).await;
    let bearer = world.bearer(&world.token_of(&grant));
    let ask = || {
        let ask = Ask::new("POST", "/acme/payouts/batch").header("authorization", &bearer);
        ask.signed(&world.proof())
    };
    let id = world.asked_for(&ask()).await;
    for _ in 0..3 {
        assert_eq!(world.asked_for(&ask()).await, id);
    }
    let kept = world.approval(id).await;
    assert_eq!(kept.told.person, grant.person);
    assert_eq!(kept.told.purpose, "summarize open tickets");
    assert_eq!(kept.bound.chain.len(), 2);
    assert!(world.try_to_decide(id, 1, Verdict::Approve).await.is_err(), "it is their own");
    world.decide(id, 2, Verdict::Approve).await;
    assert_eq!(world.send(&ask()).await.verdict(), "200");
    assert_eq!(world.send(&ask()).await.verdict(), "429 rate_limited");
}

#[tokio::test]
async fn people_see_the_body_with_its_secrets_masked() {
    let world = World::begin().await;
    let body = "{\"amount\":5,\"amount\":500,\"api_key\":\"s3cret\"}";
    let id = world.asked_for(&signed(&world, body)).await;
    let shown = world.shown(id).await.unwrap();
    assert_eq!(shown, "{\"amount\":5,\"amount\":500,\"api_key\": \"[masked]\"}");
    let kept = world.approval(id).await;
    assert_eq!((kept.told.body_bytes, kept.told.sensitivity.as_str()), (44, "internal"));
    assert_eq!(kept.told.owner, "support@acme.test");
    world.decide(id, 1, Verdict::Approve).await;
    assert!(world.shown(id).await.is_some());
    assert_eq!(world.send(&signed(&world, body)).await.verdict(), "200");
    assert_eq!(world.shown(id).await, None, "what was shown is gone");
}

#[tokio::test]
async fn a_body_that_would_stream_is_held_and_one_too_large_to_hold_is_refused() {
    let world = World::begin().await;
    let large = format!("{{\"note\":\"{}\"}}", "x".repeat(200_000));
    let id = world.asked_for(&signed(&world, &large)).await;
    world.decide(id, 1, Verdict::Approve).await;
    assert_eq!(world.send(&signed(&world, &large)).await.verdict(), "200");
    assert_eq!(world.upstream.seen()[0].body.len(), large.len());
    let huge = format!("{{\"note\":\"{}\"}}", "x".repeat(1_100_000));
    assert_eq!(world.send(&signed(&world, &huge)).await.verdict(), "413 body_too_large");
}

#[tokio::test]
async fn an_agent_cannot_flood_the_inbox() {
    let world = World::begin().await;
    let ask = |number: u32| signed(&world, &format!("{{\"amount\":{number}}}"));
    for number in 0..MOST_A_MINUTE {
        world.asked_for(&ask(number)).await;
    }
    let reply = world.send(&ask(100)).await;
    assert_eq!(reply.verdict(), "429 rate_limited");
    assert_eq!(reply.header("ratelimit-policy"), Some("\"approvals_asked\";q=10;w=60"));
    assert_eq!(reply.header("retry-after"), Some("60"));
    world.asked_for(&ask(0)).await;
    world.hands.advance(60);
    for number in MOST_A_MINUTE..MOST_PENDING {
        world.asked_for(&ask(number)).await;
    }
    world.hands.advance(60);
    let reply = world.send(&ask(100)).await;
    assert_eq!(reply.header("ratelimit-policy"), Some("\"approvals_waiting\";q=20;w=900"));
    assert_eq!(reply.header("retry-after"), Some("780"));
    world.hands.advance(780);
    world.asked_for(&ask(100)).await;
}

#[tokio::test]
async fn an_agent_that_asks_again_and_again_is_slowed_down_before_any_database() {
    let world = World::begin().await;
    for _ in 0..60 {
        world.asked_for(&signed(&world, "{}")).await;
    }
    let reply = world.send(&signed(&world, "{}")).await;
    assert_eq!(reply.verdict(), "429 rate_limited");
    assert_eq!(reply.header("ratelimit-policy"), Some("\"approvals_visited\";q=60;w=60"));
}

#[tokio::test]
async fn the_record_says_what_it_waited_for_and_what_it_went_by() {
    let world = World::begin().await;
    let id = world.asked_for(&signed(&world, "{}")).await;
    world.decide(id, 1, Verdict::Approve).await;
    assert_eq!(world.send(&signed(&world, "{}")).await.verdict(), "200");
    let written = world.written();
    let decision = |rest: &str| format!("\"decision\":{{\"approval\":\"{id}\",{rest},");
    let waited = decision("\"code\":\"approval_pending\",\"outcome\":\"pending\"");
    assert!(written.contains(&waited), "{written}");
    assert!(written.contains(&decision("\"outcome\":\"allowed\"")), "{written}");
}

#[tokio::test]
async fn nobody_is_asked_about_an_api_that_is_only_observed() {
    let world = World::begin().await;
    let ask = Ask::new("POST", "/trial/payouts").json("{}").digested().signed(&world.proof());
    assert_eq!(world.send(&ask).await.verdict(), "200");
    assert!(world.approvals().await.is_empty());
    let would_be = "\"would_be\":{\"code\":\"approval_pending\",\"outcome\":\"pending\"}";
    assert!(world.written().contains(would_be), "{}", world.written());
}

#[tokio::test]
async fn what_is_labelled_in_a_body_is_not_shown_to_those_who_decide() {
    let world = World::begin().await;
    let schema = json!({"type": "object", "properties": {
        "iban_of": {"type": "string", "x-bailiwick": {"label": "pii"}},
        "amount": {"type": "integer"},
    }});
    let body = json!({"content": {"application/json": {"schema": schema}}});
    let item = json!({"post": {"requestBody": body}});
    world.describe("acme", &json!({"openapi": "3.1.0", "paths": {"/payouts": item}}), false).await;
    let ask = signed(&world, r#"{"iban_of":"Ada","amount":5}"#);
    let id = world.asked_for(&ask).await;
    assert_eq!(world.shown(id).await.unwrap(), r#"{"iban_of":"***","amount":5}"#);
}
