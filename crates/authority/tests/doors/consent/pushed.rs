//! `/oauth/par` (RFC 9126).

use crate::consent::flow::{Browser, Client, challenge, encode, parameter, refused};
use crate::world::{Answer, World};

async fn push(world: &World, client: &Client, more: &[(&str, &str)]) -> Answer {
    let challenge = challenge();
    let form = client.parameters(more, &challenge);
    client.post(world, "/oauth/par", &form).await
}

fn target(client: &Client, request_uri: &str) -> String {
    let pairs = [("client_id", &*client.id), ("request_uri", request_uri)];
    format!("/oauth/authorize?{}", encode(&pairs))
}

async fn pushed(world: &World, client: &Client) -> String {
    let pushed = push(world, client, &[]).await.ok(201);
    assert_eq!(pushed["expires_in"], 60);
    pushed["request_uri"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_pushed_request_is_decided_once() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let target = target(&client, &pushed(&world, &client).await);
    // Looking at the page, or signing in first, does not use it up.
    let first = world.get(&target).await;
    assert!(first.headers["location"].to_str().unwrap().starts_with("/sign-in?"));
    world.pass(300);
    let answer = browser.allow(&world, &target, &["refunds:write"]).await;
    client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    for _ in 0..2 {
        let again = browser.get(&world, &target).await;
        assert_eq!(again.status.as_u16(), 400);
    }
}

#[tokio::test]
async fn a_pushed_request_is_its_clients_and_for_a_minute() {
    let world = World::new().await;
    let (client, other) =
        (Client::confidential(&world, "a").await, Client::public(&world, "b").await);
    let browser = Browser::sign_in(&world, "zoe").await;
    let uri = pushed(&world, &client).await;
    let foreign = browser.get(&world, &target(&other, &uri)).await;
    assert_eq!(foreign.status.as_u16(), 400);
    world.pass(60);
    let late = browser.get(&world, &target(&client, &uri)).await;
    assert_eq!(late.status.as_u16(), 400);
    for uri in ["x", "urn:ietf:params:oauth:request_uri:x", "https://app.example/request.jwt"] {
        let answer = browser.get(&world, &target(&client, uri)).await;
        assert_eq!(answer.status.as_u16(), 400, "{uri}");
    }
}

#[tokio::test]
async fn what_was_pushed_counts_and_nothing_beside_it() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let uri = pushed(&world, &client).await;
    let target = format!("{}&scope=tickets%3Aread&state=other", target(&client, &uri));
    let page = browser.get(&world, &target).await;
    assert!(!String::from_utf8(page.body).unwrap().contains("tickets:read"));
    let answer = browser.allow(&world, &target, &["refunds:write"]).await;
    assert_eq!(parameter(&answer, "state").as_deref(), Some("xyz"));
}

#[tokio::test]
async fn a_request_that_cannot_be_shown_is_not_kept() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    for (more, error) in [
        (("redirect_uri", "https://evil.test/cb"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        (("scope", "admin"), "invalid_scope"),
        (("resource", "http://evil.test"), "invalid_target"),
        (("response_type", "token"), "unsupported_response_type"),
        (("client_secret", "x"), "invalid_request"),
    ] {
        push(&world, &client, &[more]).await.refused(400, error);
    }
    let unproven = Client { id: client.id.clone(), agent: None };
    push(&world, &unproven, &[]).await.refused(401, "credential_missing");
    let public = Client::public(&world, "b").await;
    let stranger = Client { id: public.id.clone(), agent: client.agent };
    push(&world, &stranger, &[]).await.refused(401, "agent_mismatch");
    push(&world, &public, &[]).await.ok(201);
}

#[tokio::test]
async fn a_request_that_was_refused_is_used_up() {
    let world = World::new().await;
    let client = Client::public(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let target = target(&client, &pushed(&world, &client).await);
    let token = crate::consent::flow::hidden(&browser.get(&world, &target).await, "form_token");
    let no = [("form_token", &*token), ("decision", "deny")];
    refused(&browser.post(&world, &target, &no).await, "access_denied");
    assert_eq!(browser.post(&world, &target, &no).await.status.as_u16(), 400);
}
