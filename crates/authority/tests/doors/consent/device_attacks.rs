//! Attacks on the device flow, each by the section that tells of it.

use axum::body::Body;
use bailiwick_authority::ClientDocuments;
use http::Request;
use serde_json::{Value, json};

use crate::consent::device::{GRANT, text};
use crate::consent::documents::{document, json_of, publish};
use crate::consent::flow::{Browser, Client, FORM, claims, encode, hidden};
use crate::world::World;

/// RFC 8628, section 3.4; RFC 6749, section 10.5: a code that is brought again tells of a thief.
#[tokio::test]
async fn a_device_code_is_good_once_and_its_second_use_ends_what_it_gave() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let device = client.device(&world, "refunds:write offline_access").await;
    browser.decide_device(&world, &device, ("allow", &["refunds:write"])).await;
    let tokens = client.poll_device(&world, &device).await.ok(200);
    // By anybody: whoever brings it has seen it.
    let thief = Client::on_device(&world, "thief").await;
    thief.poll_device(&world, &device).await.refused(400, "invalid_grant");
    let refreshed = client.refresh(&world, tokens["refresh_token"].as_str().unwrap()).await;
    refreshed.refused(400, "invalid_grant");
    let grant = claims(&tokens)["grant"].as_str().unwrap().parse().unwrap();
    let grant = world.store.read().await.unwrap().grants().find(grant).await.unwrap().unwrap();
    assert_eq!(grant.ended_because.as_deref(), Some("what it was asked with was used twice"));
}

#[tokio::test]
async fn a_device_code_is_redeemed_once_however_many_come_at_once() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let device = client.device(&world, "refunds:write").await;
    browser.decide_device(&world, &device, ("allow", &["refunds:write"])).await;
    let (one, two) =
        tokio::join!(client.poll_device(&world, &device), client.poll_device(&world, &device));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

/// RFC 8628, section 3.4: bound to the client, which proves itself where it is registered to.
#[tokio::test]
async fn a_device_code_is_good_for_its_client_alone() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await.may(&world, &[GRANT], json!({})).await;
    let other = Client::on_device(&world, "b").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let device = client.device(&world, "refunds:write").await;
    other.poll_device(&world, &device).await.refused(400, "invalid_grant");
    browser.decide_device(&world, &device, ("allow", &["refunds:write"])).await;
    other.poll_device(&world, &device).await.refused(400, "invalid_grant");
    let unproven = Client { id: client.id.clone(), agent: None };
    unproven.poll_device(&world, &device).await.refused(401, "credential_missing");
    // Nor as what it is not.
    let code = device["device_code"].as_str().unwrap();
    for form in [
        [("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", code)],
        [("grant_type", "refresh_token"), ("refresh_token", code)],
    ] {
        let answer = client.post(&world, "/oauth/token", &form).await;
        assert_eq!(answer.status.as_u16(), 400, "{form:?}");
    }
    client.poll_device(&world, &device).await.ok(200);
}

/// RFC 8628, section 5.4: a client that never shows codes is no means to have somebody enter one.
#[tokio::test]
async fn only_a_client_that_is_registered_for_it_asks_by_a_code() {
    let world = World::new().await;
    let client = Client::public(&world, "a").await;
    let asked = client.ask_device(&world, &[("scope", "refunds:write")]).await;
    asked.refused(400, "unauthorized_client");
    let form = [("grant_type", GRANT), ("device_code", "bwd_x")];
    client.post(&world, "/oauth/token", &form).await.refused(400, "unauthorized_client");
    let unknown = Client { id: "agt_01jd8m3q5r7t9v1x3z5b7d9f1h".to_owned(), agent: None };
    unknown.ask_device(&world, &[]).await.refused(401, "credential_missing");
}

/// RFC 8628, section 5.1: a person's tries are counted, hits and misses alike, however often they
/// sign in; and an address's, whoever signs in there.
#[tokio::test]
async fn guessing_codes_ends_soon() {
    let world = World::new().await;
    let client = Client::on_device(&world, "a").await;
    let device = client.device(&world, "refunds:write").await;
    for tries in 0..30 {
        let browser = Browser::sign_in(&world, "mallory").await;
        let page = browser.enter(&world, "BCDF-GHJK").await;
        assert_eq!(page.status.as_u16(), 400, "{tries}");
        world.pass(2);
    }
    let browser = Browser::sign_in(&world, "mallory").await;
    let code = device["user_code"].as_str().unwrap();
    assert_eq!(browser.enter(&world, code).await.status.as_u16(), 429);
    // The step that decides is no way around it.
    let token = hidden(&browser.get(&world, "/device").await, "form_token");
    let form = [("form_token", &*token), ("user_code", code), ("decision", "deny")];
    assert_eq!(browser.post(&world, "/device", &form).await.status.as_u16(), 429);
    let honest = Browser::sign_in(&world, "zoe").await;
    assert_eq!(honest.enter(&world, code).await.status.as_u16(), 200);
}

#[tokio::test]
async fn guessing_codes_from_one_address_ends_soon_whoever_signs_in() {
    let world = World::new().await;
    let mut statuses = Vec::new();
    for name in ["ann", "ben", "cleo"] {
        let browser = Browser::sign_in(&world, name).await;
        for _ in 0..25 {
            statuses.push(browser.enter(&world, "BCDF-GHJK").await.status.as_u16());
        }
    }
    assert_eq!(statuses.iter().filter(|it| **it == 400).count(), 60);
    assert!(statuses.ends_with(&[429]));
}

/// A form of another site, of another sign-in, or of nobody's, decides nothing.
#[tokio::test]
async fn a_code_is_entered_and_decided_from_our_own_page_only() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let other = Browser::sign_in(&world, "tom").await;
    let device = client.device(&world, "refunds:write").await;
    let code = device["user_code"].as_str().unwrap();
    let foreign = hidden(&other.get(&world, "/device").await, "form_token");
    let fields = |token| {
        [
            ("form_token", token),
            ("user_code", code),
            ("decision", "allow"),
            ("scope", "refunds:write"),
            ("seconds", "3600"),
        ]
    };
    for token in [&*foreign, "", "x"] {
        let answer = browser.post(&world, "/device", &fields(token)).await;
        assert_eq!(answer.status.as_u16(), 403, "{token}");
    }
    let own = hidden(&browser.get(&world, "/device").await, "form_token");
    for (origin, site) in [("https://evil.test", "cross-site"), ("null", "cross-site")] {
        let request = Request::post("/device")
            .header("cookie", browser.cookie())
            .header("origin", origin)
            .header("sec-fetch-site", site)
            .header("content-type", FORM);
        let answer = world.send(request.body(Body::from(encode(&fields(&own)))).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 403, "{origin}");
    }
    client.poll_device(&world, &device).await.refused(400, "authorization_pending");
}

#[tokio::test]
async fn a_code_is_decided_once() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let device = client.device(&world, "refunds:write").await;
    browser.decide_device(&world, &device, ("allow", &["refunds:write"])).await;
    let other = Browser::sign_in(&world, "tom").await;
    for browser in [&browser, &other] {
        let page = browser.enter(&world, device["user_code"].as_str().unwrap()).await;
        assert_eq!(page.status.as_u16(), 400);
    }
    let tokens = client.poll_device(&world, &device).await.ok(200);
    assert_eq!(claims(&tokens)["sub"], browser.person.to_string());
}

/// What is asked is read again when it is decided, and what was allowed when it is fetched.
#[tokio::test]
async fn what_ended_or_was_narrowed_in_between_is_not_given() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let device = client.device(&world, "refunds:write").await;
    browser.decide_device(&world, &device, ("allow", &["refunds:write"])).await;
    browser.sign_out(&world).await;
    client.poll_device(&world, &device).await.refused(400, "invalid_grant");
    let browser = Browser::sign_in(&world, "zoe").await;
    let device = client.device(&world, "refunds:write").await;
    let narrowed = json!({ "scopes": ["tickets:read"] });
    world.operate("PATCH", &format!("/api/v1/agents/{}", client.id), narrowed).await.ok(200);
    let page = browser.enter(&world, device["user_code"].as_str().unwrap()).await;
    assert_eq!(page.status.as_u16(), 400, "{}", text(&page));
    world.operate("POST", "/api/v1/agents/a/suspend", Value::Null).await.ok(200);
    client.poll_device(&world, &device).await.refused(400, "agent_suspended");
}

/// A client with a document asks by a code, and nothing is left of it unless somebody consents
/// (draft-ietf-oauth-client-id-metadata-document).
#[tokio::test]
async fn a_published_client_waits_for_its_first_consent() {
    let world = World::with(|settings| {
        settings.client_documents = Some(ClientDocuments {
            project: "default".parse().unwrap(),
            scopes: "refunds:write".parse().unwrap(),
        });
    })
    .await;
    let (id, _) = publish(|id| {
        let mut document = document(id);
        document["grant_types"] = json!([GRANT]);
        json_of(&document)
    })
    .await;
    let (client, browser) = (Client { id, agent: None }, Browser::sign_in(&world, "zoe").await);
    let device = client.device(&world, "refunds:write").await;
    client.poll_device(&world, &device).await.refused(400, "authorization_pending");
    client.poll_device(&world, &device).await.refused(400, "slow_down");
    let other = Client { id: format!("{}x", client.id), agent: None };
    other.poll_device(&world, &device).await.refused(401, "credential_missing");
    let listed = world.operate("GET", "/api/v1/agents", Value::Null).await.ok(200);
    assert_eq!(listed["agents"], json!([]), "nobody has consented");
    let denied = client.device(&world, "refunds:write").await;
    browser.decide_device(&world, &denied, ("deny", &[])).await;
    client.poll_device(&world, &denied).await.refused(400, "access_denied");
    browser.decide_device(&world, &device, ("allow", &["refunds:write"])).await;
    let tokens = client.poll_device(&world, &device).await.ok(200);
    assert_eq!(claims(&tokens)["sub"], browser.person.to_string());
}
