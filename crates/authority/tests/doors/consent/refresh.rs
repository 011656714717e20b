//! Refresh tokens: rotation, and what tells of a theft (RFC 9700, section 4.14).

use serde_json::json;

use crate::consent::flow::{Browser, Client, claims};
use crate::world::World;

#[tokio::test]
async fn a_consent_that_lasts_is_renewed_until_it_ends() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let first = client.offline(&world, &browser).await;
    browser.sign_out(&world).await;
    let mut token = first["refresh_token"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        world.pass(1_100);
        let next = client.refresh(&world, &token).await.ok(200);
        assert_eq!(claims(&next)["grant"], claims(&first)["grant"]);
        let successor = next["refresh_token"].as_str().unwrap().to_owned();
        assert_ne!(successor, token);
        token = successor;
    }
    // The person chose an hour.
    world.pass(300);
    client.refresh(&world, &token).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn no_refresh_token_without_offline_access() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let tokens = client.redeem(&world, &client.code(&world, &browser).await).await.ok(200);
    assert!(tokens.get("refresh_token").is_none());
}

/// RFC 9700, section 4.14.2: nobody can tell the thief from the client, so the grant ends.
#[tokio::test]
async fn a_replayed_refresh_token_ends_the_family() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let first =
        client.offline(&world, &browser).await["refresh_token"].as_str().unwrap().to_owned();
    let next = client.refresh(&world, &first).await.ok(200);
    world.pass(10);
    client.refresh(&world, &first).await.refused(400, "invalid_grant");
    let next = next["refresh_token"].as_str().unwrap();
    client.refresh(&world, next).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn two_replicas_that_race_both_go_on() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let first =
        client.offline(&world, &browser).await["refresh_token"].as_str().unwrap().to_owned();
    let (one, two) = tokio::join!(client.refresh(&world, &first), client.refresh(&world, &first));
    let (one, two) = (one.ok(200), two.ok(200));
    world.pass(60);
    for tokens in [one, two] {
        let token = tokens["refresh_token"].as_str().unwrap();
        let next = client.refresh(&world, token).await.ok(200);
        client.refresh(&world, next["refresh_token"].as_str().unwrap()).await.ok(200);
    }
}

/// An answer that was lost is asked for again; not for ever, and by the same client only.
#[tokio::test]
async fn a_client_whose_answer_was_lost_asks_again() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let thief = Client::public(&world, "thief").await;
    let first =
        client.offline(&world, &browser).await["refresh_token"].as_str().unwrap().to_owned();
    thief.refresh(&world, &first).await.refused(400, "invalid_grant");
    for _ in 0..4 {
        client.refresh(&world, &first).await.ok(200);
        world.pass(2);
    }
    client.refresh(&world, &first).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn a_refreshed_token_may_be_narrower_and_never_wider() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let tokens = client.offline(&world, &browser).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let form =
        |scope| [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
    for scope in ["tickets:read", "refunds:write tickets:read", "*"] {
        let refused = client.post(&world, "/oauth/token", &form(scope)).await;
        refused.refused(400, "invalid_scope");
    }
    let narrowed = client.post(&world, "/oauth/token", &form("refunds:write offline_access")).await;
    assert_eq!(narrowed.ok(200)["scope"], "refunds:write offline_access");
    // An agent that may less now gets less, whatever was granted.
    let path = format!("/api/v1/agents/{}", client.id);
    world.operate("PATCH", &path, json!({ "scopes": ["tickets:read"] })).await.ok(200);
    let refreshed = client.refresh(&world, token).await;
    let refreshed = refreshed.ok(200);
    assert_eq!(
        (&refreshed["scope"], &claims(&refreshed)["scope"]),
        (&json!("offline_access"), &json!(""))
    );
    world.operate("POST", &format!("{path}/suspend"), json!({})).await.ok(200);
    client.refresh(&world, token).await.refused(400, "agent_suspended");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_alike() {
    let world = World::new().await;
    let client = Client::public(&world, "a").await;
    for token in ["x", "bwr_", "bwr_0000000000000000000000000000000000000000000000000"] {
        client.refresh(&world, token).await.refused(400, "invalid_grant");
    }
    client.refresh(&world, "").await.refused(400, "invalid_request");
}

/// RFC 7009, section 2.1: a client that is done says so, and nobody else can say it for it.
#[tokio::test]
async fn a_client_gives_its_refresh_token_back() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let stranger = Client::public(&world, "stranger").await;
    let token =
        client.offline(&world, &browser).await["refresh_token"].as_str().unwrap().to_owned();
    let form = [("token", &*token)];
    let answer = stranger.post(&world, "/oauth/revoke", &form).await;
    assert_eq!(answer.status.as_u16(), 200);
    let token = client.refresh(&world, &token).await.ok(200)["refresh_token"].clone();
    let token = token.as_str().unwrap();
    let answer = client.post(&world, "/oauth/revoke", &[("token", token)]).await;
    assert_eq!(answer.status.as_u16(), 200);
    client.refresh(&world, token).await.refused(400, "invalid_grant");
}

/// The successor was used: whoever comes with the first one now is not the client that got it.
#[tokio::test]
async fn a_refresh_token_whose_successor_was_used_is_replayed_at_once() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let first =
        client.offline(&world, &browser).await["refresh_token"].as_str().unwrap().to_owned();
    let second = client.refresh(&world, &first).await.ok(200)["refresh_token"].clone();
    let second = second.as_str().unwrap();
    let third = client.refresh(&world, second).await.ok(200)["refresh_token"].clone();
    client.refresh(&world, &first).await.refused(400, "invalid_grant");
    for token in [second, third.as_str().unwrap()] {
        client.refresh(&world, token).await.refused(400, "invalid_grant");
    }
}

/// RFC 7662, section 2.2.
#[tokio::test]
async fn a_client_asks_of_its_own_refresh_tokens_whether_they_are_good() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let stranger = Client::confidential(&world, "stranger").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let tokens = client.offline(&world, &browser).await;
    let first = tokens["refresh_token"].as_str().unwrap();
    let ask = async |client: &Client, token: &str| {
        client.post(&world, "/oauth/introspect", &[("token", token)]).await.ok(200)
    };
    let told = ask(&client, first).await;
    let said = claims(&tokens);
    for name in ["client_id", "scope", "sub", "iss", "grant"] {
        assert_eq!(told[name], said[name], "{name}");
    }
    assert_eq!((&told["active"], &told["token_type"]), (&json!(true), &json!("refresh_token")));
    assert_eq!(told["exp"], world.now() + 3_600);
    let inactive = json!({ "active": false });
    assert_eq!(ask(&stranger, first).await, inactive);
    let unknown = "bwr_0000000000000000000000000000000000000000000000000";
    assert_eq!(ask(&client, unknown).await, inactive);
    let second = client.refresh(&world, first).await.ok(200)["refresh_token"].clone();
    let second = second.as_str().unwrap();
    assert_eq!(ask(&client, first).await["active"], true, "its answer may have been lost");
    world.pass(10);
    assert_eq!(ask(&client, first).await, inactive);
    // Asking is no use: nothing ended by it.
    assert_eq!(ask(&client, second).await["active"], true);
    client.post(&world, "/oauth/revoke", &[("token", second)]).await;
    assert_eq!(ask(&client, second).await, inactive);
    let public = Client::public(&world, "public").await;
    let refused = public.post(&world, "/oauth/introspect", &[("token", second)]).await;
    assert_eq!(refused.json()["error"], "invalid_client");
}
