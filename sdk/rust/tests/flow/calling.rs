//! Calls: signed each time, sent again where that is safe, and nowhere else.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bailiwick_client::{Client, Form, Manner, Options};
use reqwest::{Method, Request};

use crate::stage::{Hurried, Stage, Wire, code, denial};

fn post(url: &str, body: &'static str) -> Request {
    let mut request = Request::new(Method::POST, url.parse().unwrap());
    *request.body_mut() = Some(body.into());
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    request
}

#[tokio::test]
async fn the_same_bytes_a_second_time_are_refused_and_the_same_call_is_not() {
    let stage = Stage::begin().await;
    let wire = Wire::new();
    let client = stage.over(&wire, Manner::default()).await;
    let url = stage.at("/acme/tickets");
    for _ in 0..2 {
        let answer = client.execute(post(&url, r#"{"title":"fire"}"#)).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let sent = wire.sent("/acme/tickets");
    assert_eq!(wire.again(&sent[0]).await, "nonce_replayed");
    let mut changed = sent[1].try_clone().unwrap();
    *changed.body_mut() = Some(r#"{"title":"ice!"}"#.into());
    assert_eq!(wire.again(&changed).await, "digest_mismatch");
    assert_eq!(stage.installation.upstream.seen().len(), 2);
}

#[tokio::test]
async fn a_refusal_says_all_that_the_gateway_says() {
    let stage = Stage::begin().await;
    let client = stage.client(Options::default()).await;
    let denied = denial(client.get(stage.at("/acme/nowhere")).await);
    assert_eq!((&*denied.code, denied.status.as_u16()), ("operation_unknown", 403));
    assert!(denied.hint.unwrap().contains("check method and path"));
    assert!(denied.request_id.unwrap().starts_with("rec_"));
    assert!(!denied.retryable);
}

#[tokio::test]
async fn a_limit_is_waited_for_as_long_as_it_says_and_no_longer_than_is_agreed() {
    let stage = Stage::begin().await;
    let clock = Hurried::default();
    let options = Options::default().clock(clock.clone()).max_wait(Duration::from_mins(2));
    let patient = stage.client(options).await;
    let url = stage.at("/acme/reports");
    for _ in 0..2 {
        assert_eq!(patient.get(&*url).await.unwrap().status(), 200);
    }
    let denied = denial(patient.get(&*url).await);
    assert_eq!((&*denied.code, denied.status.as_u16()), ("rate_limited", 429));
    assert!(denied.retry_after.unwrap() > Duration::from_secs(1));
    assert!(!clock.slept().is_empty());
    assert!(clock.slept().iter().sum::<Duration>() <= Duration::from_mins(2));
}

/// How often a request with this method reaches the API behind a connection that breaks.
async fn check(client: &Client, request: Request, clock: &Hurried, expected: (&str, bool)) {
    let before = clock.slept().len();
    assert_eq!(code(client.execute(request).await), expected.0);
    assert_eq!(clock.slept().len() > before, expected.1, "sent again: {expected:?}");
}

#[tokio::test]
async fn what_may_be_sent_twice_is_and_nothing_else() {
    let stage = Stage::begin().await;
    let clock = Hurried::default();
    let client = stage.client(Options::default().clock(clock.clone())).await;
    let url = stage.at("/acme/broken");
    let get = Request::new(Method::GET, url.parse().unwrap());
    check(&client, get, &clock, ("upstream_failed", true)).await;
    check(&client, post(&url, "{}"), &clock, ("upstream_failed", false)).await;
    let mut keyed = post(&url, "{}");
    keyed.headers_mut().insert("idempotency-key", "1".parse().unwrap());
    check(&client, keyed, &clock, ("upstream_failed", true)).await;
}

#[tokio::test]
async fn a_network_that_breaks_repeats_only_what_may_be_repeated() {
    let stage = Stage::begin().await;
    let left = AtomicU32::new(1);
    let wire = Wire::losing(move |request| {
        let is_call = request.url().path().starts_with("/acme/");
        is_call
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1)).is_ok()
    });
    let client = stage.over(&wire, Manner::default()).await;
    assert_eq!(client.get(stage.at("/acme/tickets/1")).await.unwrap().status(), 200);
    assert_eq!(wire.sent("/acme/tickets/1").len(), 2);

    let wire = Wire::losing(|request| request.url().path() == "/acme/tickets");
    let options = Options::default().carrier(wire.clone()).clock(Hurried::default());
    let other = bailiwick_client::bootstrap(stage.wanted("refunder", options)).await.unwrap();
    let sent = other.execute(post(&stage.at("/acme/tickets"), "{}")).await;
    assert_eq!(code(sent), "server_unreachable");
    assert_eq!(wire.sent("/acme/tickets").len(), 1);
}

#[tokio::test]
async fn what_a_caller_writes_of_a_proof_does_not_count() {
    let stage = Stage::begin().await;
    let client = stage.client(Options::default()).await;
    let mut request = Request::new(Method::GET, stage.at("/acme/tickets/1#part").parse().unwrap());
    for name in ["signature", "signature-input", "dpop"] {
        request.headers_mut().insert(name, "x".parse().unwrap());
    }
    assert_eq!(client.execute(request).await.unwrap().status(), 200);
    let http = reqwest::Client::new();
    let built = http.put(stage.at("/acme/tickets/1")).json(&serde_json::json!({"state": "done"}));
    assert_eq!(client.send(built).await.unwrap().status(), 200);
    let seen = stage.installation.upstream.seen();
    assert_eq!(seen.last().unwrap().body, r#"{"state":"done"}"#);
    assert_eq!(code(client.get("file:///etc/passwd").await), "configuration");
}

#[tokio::test]
async fn a_server_that_was_restarted_is_the_same_server() {
    let mut stage = Stage::begin().await;
    let clock = Hurried::default();
    let client = stage.client(Options::default().clock(clock.clone())).await;
    let forms = [Form::Signature, Form::Derived, Form::Token, Form::Dpop];
    let actings = forms.map(|form| client.using(Manner::of(form)));
    let url = stage.at("/busy/tickets/1");
    for acting in &actings {
        let sent = acting.get(&*url).await;
        assert_eq!(sent.unwrap_or_else(|it| panic!("{acting:?}: {it}")).status(), 200);
    }
    // What was signed before it began, and a little later, a gateway cannot tell from a copy.
    stage.installation = stage.installation.restart(10).await;
    clock.hands.advance(10);
    for acting in &actings {
        let sent = acting.get(&*url).await;
        assert_eq!(sent.unwrap_or_else(|it| panic!("{acting:?}: {it}")).status(), 200);
    }
}

#[tokio::test]
async fn what_is_taken_away_is_gone_at_once() {
    let stage = Stage::begin().await;
    let client = stage.client(Options::default()).await;
    let url = stage.at("/acme/tickets/1");
    stage.change("agents/summarizer/suspend").await;
    assert_eq!(code(client.get(&*url).await), "agent_suspended");
    stage.change("agents/summarizer/resume").await;
    assert_eq!(client.get(&*url).await.unwrap().status(), 200);
    stage.revoke(&client.identity().key_id).await;
    let denied = denial(client.get(&*url).await);
    assert_eq!(denied.code, "credential_revoked");
    assert_eq!(denied.hint.as_deref(), Some("register a new key for the agent"));
}
