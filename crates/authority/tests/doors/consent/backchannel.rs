//! A client asks a person whom it names (CIBA Core 1.0).

use bailiwick_domain::person::{Person, Standing};
use serde_json::{Value, json};

use crate::consent::device::text;
use crate::consent::flow::{Browser, Client, claims, hidden};
use crate::world::{Answer, World};

pub(crate) const GRANT: &str = "urn:openid:params:grant-type:ciba";

impl Client {
    /// A client that asks people elsewhere.
    pub(crate) async fn elsewhere(world: &World, name: &str) -> Self {
        Self::confidential(world, name).await.may(world, &[GRANT], json!({})).await
    }

    pub(crate) async fn ask(&self, world: &World, form: &[(&str, &str)]) -> Answer {
        self.post(world, "/oauth/bc-authorize", form).await
    }

    /// Asks this person for refunds.
    pub(crate) async fn ask_person(&self, world: &World, hint: &str) -> Value {
        let form = [
            ("scope", "openid refunds:write"),
            ("login_hint", hint),
            ("binding_message", "Case <7>"),
            ("client_notification_token", "8d67dc78-7faa-4d41-aabd-67707b374255"),
        ];
        self.ask(world, &form).await.ok(200)
    }

    pub(crate) async fn poll(&self, world: &World, asked: &Value) -> Answer {
        let id = asked["auth_req_id"].as_str().unwrap();
        let form = [("grant_type", GRANT), ("auth_req_id", id)];
        self.post(world, "/oauth/token", &form).await
    }
}

impl Browser {
    /// Gives the person an address.
    pub(crate) async fn write_to(&self, world: &World, email: &str) {
        let mut tx = world.store.begin().await.unwrap();
        let person = tx.people().find(self.person).await.unwrap().unwrap();
        let person = Person { email: Some(email.to_owned()), ..person };
        assert!(tx.people().update(&person).await.unwrap());
        tx.save().await.unwrap();
    }

    /// Where what waits for the person is answered, the newest first.
    pub(crate) async fn waiting(&self, world: &World) -> Vec<String> {
        let page = text(&self.get(world, "/me/requests").await);
        let links = page.split("href=\"/me/requests/").skip(1);
        links.map(|it| format!("/me/requests/{}", it.split('"').next().unwrap())).collect()
    }

    pub(crate) async fn answer(&self, world: &World, target: &str, decision: &str) -> Answer {
        let token = hidden(&self.get(world, target).await, "form_token");
        let form = [
            ("form_token", &*token),
            ("decision", decision),
            ("seconds", "3600"),
            ("scope", "refunds:write"),
        ];
        self.post(world, target, &form).await
    }
}

#[tokio::test]
async fn a_person_who_is_named_lets_an_agent_act_from_elsewhere() {
    let world = World::new().await;
    let (client, browser) =
        (Client::elsewhere(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    browser.write_to(&world, "zoe@acme.example").await;
    let asked = client.ask_person(&world, "zoe@acme.example").await;
    assert!(asked["auth_req_id"].as_str().unwrap().starts_with("bwq_"));
    assert_eq!((&asked["expires_in"], &asked["interval"]), (&json!(600), &json!(5)));
    client.poll(&world, &asked).await.refused(400, "authorization_pending");
    client.poll(&world, &asked).await.refused(400, "slow_down");
    assert!(text(&browser.get(&world, "/me/grants").await).contains("Waiting for you: 1"));
    let listed = text(&browser.get(&world, "/me/requests").await);
    assert!(listed.contains("Case &#60;7&#62;") && listed.contains("support"), "{listed}");
    let waiting = browser.waiting(&world).await;
    let [target] = waiting.as_slice() else { panic!("{waiting:?}") };
    let page = text(&browser.get(&world, target).await);
    for said in
        ["Let a act for you?", "Case &#60;7&#62;", "refunds: send or create /refunds (POST)"]
    {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(!page.contains("You go on to"));
    let answered = browser.answer(&world, target, "allow").await;
    assert_eq!(answered.headers["location"], "/me/requests");
    let tokens = client.poll(&world, &asked).await.ok(200);
    let said = claims(&tokens);
    assert_eq!(said["sub"], browser.person.to_string());
    assert_eq!(said["act"]["sub"], "spiffe://acme.example/default/a");
    let token = tokens["id_token"].as_str().unwrap();
    let said = bailiwick_proof::jws::decode(token).unwrap().payload;
    assert_eq!((&said["aud"], &said["auth_time"]), (&json!(client.id), &json!(world.now())));
    // Once; and its second use ends what it gave.
    client.poll(&world, &asked).await.refused(400, "invalid_grant");
    let grant = claims(&tokens)["grant"].as_str().unwrap().parse().unwrap();
    let grant = world.store.read().await.unwrap().grants().find(grant).await.unwrap().unwrap();
    assert!(grant.ended_at.is_some() && browser.waiting(&world).await.is_empty());
}

#[tokio::test]
async fn a_person_who_is_named_says_no_or_nothing() {
    let world = World::new().await;
    let (client, browser) =
        (Client::elsewhere(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let asked = client.ask_person(&world, &browser.person.to_string()).await;
    let target = &browser.waiting(&world).await[0];
    browser.answer(&world, target, "deny").await;
    client.poll(&world, &asked).await.refused(400, "access_denied");
    let again = browser.get(&world, target).await;
    assert_eq!(again.status.as_u16(), 404);
    let hint = browser.person.to_string();
    let form = [("login_hint", &*hint), ("scope", "refunds:write"), ("requested_expiry", "60")];
    let asked = client.ask(&world, &form).await.ok(200);
    assert_eq!(asked["expires_in"], 60);
    world.pass(60);
    client.poll(&world, &asked).await.refused(400, "expired_token");
    assert!(browser.waiting(&world).await.is_empty());
}

/// CIBA Core 1.0, section 13, knows `unknown_user_id`; here nobody learns who is here. It is
/// answered as for anybody, and nobody ever decides.
#[tokio::test]
async fn whether_a_person_is_here_is_not_told() {
    let world = World::new().await;
    let client = Client::elsewhere(&world, "a").await;
    let (zoe, tom) = (Browser::sign_in(&world, "zoe").await, Browser::sign_in(&world, "tom").await);
    let blocked = Browser::sign_in(&world, "bob").await;
    blocked.write_to(&world, "bob@acme.example").await;
    let path = format!("/api/v1/people/{}/block", blocked.person);
    world.operate("POST", &path, Value::Null).await.ok(200);
    for browser in [&zoe, &tom] {
        browser.write_to(&world, "both@acme.example").await;
    }
    let known = client.ask_person(&world, &zoe.person.to_string()).await;
    for hint in [
        "nobody@acme.example",
        "psn_01jd8m3q5r7t9v1x3z5b7d9f1h",
        "psn_00000000000000000000000000",
        "bob@acme.example",
        "both@acme.example",
        "zoe",
        "'; --",
    ] {
        let asked = client.ask_person(&world, hint).await;
        assert_eq!(asked["expires_in"], known["expires_in"], "{hint}");
        client.poll(&world, &asked).await.refused(400, "authorization_pending");
        client.poll(&world, &asked).await.refused(400, "slow_down");
    }
    assert_eq!((zoe.waiting(&world).await.len(), tom.waiting(&world).await.len()), (1, 0));
    let asked = client.ask_person(&world, "nobody@acme.example").await;
    world.pass(600);
    client.poll(&world, &asked).await.refused(400, "expired_token");
}

/// A page that nobody can flood: so many requests of one client to whomever it names, whether they
/// are here or not; and so many before one person, however they are named.
#[tokio::test]
async fn nobody_is_asked_without_end() {
    let world = World::new().await;
    let client = Client::elsewhere(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    browser.write_to(&world, "zoe@acme.example").await;
    let id = browser.person.to_string();
    for hint in ["nobody@acme.example", "zoe@acme.example", &id] {
        for _ in 0..10 {
            client.ask_person(&world, hint).await;
        }
        let form = [("login_hint", hint), ("scope", "refunds:write")];
        client.ask(&world, &form).await.refused(429, "rate_limited");
    }
    assert_eq!(browser.waiting(&world).await.len(), 16);
    let other = Client::elsewhere(&world, "b").await;
    other.ask_person(&world, &id).await;
    assert_eq!(browser.waiting(&world).await.len(), 17, "another client is heard");
    for name in ["c", "d", "e", "f", "g"] {
        let client = Client::elsewhere(&world, name).await;
        for _ in 0..10 {
            client.ask_person(&world, &id).await;
        }
    }
    assert_eq!(browser.waiting(&world).await.len(), 64);
}

#[tokio::test]
async fn what_cannot_be_asked_of_a_person_is_refused_at_once() {
    let world = World::new().await;
    let client = Client::elsewhere(&world, "a").await;
    let long = "x".repeat(201);
    for (more, error) in [
        (("login_hint", ""), "invalid_request"),
        (("login_hint_token", "a.b.c"), "invalid_request"),
        (("id_token_hint", "a.b.c"), "invalid_request"),
        (("user_code", "1234"), "invalid_request"),
        (("requested_expiry", "0"), "invalid_request"),
        (("requested_expiry", "soon"), "invalid_request"),
        (("request", "a.b.c"), "invalid_request"),
        (("binding_message", &*long), "invalid_binding_message"),
        (("binding_message", "a\nb"), "invalid_binding_message"),
        (("binding_message", "\u{202e}evil"), "invalid_binding_message"),
        (("scope", "admin"), "invalid_scope"),
        (("scope", ""), "invalid_scope"),
        (("authorization_details", "[]"), "invalid_authorization_details"),
        (("resource", "http://evil.test"), "invalid_target"),
    ] {
        let mut form = vec![("login_hint", "zoe@acme.example"), ("scope", "refunds:write")];
        form.retain(|(name, _)| *name != more.0);
        form.push(more);
        if more == ("scope", "") {
            form.push(("scope", "openid"));
        }
        client.ask(&world, &form).await.refused(400, error);
    }
    let form = [("login_hint", "zoe"), ("requested_expiry", "86400"), ("scope", "refunds:write")];
    assert_eq!(client.ask(&world, &form).await.ok(200)["expires_in"], 1_800);
}

#[tokio::test]
async fn only_a_client_that_proves_itself_and_is_registered_for_it_asks_people_elsewhere() {
    let world = World::new().await;
    let form = [("login_hint", "zoe"), ("scope", "refunds:write")];
    let (public, other) =
        (Client::public(&world, "a").await, Client::confidential(&world, "b").await);
    for client in [&public, &other] {
        client.ask(&world, &form).await.refused(400, "unauthorized_client");
    }
    let body = json!({
        "redirect_uris": ["https://app.example/cb"],
        "token_endpoint_auth_method": "none",
        "grant_types": [GRANT],
    });
    let path = format!("/api/v1/agents/{}/client", public.id);
    world.operate("PUT", &path, body).await.refused(400, "request_malformed");
    let client = Client::elsewhere(&world, "c").await;
    let unproven = Client { id: client.id.clone(), agent: None };
    unproven.ask(&world, &form).await.refused(401, "credential_missing");
}

/// CIBA Core 1.0, section 11: what one client asked is nothing to another, and what one person is
/// asked is not there for another.
#[tokio::test]
async fn a_request_is_its_clients_and_its_persons() {
    let world = World::new().await;
    let (client, other) =
        (Client::elsewhere(&world, "a").await, Client::elsewhere(&world, "b").await);
    let (zoe, tom) = (Browser::sign_in(&world, "zoe").await, Browser::sign_in(&world, "tom").await);
    let asked = client.ask_person(&world, &zoe.person.to_string()).await;
    other.poll(&world, &asked).await.refused(400, "invalid_grant");
    let target = &zoe.waiting(&world).await[0];
    assert_eq!(tom.get(&world, target).await.status.as_u16(), 404);
    let token = hidden(&tom.get(&world, "/device").await, "form_token");
    let form = [("form_token", &*token), ("decision", "deny")];
    assert_eq!(tom.post(&world, target, &form).await.status.as_u16(), 404);
    assert_eq!(zoe.post(&world, target, &form).await.status.as_u16(), 403, "not their form");
    zoe.answer(&world, target, "allow").await;
    other.poll(&world, &asked).await.refused(400, "invalid_grant");
    let token = asked["auth_req_id"].as_str().unwrap();
    let form = [("grant_type", crate::consent::device::GRANT), ("device_code", token)];
    client.post(&world, "/oauth/token", &form).await.refused(400, "unauthorized_client");
    client.poll(&world, &asked).await.ok(200);
}

/// CIBA Core 1.0, section 12: what was allowed has ended before the client came for it.
#[tokio::test]
async fn a_client_is_told_when_what_was_allowed_has_ended_already() {
    let world = World::new().await;
    let (client, browser) =
        (Client::elsewhere(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let asked = client.ask_person(&world, &browser.person.to_string()).await;
    let target = &browser.waiting(&world).await[0];
    browser.answer(&world, target, "allow").await;
    let page = browser.get(&world, "/me/grants").await;
    let (token, grant) = (hidden(&page, "form_token"), hidden(&page, "grant"));
    let form = [("form_token", &*token), ("grant", &*grant)];
    browser.post(&world, "/me/grants/end", &form).await;
    client.poll(&world, &asked).await.refused(400, "transaction_failed");
}

#[tokio::test]
async fn a_person_who_is_blocked_answers_nothing() {
    let world = World::new().await;
    let (client, browser) =
        (Client::elsewhere(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let asked = client.ask_person(&world, &browser.person.to_string()).await;
    let target = &browser.waiting(&world).await[0];
    let mut tx = world.store.begin().await.unwrap();
    let person = tx.people().find(browser.person).await.unwrap().unwrap();
    let blocked = Person { state: Standing::Blocked, ..person };
    tx.people().update(&blocked).await.unwrap();
    tx.save().await.unwrap();
    let answer = browser.get(&world, target).await;
    assert!(answer.headers["location"].to_str().unwrap().starts_with("/sign-in"));
    client.poll(&world, &asked).await.refused(400, "authorization_pending");
}
