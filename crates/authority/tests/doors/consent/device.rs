//! A device without a browser, and a person who lets it act for them (RFC 8628).

use bailiwick_authority::Pruner;
use serde_json::{Value, json};

use crate::consent::flow::{Browser, Client, REFUNDS, claims, hidden};
use crate::world::{Answer, World};

pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl Client {
    /// A public client for devices.
    pub(crate) async fn on_device(world: &World, name: &str) -> Self {
        Self::public(world, name).await.may(world, &[GRANT], json!({})).await
    }

    pub(crate) async fn ask_device(&self, world: &World, form: &[(&str, &str)]) -> Answer {
        self.post(world, "/oauth/device_authorization", form).await
    }

    /// A code for refunds.
    pub(crate) async fn device(&self, world: &World, scope: &str) -> Value {
        self.ask_device(world, &[("scope", scope)]).await.ok(200)
    }

    pub(crate) async fn poll_device(&self, world: &World, device: &Value) -> Answer {
        let code = device["device_code"].as_str().unwrap();
        let form = [("grant_type", GRANT), ("device_code", code)];
        self.post(world, "/oauth/token", &form).await
    }
}

impl Browser {
    /// Enters a code.
    pub(crate) async fn enter(&self, world: &World, code: &str) -> Answer {
        let token = hidden(&self.get(world, "/device").await, "form_token");
        self.post(world, "/device", &[("form_token", &token), ("user_code", code)]).await
    }

    /// Enters the code that a device shows, and decides.
    pub(crate) async fn decide_device(
        &self,
        world: &World,
        device: &Value,
        (decision, scopes): (&str, &[&str]),
    ) -> Answer {
        let page = self.enter(world, device["user_code"].as_str().unwrap()).await;
        let (token, code) = (hidden(&page, "form_token"), hidden(&page, "user_code"));
        let mut form = vec![
            ("form_token", &*token),
            ("user_code", &*code),
            ("decision", decision),
            ("seconds", "3600"),
            ("offline", "yes"),
        ];
        form.extend(scopes.iter().map(|scope| ("scope", *scope)));
        self.post(world, "/device", &form).await
    }
}

pub(crate) fn text(page: &Answer) -> String {
    String::from_utf8_lossy(&page.body).into_owned()
}

#[tokio::test]
async fn a_device_goes_on_once_a_person_has_entered_its_code() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let answer = client.ask_device(&world, &[("scope", "openid refunds:write")]).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let device = answer.ok(200);
    let code = device["user_code"].as_str().unwrap();
    assert!(device["device_code"].as_str().unwrap().starts_with("bwd_"));
    assert_eq!(device["verification_uri"], "http://127.0.0.1:8701/device");
    let complete = format!("http://127.0.0.1:8701/device?user_code={code}");
    assert_eq!(device["verification_uri_complete"], complete);
    assert_eq!((&device["expires_in"], &device["interval"]), (&json!(900), &json!(5)));
    client.poll_device(&world, &device).await.refused(400, "authorization_pending");
    // However it is typed.
    let page = browser.enter(&world, &code.to_lowercase().replace('-', " ")).await;
    assert_eq!(page.status.as_u16(), 200);
    for said in ["Let a act for you?", "refunds: send or create /refunds (POST)", code, "deny"] {
        assert!(text(&page).contains(said), "{said} is not in {}", text(&page));
    }
    assert!(!text(&page).contains("You go on to"));
    let done = browser.decide_device(&world, &device, ("allow", &["refunds:write"])).await;
    assert!(text(&done).contains("Go back to your device"), "{}", text(&done));
    let tokens = client.poll_device(&world, &device).await.ok(200);
    assert_eq!(tokens["scope"], "refunds:write openid");
    let claims = claims(&tokens);
    assert_eq!(claims["sub"], browser.person.to_string());
    assert_eq!((&claims["aud"], &claims["client_id"]), (&json!(REFUNDS), &json!(client.id)));
    let said = bailiwick_proof::jws::decode(tokens["id_token"].as_str().unwrap()).unwrap().payload;
    assert_eq!((&said["aud"], &said["auth_time"]), (&json!(client.id), &json!(world.now())));
    let page = browser.get(&world, "/me/grants").await;
    assert!(!text(&page).contains("<dd>never</dd>"), "{}", text(&page));
}

/// RFC 8628, section 3.3.1: the code of a link is shown to be compared; the link decides nothing.
#[tokio::test]
async fn the_link_with_the_code_asks_for_it_once_more() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let device = client.device(&world, "refunds:write").await;
    let link = device["verification_uri_complete"].as_str().unwrap();
    let target = link.strip_prefix("http://127.0.0.1:8701").unwrap();
    let stranger = world.get(target).await;
    let location = stranger.headers["location"].to_str().unwrap();
    let code = device["user_code"].as_str().unwrap();
    assert_eq!(location, format!("/sign-in?return_to=%2Fdevice%3Fuser_code%3D{code}"));
    let page = browser.get(&world, target).await;
    assert!(text(&page).contains(&format!("value=\"{code}\"")), "{}", text(&page));
    assert!(text(&page).contains("Whoever sends you a code"));
    client.poll_device(&world, &device).await.refused(400, "authorization_pending");
    let odd = browser.get(&world, "/device?user_code=%22%3E%3Cscript%3E").await;
    assert!(!text(&odd).contains("<script>"));
}

#[tokio::test]
async fn a_device_that_is_told_no_hears_it_as_often_as_it_asks() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let device = client.device(&world, "refunds:write").await;
    let done = browser.decide_device(&world, &device, ("deny", &[])).await;
    assert!(text(&done).contains("told no"));
    for _ in 0..2 {
        client.poll_device(&world, &device).await.refused(400, "access_denied");
    }
    world.pass(901);
    client.poll_device(&world, &device).await.refused(400, "access_denied");
}

/// RFC 8628, section 3.5.
#[tokio::test]
async fn a_device_that_comes_too_early_waits_longer_from_then_on() {
    let world = World::new().await;
    let client = Client::on_device(&world, "a").await;
    let device = client.device(&world, "refunds:write").await;
    for (pass, error) in [
        (0, "authorization_pending"),
        (4, "slow_down"),
        (9, "slow_down"),
        (15, "authorization_pending"),
        (14, "slow_down"),
        (20, "authorization_pending"),
    ] {
        world.pass(pass);
        client.poll_device(&world, &device).await.refused(400, error);
    }
    world.pass(900 - 62);
    client.poll_device(&world, &device).await.refused(400, "expired_token");
    // It is forgotten at last.
    world.pass(3_600 + 86_400);
    assert!(Pruner::new(world.authority.clone()).turn().await > 0);
    client.poll_device(&world, &device).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_whose_time_is_over_is_none() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let (early, late) = (
        client.device(&world, "refunds:write").await,
        client.device(&world, "refunds:write").await,
    );
    browser.decide_device(&world, &early, ("allow", &["refunds:write"])).await;
    world.pass(900);
    let page = browser.enter(&world, late["user_code"].as_str().unwrap()).await;
    assert_eq!(page.status.as_u16(), 400);
    assert!(text(&page).contains("no code which a device shows now"), "{}", text(&page));
    // What was allowed is to be fetched in time too.
    client.poll_device(&world, &early).await.refused(400, "expired_token");
}

#[tokio::test]
async fn a_person_lets_a_device_have_less_than_it_asks_for() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await.may(&world, &[GRANT], json!({})).await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let device = client.device(&world, "refunds:write tickets:read offline_access").await;
    let allowed = ("allow", &["tickets:read", "admin"][..]);
    browser.decide_device(&world, &device, allowed).await;
    let tokens = client.poll_device(&world, &device).await.ok(200);
    assert_eq!(tokens["scope"], "tickets:read offline_access");
    assert_eq!(claims(&tokens)["aud"], "http://127.0.0.1:8700/tickets");
    let refreshed = client.refresh(&world, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(claims(&refreshed.ok(200))["scope"], "tickets:read");
}

#[tokio::test]
async fn operations_and_apis_are_asked_for_as_anywhere() {
    let world = World::new().await;
    let (client, browser) =
        (Client::on_device(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let details = json!([{
        "type": "operation", "locations": [REFUNDS], "actions": ["POST /refunds"],
    }]);
    let details = details.to_string();
    let form = [("authorization_details", &*details), ("resource", REFUNDS)];
    let device = client.ask_device(&world, &form).await.ok(200);
    let page = browser.enter(&world, device["user_code"].as_str().unwrap()).await;
    let line = format!("{REFUNDS} POST /refunds");
    let (token, code) = (hidden(&page, "form_token"), hidden(&page, "user_code"));
    let form = [
        ("form_token", &*token),
        ("user_code", &*code),
        ("decision", "allow"),
        ("seconds", "3600"),
        ("scope", "refunds:write"),
        ("detail", &*line),
    ];
    assert_eq!(browser.post(&world, "/device", &form).await.status.as_u16(), 200);
    let tokens = client.poll_device(&world, &device).await.ok(200);
    assert_eq!(claims(&tokens)["authorization_details"][0]["actions"], json!(["POST /refunds"]));
}

#[tokio::test]
async fn what_a_device_cannot_ask_for_is_refused_at_once() {
    let world = World::new().await;
    let client = Client::on_device(&world, "a").await;
    for (more, error) in [
        (("scope", "admin"), "invalid_scope"),
        (("scope", "openid"), "invalid_scope"),
        (("resource", "http://evil.test"), "invalid_target"),
        (("authorization_details", "[]"), "invalid_authorization_details"),
        (("request", "a.b.c"), "invalid_request"),
        (("client_secret", "x"), "invalid_request"),
    ] {
        client.ask_device(&world, &[more]).await.refused(400, error);
    }
    let twice = [("scope", "refunds:write"), ("scope", "refunds:write")];
    client.ask_device(&world, &twice).await.refused(400, "invalid_request");
    let form = [("grant_type", GRANT)];
    client.post(&world, "/oauth/token", &form).await.refused(400, "invalid_request");
    let form = [("grant_type", GRANT), ("device_code", "bwd_x")];
    client.post(&world, "/oauth/token", &form).await.refused(400, "invalid_grant");
}
