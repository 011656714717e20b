//! Attacks on the code flow, each by the section that tells of it.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::dpop::{self, Signing};
use bailiwick_proof::keys::SigningKey;
use http::{HeaderValue, Request};
use serde_json::json;

use crate::consent::flow::{
    Browser, Client, FORM, REDIRECT, VERIFIER, challenge, claims, encode, parameter,
};
use crate::world::{Answer, World};

/// RFC 9700, section 4.1; RFC 6749, section 10.15: a redirect URI that merely looks right leads the
/// code, or the person, to somebody else. Nobody is redirected anywhere.
#[tokio::test]
async fn redirect_tricks_end_on_a_page_of_ours() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    for redirect in [
        "https://app.example/cb/",
        "https://app.example/cb2",
        "https://app.example/cb?x=1",
        "https://app.example.evil.test/cb",
        "https://app.example@evil.test/cb",
        "https://evil.test@app.example/cb",
        "https://app.example:444/cb",
        "https://app.example/cb#x",
        "https://app.example/%63b",
        "https://app.example/x/../cb",
        "https://app.example/cb/..%2fevil",
        "https://evil.test/cb",
        "http://app.example/cb",
        "https://app.example\\.evil.test/cb",
        "javascript:alert(1)",
        "//app.example/cb",
        "x",
    ] {
        let answer = browser.get(&world, &client.target(&[("redirect_uri", redirect)])).await;
        assert_eq!(answer.status.as_u16(), 400, "{redirect}");
        assert!(answer.headers.get("location").is_none(), "{redirect}");
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.test", client.target(&[]));
    assert_eq!(browser.get(&world, &twice).await.status.as_u16(), 400);
    for more in
        [("client_id", "agt_01jd8m3q5r7t9v1x3z5b7d9f1h"), ("client_id", "x"), ("client_id", "")]
    {
        let answer = browser.get(&world, &client.target(&[more])).await;
        assert_eq!(answer.status.as_u16(), 400, "{more:?}");
        assert!(answer.headers.get("location").is_none(), "{more:?}");
    }
}

/// RFC 9700, section 4.5: a code that was stolen is brought into the attacker's own exchange.
#[tokio::test]
async fn a_code_is_good_only_for_whom_and_where_it_was_asked() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let thief = Client::public(&world, "thief").await;
    let code = client.code(&world, &browser).await;
    thief.redeem(&world, &code).await.refused(400, "invalid_grant");
    let own = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let other = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl";
    let long = "a".repeat(129);
    let challenge = challenge();
    for (name, value, error) in [
        ("code_verifier", other, "invalid_grant"),
        ("code_verifier", "short", "invalid_grant"),
        ("code_verifier", &long, "invalid_grant"),
        // The challenge itself, as if the method had been `plain` (RFC 7636, section 7.2).
        ("code_verifier", &challenge, "invalid_grant"),
        // PKCE downgrade (RFC 9700, section 4.8.2): no verifier at all.
        ("code_verifier", "", "invalid_request"),
        ("redirect_uri", "https://app.example/cb/", "invalid_grant"),
        ("code", "", "invalid_request"),
        ("code", "bwc_x", "invalid_grant"),
    ] {
        let form: Vec<_> =
            own.iter().map(|(n, v)| (*n, if *n == name { value } else { v })).collect();
        client.post(&world, "/oauth/token", &form).await.refused(400, error);
    }
    client.redeem(&world, &code).await.ok(200);
}

/// RFC 6749, section 4.1.2: the second use of a code ends what the first gave.
#[tokio::test]
async fn a_code_that_comes_twice_ends_what_it_gave() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let target = client.target(&[("scope", "refunds:write offline_access")]);
    let answer = browser.allow(&world, &target, &["refunds:write"]).await;
    let code = parameter(&answer, "code").unwrap();
    let tokens = client.redeem(&world, &code).await.ok(200);
    // By anybody: whoever brings it has seen it.
    let thief = Client::public(&world, "thief").await;
    thief.redeem(&world, &code).await.refused(400, "invalid_grant");
    let refreshed = client.refresh(&world, tokens["refresh_token"].as_str().unwrap()).await;
    refreshed.refused(400, "invalid_grant");
    let grant = claims(&tokens)["grant"].as_str().unwrap().parse().unwrap();
    let grant = world.store.read().await.unwrap().grants().find(grant).await.unwrap().unwrap();
    assert_eq!(grant.ended_because.as_deref(), Some("its authorization code was used twice"));
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let (early, late) = (client.code(&world, &browser).await, client.code(&world, &browser).await);
    world.pass(59);
    client.redeem(&world, &early).await.ok(200);
    world.pass(1);
    client.redeem(&world, &late).await.refused(400, "invalid_grant");
}

/// RFC 9700, section 4.4: a client that is led to mix servers up tells by `iss` (RFC 9207); and a
/// public client cannot pass for one that proves itself.
#[tokio::test]
async fn a_client_that_proves_itself_is_nobody_without_its_proof() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let code = client.code(&world, &browser).await;
    let unproven = Client { id: client.id.clone(), agent: None };
    unproven.redeem(&world, &code).await.refused(401, "credential_missing");
    let unknown = Client { id: "agt_01jd8m3q5r7t9v1x3z5b7d9f1h".to_owned(), agent: None };
    unknown.redeem(&world, &code).await.refused(401, "credential_missing");
    client.redeem(&world, &code).await.ok(200);
}

async fn with_proof(world: &World, client: &Client, form: &[(&str, &str)], proof: &str) -> Answer {
    let mut form = form.to_vec();
    form.push(("client_id", &client.id));
    let request = Request::post("/oauth/token").header("content-type", FORM);
    let mut request = request.body(encode(&form).into()).unwrap();
    request.headers_mut().insert("dpop", HeaderValue::from_str(proof).unwrap());
    world.send(request).await
}

async fn prove(world: &World, key: &SigningKey, client: &Client, form: &[(&str, &str)]) -> Answer {
    let sign = |nonce: Option<&str>| {
        let drawn = u64::from_be_bytes(world.entropy.bytes());
        let jti = format!("proof-{drawn:020}");
        let now = Timestamp::from_seconds(world.now());
        let url = "http://127.0.0.1:8701/oauth/token";
        let signing = Signing { method: "POST", url, token: None, nonce, jti: &jti, now };
        dpop::sign(key, &signing).unwrap()
    };
    let first = with_proof(world, client, form, &sign(None)).await;
    assert_eq!(first.code(), "use_dpop_nonce");
    let nonce = first.headers["dpop-nonce"].to_str().unwrap();
    with_proof(world, client, form, &sign(Some(nonce))).await
}

/// RFC 9449, sections 5 and 10: a code for one key, and a refresh token of a public client, are
/// worth nothing to whoever holds another.
#[tokio::test]
async fn codes_and_refresh_tokens_of_a_key_are_that_keys() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let (key, other) = (world.key(Algorithm::EcdsaP256Sha256), world.key(Algorithm::Ed25519));
    let more = [("scope", "tickets:read offline_access"), ("dpop_jkt", key.thumbprint())];
    let answer = browser.allow(&world, &client.target(&more), &["tickets:read"]).await;
    let code = parameter(&answer, "code").unwrap();
    let form =
        [("grant_type", "authorization_code"), ("code", &*code), ("code_verifier", VERIFIER)];
    client.redeem(&world, &code).await.refused(400, "invalid_grant");
    prove(&world, &other, &client, &form).await.refused(400, "invalid_grant");
    let tokens = prove(&world, &key, &client, &form).await.ok(200);
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(claims(&tokens)["cnf"], json!({ "jkt": key.thumbprint() }));
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    client.refresh(&world, token).await.refused(400, "invalid_grant");
    prove(&world, &other, &client, &form).await.refused(400, "invalid_grant");
    let refreshed = prove(&world, &key, &client, &form).await.ok(200);
    assert_eq!(claims(&refreshed)["cnf"], json!({ "jkt": key.thumbprint() }));
}

/// A public client that proves no key gets nothing for an API that asks for one.
#[tokio::test]
async fn a_bearer_token_is_only_for_apis_that_take_those() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let target = client.target(&[("scope", "tickets:read refunds:write")]);
    let answer = browser.allow(&world, &target, &["tickets:read", "refunds:write"]).await;
    let tokens = client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    assert_eq!(claims(&tokens)["aud"], "http://127.0.0.1:8700/refunds");
    let target = client.target(&[("scope", "tickets:read")]);
    let answer = browser.allow(&world, &target, &["tickets:read"]).await;
    let code = parameter(&answer, "code").unwrap();
    client.redeem(&world, &code).await.refused(400, "invalid_target");
}

/// Two clients race with one code: one of them gets something, and then nobody has it.
#[tokio::test]
async fn a_code_is_redeemed_once_however_many_come_at_once() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let code = client.code(&world, &browser).await;
    let (one, two) = tokio::join!(client.redeem(&world, &code), client.redeem(&world, &code));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}
