//! `/oauth/authorize`, and the code it ends in.

use serde_json::json;

use crate::consent::flow::{
    Browser, Client, REFUNDS, VERIFIER, claims, hidden, parameter, redirected, refused,
};
use crate::world::{ISSUER, World};

#[tokio::test]
async fn a_person_lets_a_public_client_act_for_them() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let target = client.target(&[]);
    let page = browser.get(&world, &target).await;
    let text = String::from_utf8(page.body.clone()).unwrap();
    for said in
        ["Let a act for you?", "support", "refunds: send or create /refunds (POST)", "app.example"]
    {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert!(!text.contains("tickets:read"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("form-action 'self' https://app.example"), "{policy}");
    let answer = browser.allow(&world, &target, &["refunds:write"]).await;
    assert_eq!(parameter(&answer, "state").as_deref(), Some("xyz"));
    assert_eq!(parameter(&answer, "iss").as_deref(), Some(ISSUER));
    let tokens = client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    assert_eq!(
        (&tokens["token_type"], &tokens["scope"]),
        (&json!("Bearer"), &json!("refunds:write"))
    );
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
    let claims = claims(&tokens);
    assert_eq!(claims["sub"], browser.person.to_string());
    assert_eq!(claims["act"]["sub"], "spiffe://acme.example/default/a");
    assert_eq!((&claims["aud"], &claims["client_id"]), (&json!(REFUNDS), &json!(client.id)));
    assert!(claims.get("key_id").is_none() && claims.get("cnf").is_none());
    assert!(claims["grant"].as_str().unwrap().starts_with("grt_"));
}

#[tokio::test]
async fn a_person_who_says_no_is_heard() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let target = client.target(&[]);
    let token = hidden(&browser.get(&world, &target).await, "form_token");
    let no = [("form_token", &*token), ("decision", "deny")];
    let answer = browser.post(&world, &target, &no).await;
    refused(&answer, "access_denied");
    assert_eq!(parameter(&answer, "state").as_deref(), Some("xyz"));
}

#[tokio::test]
async fn a_person_lets_through_less_than_was_asked_for_and_never_more() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let target = client.target(&[("scope", "refunds:write tickets:read")]);
    let answer = browser.allow(&world, &target, &["tickets:read", "admin"]).await;
    let tokens = client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    assert_eq!(tokens["scope"], "tickets:read");
    assert_eq!(claims(&tokens)["aud"], "http://127.0.0.1:8700/tickets");
    assert!(claims(&tokens)["cnf"]["jkt"].is_string() && claims(&tokens)["key_id"].is_string());
    for scopes in [&["admin"][..], &[]] {
        let answer = browser.allow(&world, &client.target(&[("prompt", "consent")]), scopes).await;
        assert_eq!(answer.status.as_u16(), 400, "{scopes:?}");
    }
}

#[tokio::test]
async fn operations_are_let_through_one_by_one() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let details = json!([{
        "type": "operation", "locations": [REFUNDS], "actions": ["POST /refunds"],
    }]);
    let details = details.to_string();
    let target = client.target(&[("scope", ""), ("authorization_details", &details)]);
    let page = browser.get(&world, &target).await;
    let token = hidden(&page, "form_token");
    let line = format!("{REFUNDS} POST /refunds");
    let form = [
        ("form_token", &*token),
        ("decision", "allow"),
        ("seconds", "3600"),
        ("scope", "refunds:write"),
        ("detail", &line),
    ];
    let answer = browser.post(&world, &target, &form).await;
    let tokens = client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    assert_eq!(claims(&tokens)["authorization_details"][0]["actions"], json!(["POST /refunds"]));
    let without = browser.post(&world, &target, &form[..4]).await;
    assert_eq!(without.status.as_u16(), 400);
}

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_first_and_comes_back() {
    let world = World::new().await;
    let client = Client::public(&world, "a").await;
    let target = client.target(&[]);
    let answer = world.get(&target).await;
    let location = answer.headers["location"].to_str().unwrap();
    assert!(location.starts_with("/sign-in?return_to=%2Foauth%2Fauthorize%3F"), "{location}");
    refused(&world.get(&client.target(&[("prompt", "none")])).await, "login_required");
    let browser = Browser::sign_in(&world, "zoe").await;
    refused(&browser.get(&world, &client.target(&[("prompt", "none")])).await, "consent_required");
    world.pass(61);
    for more in [("prompt", "login"), ("max_age", "60"), ("max_age", "0")] {
        let answer = browser.get(&world, &client.target(&[more])).await;
        let location = answer.headers["location"].to_str().unwrap();
        assert!(
            location.starts_with("/sign-in?again=1&return_to=%2Foauth%2Fauthorize"),
            "{location}"
        );
        let form = [("form_token", "x"), ("decision", "allow")];
        let posted = browser.post(&world, &client.target(&[more]), &form).await;
        assert_eq!(posted.status.as_u16(), 403);
    }
    let answer =
        browser.get(&world, &client.target(&[("prompt", "none"), ("max_age", "60")])).await;
    refused(&answer, "login_required");
    assert_eq!(
        browser.get(&world, &client.target(&[("max_age", "62")])).await.status.as_u16(),
        200
    );
}

#[tokio::test]
async fn a_client_that_proves_itself_is_not_asked_about_twice() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    client.code(&world, &browser).await;
    let again = browser.get(&world, &client.target(&[("prompt", "none")])).await;
    let tokens = client.redeem(&world, &parameter(&again, "code").unwrap()).await.ok(200);
    assert_eq!(claims(&tokens)["sub"], browser.person.to_string());
    assert_eq!(claims(&tokens)["act"]["sub"], "spiffe://acme.example/default/a");
    // More than before, longer than before, somebody else, or asked to be asked: the page.
    for more in [
        &[("scope", "refunds:write tickets:read")][..],
        &[("scope", "refunds:write offline_access")],
        &[("prompt", "consent")],
    ] {
        assert_eq!(browser.get(&world, &client.target(more)).await.status.as_u16(), 200);
    }
    let other = Browser::sign_in(&world, "tom").await;
    assert_eq!(other.get(&world, &client.target(&[])).await.status.as_u16(), 200);
    let public = Client::public(&world, "b").await;
    public.code(&world, &browser).await;
    assert_eq!(browser.get(&world, &public.target(&[])).await.status.as_u16(), 200);
    // Another sign-in is another consent, where it was to end with the first.
    let later = Browser::sign_in(&world, "zoe").await;
    assert_eq!(later.get(&world, &client.target(&[])).await.status.as_u16(), 200);
}

#[tokio::test]
async fn what_is_wrong_is_told_to_a_client_that_is_right() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    for (more, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", "code id_token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("response_mode", "fragment"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("scope", "tickets:write"), "invalid_scope"),
        (("scope", "openid"), "invalid_scope"),
        (("scope", "A"), "invalid_scope"),
        (("resource", "http://evil.test/"), "invalid_target"),
        (("authorization_details", "[]"), "invalid_authorization_details"),
        (("prompt", "none login"), "invalid_request"),
        (("max_age", "x"), "invalid_request"),
        (("dpop_jkt", "x"), "invalid_request"),
        (("request", "a.b.c"), "request_not_supported"),
    ] {
        let answer = browser.get(&world, &client.target(&[more])).await;
        refused(&answer, error);
        assert_eq!(parameter(&answer, "state").as_deref(), Some("xyz"), "{more:?}");
    }
    let twice = format!("{}&scope=tickets%3Aread", client.target(&[]));
    refused(&browser.get(&world, &twice).await, "invalid_request");
}

#[tokio::test]
async fn an_answer_is_posted_where_the_client_wants_that() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let target = client.target(&[("response_mode", "form_post")]);
    let page = browser.allow(&world, &target, &["refunds:write"]).await;
    assert_eq!(page.status.as_u16(), 200);
    assert_eq!(
        (hidden(&page, "state"), hidden(&page, "iss")),
        ("xyz".to_owned(), ISSUER.to_owned())
    );
    client.redeem(&world, &hidden(&page, "code")).await.ok(200);
}

#[tokio::test]
async fn a_client_learns_who_the_person_is_where_it_asks() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let target = client.target(&[("scope", "openid refunds:write"), ("nonce", "n-1")]);
    let answer = browser.allow(&world, &target, &["refunds:write"]).await;
    let tokens = client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    assert_eq!(tokens["scope"], "refunds:write openid");
    assert_eq!(claims(&tokens)["scope"], "refunds:write");
    let token = tokens["id_token"].as_str().unwrap();
    let said = bailiwick_proof::jws::decode(token).unwrap().payload;
    assert_eq!(
        (&said["sub"], &said["aud"]),
        (&json!(browser.person.to_string()), &json!(client.id))
    );
    assert_eq!((&said["nonce"], &said["iss"]), (&json!("n-1"), &json!(ISSUER)));
    assert_eq!(said["auth_time"], world.now());
    assert_eq!(said["at_hash"].as_str().unwrap().len(), 22);
}

#[tokio::test]
async fn what_was_granted_for_a_sign_in_ends_with_it() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let code = client.code(&world, &browser).await;
    browser.sign_out(&world).await;
    client.redeem(&world, &code).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn a_form_of_another_sign_in_or_site_decides_nothing() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let other = Browser::sign_in(&world, "tom").await;
    let target = client.target(&[]);
    let token = hidden(&other.get(&world, &target).await, "form_token");
    let form = |token| [("form_token", token), ("decision", "allow"), ("seconds", "3600")];
    for token in [&*token, "", "x"] {
        let answer = browser.post(&world, &target, &form(token)).await;
        assert_eq!(answer.status.as_u16(), 403, "{token}");
    }
    let own = hidden(&browser.get(&world, &target).await, "form_token");
    for extra in [("decision", "maybe"), ("seconds", "1"), ("seconds", "99999999")] {
        let mut form = form(&own).to_vec();
        form.push(("scope", "refunds:write"));
        form.retain(|(name, _)| *name != extra.0);
        form.push(extra);
        assert_eq!(browser.post(&world, &target, &form).await.status.as_u16(), 400, "{extra:?}");
    }
}

#[tokio::test]
async fn a_token_is_narrowed_to_one_api_of_several() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let target = client.target(&[("scope", "refunds:write tickets:read")]);
    let answer = browser.allow(&world, &target, &["refunds:write", "tickets:read"]).await;
    let code = parameter(&answer, "code").unwrap();
    let form = |resource| {
        [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("code_verifier", VERIFIER),
            ("resource", resource),
        ]
    };
    let beyond = client.post(&world, "/oauth/token", &form("http://evil.test/")).await;
    beyond.refused(400, "invalid_target");
    let tokens = client.post(&world, "/oauth/token", &form(REFUNDS)).await.ok(200);
    assert_eq!(claims(&tokens)["aud"], REFUNDS);
    assert!(redirected(&answer).len() == 3);
}
