//! Tokens and derived keys: got, kept, renewed, and sent only where they are good.

use std::time::Duration;

use bailiwick_client::{AccessToken, Error, Form, Manner, Options, Subject, bootstrap};
use reqwest::{Method, Request};

use crate::stage::{Hurried, Stage, Wire, code, denial};

#[tokio::test]
async fn tokens_are_got_kept_renewed_and_sent_only_where_they_are_good() {
    let stage = Stage::begin().await;
    let wire = Wire::new();
    let client = stage.over(&wire, Manner::default()).await;
    let mut before = 0;
    // A proof is sent once more, for the server's nonce.
    for (form, times) in [(Form::Token, 1), (Form::Dpop, 2)] {
        let acting = client.using(Manner::of(form).scopes(["tickets:read"]));
        for id in 1..=2 {
            let sent = acting.get(stage.at(&format!("/acme/tickets/{id}"))).await;
            assert_eq!(sent.unwrap().status(), 200, "{form:?}");
        }
        let asked = wire.sent("/oauth/token").len();
        assert_eq!(asked - before, times, "{form:?}");
        let write = Request::new(Method::POST, stage.at("/acme/tickets").parse().unwrap());
        let denied = denial(acting.execute(write).await);
        assert_eq!((&*denied.code, denied.missing_scopes.len()), ("scope_missing", 1));
        assert_eq!(denied.missing_scopes, ["tickets:write"]);
        let elsewhere = format!("http://{}/tickets/1", stage.installation.upstream.address);
        assert_eq!(code(acting.get(elsewhere).await), "token_elsewhere");

        client.revoke_token(acting.token().await.unwrap().secret()).await.unwrap();
        let sent = acting.get(stage.at("/acme/tickets/3")).await;
        assert_eq!(sent.unwrap().status(), 200, "with a new one");
        before = wire.sent("/oauth/token").len();
    }
}

#[tokio::test]
async fn a_derived_key_signs_for_an_hour_and_the_agents_own_where_more_is_asked_for() {
    let stage = Stage::begin().await;
    let wire = Wire::new();
    let client = stage.over(&wire, Manner::of(Form::Derived)).await;
    for _ in 0..3 {
        assert_eq!(client.get(stage.at("/busy/tickets/1")).await.unwrap().status(), 200);
    }
    let sent = wire.sent("/busy/tickets/1");
    let input = sent[0].headers()["signature-input"].to_str().unwrap();
    assert!(input.contains("keyid=\"drv_"), "{input}");
    for _ in 0..2 {
        assert_eq!(client.get(stage.at("/acme/tickets/1")).await.unwrap().status(), 200);
    }
    assert_eq!(wire.sent("/acme/tickets/1").len(), 3, "refused as too weak once");
    assert_eq!(wire.sent("/oauth/derived-key").len(), 1);
}

#[tokio::test]
async fn a_derived_key_is_renewed_before_it_ends() {
    let stage = Stage::begin().await;
    let (wire, clock) = (Wire::new(), Hurried::default());
    let options = Options::default().manner(Manner::of(Form::Derived));
    let options = options.carrier(wire.clone()).clock(clock.clone());
    let client = stage.client(options.max_skew(Duration::from_hours(2))).await;
    let url = stage.at("/busy/tickets/1");
    for _ in 0..2 {
        assert_eq!(client.get(&*url).await.unwrap().status(), 200);
    }
    // By this machine's clock the hour is nearly over.
    clock.hands.advance(3_550);
    assert_eq!(client.get(&*url).await.unwrap().status(), 200);
    let sent = wire.sent("/busy/tickets/1");
    let keyid = |request: &Request| {
        let input = request.headers()["signature-input"].to_str().unwrap().to_owned();
        input.split_once("keyid=").unwrap().1.to_owned()
    };
    let [first, .., last] = &*sent else { panic!("{sent:?}") };
    assert_eq!(keyid(first), keyid(&sent[1]));
    assert_ne!(keyid(first), keyid(last));
}

#[tokio::test]
async fn an_agent_acts_on_behalf_of_another_and_the_api_hears_of_both() {
    let stage = Stage::begin().await;
    let first = stage.client(Options::default()).await;
    let wanted = stage.wanted("refunder", Options::default());
    let second = bootstrap(wanted).await.unwrap();
    let token: AccessToken = first.using(Manner::of(Form::Token)).token().await.unwrap();
    for form in [Form::Token, Form::Dpop] {
        let manner = Manner::of(form).scopes(["tickets:read"]);
        let acting = second.on_behalf_of(token.secret(), manner);
        assert_eq!(acting.get(stage.at("/acme/tickets/7")).await.unwrap().status(), 200);
        assert_eq!(stage.heard("x-agent-id").as_deref(), Some("refunder"));
        assert_eq!(stage.heard("x-agent-on-behalf-of"), Some(first.identity().subject));
    }
    let more = Manner::default().scopes(["customers:read"]);
    assert_eq!(code(second.on_behalf_of(token.secret(), more).token().await), "invalid_scope");
    let failing = Subject::asking("id_token", || async { Err("signed out".into()) });
    let failed = second.on_behalf_of(failing, Manner::default()).token().await.unwrap_err();
    assert!(matches!(failed, Error::Asked { .. }) && failed.to_string().contains("signed out"));
}
