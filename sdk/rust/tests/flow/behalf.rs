//! On behalf of people whom another issuer speaks for.

use bailiwick_client::{Client, Form, Manner, Options, Subject};
use reqwest::Method;
use serde_json::{Value, json};

use crate::sign_on::{AUDIENCE, REACHABLE, SignOn};
use crate::stage::{Stage, code, denial};

/// Trusts a sign-on for people, as far as this.
async fn trust(stage: &Stage, sign_on: &SignOn) -> String {
    let scopes = ["tickets:read"];
    let issuer = json!({"url": sign_on.url, "audience": AUDIENCE, "person_scopes": scopes});
    let added = stage.admin(Method::POST, "issuers", issuer).await;
    added["id"].as_str().unwrap().to_owned()
}

/// Calls for whomever this speaks of; the status, or the code of the refusal.
async fn call(stage: &Stage, client: &Client, subject: Subject, form: Form) -> String {
    let acting = client.on_behalf_of(subject, Manner::of(form));
    match acting.get(stage.at("/acme/tickets/7")).await {
        Ok(answer) => answer.status().as_u16().to_string(),
        refused => code(refused),
    }
}

#[tokio::test]
async fn an_agent_acts_for_a_person_of_a_trusted_issuer_and_the_api_hears_of_both() {
    let stage = Stage::beside(REACHABLE).await;
    let sign_on = SignOn::start(1).await;
    trust(&stage, &sign_on).await;
    let client = stage.client(Options::default()).await;
    let wide = json!({"scope": "openid tickets:read tickets:write"});
    let access = sign_on.says(&wide);
    for subject in [Subject::access_token(access), Subject::assertion(sign_on.asserts(&wide))] {
        for form in [Form::Token, Form::Dpop] {
            assert_eq!(call(&stage, &client, subject.clone(), form).await, "200", "{form:?}");
            let people = stage.admin(Method::GET, "people", Value::Null).await;
            let [ada] = people["people"].as_array().unwrap().as_slice() else { panic!("{people}") };
            assert_eq!((&ada["issuer"], &ada["subject"]), (&json!(sign_on.url), &json!("ada")));
            assert_eq!(stage.heard("x-agent-on-behalf-of").as_deref(), ada["id"].as_str());
            assert_eq!(stage.heard("x-agent-id").as_deref(), Some("summarizer"));
            assert_eq!(stage.heard("x-agent-scopes").as_deref(), Some("tickets:read"));
        }
        let wider = Manner::default().scopes(["tickets:write"]);
        assert_eq!(code(client.on_behalf_of(subject, wider).token().await), "invalid_scope");
    }
}

#[tokio::test]
async fn a_person_is_not_acted_for_on_the_word_of_an_issuer_that_is_not_trusted() {
    let stage = Stage::beside(REACHABLE).await;
    let (sign_on, stranger) = (SignOn::start(1).await, SignOn::start(2).await);
    let issuer = trust(&stage, &sign_on).await;
    let client = stage.client(Options::default()).await;
    for token in [
        stranger.says(&json!({})),
        stranger.says(&json!({"iss": sign_on.url})),
        sign_on.says(&json!({"aud": "another-app"})),
        sign_on.says(&json!({"client_id": "agt_01jd8m3q5r7t9v1x3z5b7d9f1h"})),
    ] {
        let acting = client.on_behalf_of(token, Manner::of(Form::Token));
        let denied = denial(acting.get(stage.at("/acme/tickets/7")).await);
        assert_eq!((&*denied.code, denied.status.as_u16()), ("invalid_grant", 400));
    }
    // Nobody has agreed to anything here, which is what an ID token alone would be worth.
    let id_token = Subject::id_token(sign_on.asserts(&json!({"scope": null})));
    assert_eq!(call(&stage, &client, id_token, Form::Token).await, "invalid_grant");

    let token = sign_on.says(&json!({}));
    assert_eq!(call(&stage, &client, (&*token).into(), Form::Token).await, "200");
    stage.admin(Method::DELETE, &format!("issuers/{issuer}"), Value::Null).await;
    assert_eq!(call(&stage, &client, (&*token).into(), Form::Token).await, "invalid_grant");
    assert_eq!(stage.installation.upstream.seen().len(), 1);
}
