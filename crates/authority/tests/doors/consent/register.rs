//! Dynamic registration (RFC 7591) and what comes after (RFC 7592).

use axum::body::Body;
use bailiwick_domain::credential::Algorithm;
use http::Request;
use serde_json::{Value, json};

use crate::consent::flow::{Browser, Client, REDIRECT, claims, parameter};
use crate::world::{Answer, World};

const PATH: &str = "/oauth/register";

async fn ask(world: &World, method: &str, path: &str, token: &str, body: Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let body = if body.is_null() { Body::empty() } else { body.to_string().into() };
    world.send(request.body(body).unwrap()).await
}

async fn invite(world: &World, uses: u32) -> String {
    let body = json!({ "uses": uses, "ttl_seconds": 3_600, "scopes": ["refunds:write"] });
    let invite = world.operate("POST", "/api/v1/invites", body).await.ok(201);
    invite["invite_code"].as_str().unwrap().to_owned()
}

fn metadata() -> Value {
    json!({
        "client_name": "Zoë's App",
        "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "refunds:write tickets:read openid",
        "contacts": ["zoe@app.example"],
    })
}

#[tokio::test]
async fn a_client_with_an_invite_registers_and_is_consented_to() {
    let world = World::new().await;
    let code = invite(&world, 1).await;
    let made = ask(&world, "POST", PATH, &code, metadata()).await.ok(201);
    assert_eq!(
        (&made["scope"], &made["client_name"]),
        (&json!("refunds:write"), &json!("Zoë's App"))
    );
    assert!(made.get("client_secret").is_none());
    let id = made["client_id"].as_str().unwrap().to_owned();
    let agent = world.operate("GET", &format!("/api/v1/agents/{id}"), Value::Null).await.ok(200);
    assert_eq!((&agent["owner"], &agent["state"]), (&json!("zoe@app.example"), &json!("active")));
    let client = Client { id, agent: None };
    let browser = Browser::sign_in(&world, "zoe").await;
    let page = browser.get(&world, &client.target(&[])).await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains("nobody here has checked its name"), "{text}");
    let answer = browser.allow(&world, &client.target(&[]), &["refunds:write"]).await;
    let tokens = client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    assert_eq!(claims(&tokens)["client_id"], client.id);
    ask(&world, "POST", PATH, &code, metadata()).await.refused(401, "invalid_token");
}

#[tokio::test]
async fn a_client_brings_its_keys() {
    let world = World::new().await;
    let code = invite(&world, 3).await;
    let key = world.key(Algorithm::EcdsaP256Sha256);
    let mut jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    jwk["kid"] = "mine".into();
    jwk["use"] = "sig".into();
    let jwks = json!({ "keys": [jwk] });
    let body = json!({ "redirect_uris": [REDIRECT], "jwks": jwks });
    let made = ask(&world, "POST", PATH, &code, body.clone()).await.ok(201);
    assert_eq!(made["token_endpoint_auth_method"], "private_key_jwt");
    let path = format!("/api/v1/credentials?agent={}", made["client_id"].as_str().unwrap());
    let keys = world.operate("GET", &path, Value::Null).await;
    assert!(String::from_utf8(keys.body).unwrap().contains(key.thumbprint()));
    // No two agents share a key.
    ask(&world, "POST", PATH, &code, body).await.refused(400, "invalid_client_metadata");
}

#[tokio::test]
async fn a_client_registers_to_ask_elsewhere_and_to_be_told() {
    let world = World::new().await;
    let code = invite(&world, 1).await;
    let key = world.key(Algorithm::EcdsaP256Sha256);
    let jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    let (device, ciba) = (crate::consent::device::GRANT, crate::consent::backchannel::GRANT);
    let mut body = json!({
        "jwks": { "keys": [jwk] },
        "grant_types": [device, ciba],
        "backchannel_token_delivery_mode": "ping",
        "backchannel_client_notification_endpoint": "https://app.example/ping",
    });
    let made = ask(&world, "POST", PATH, &code, body.clone()).await.ok(201);
    assert_eq!(made["grant_types"], json!([device, ciba]));
    let (mode, place) =
        ("backchannel_token_delivery_mode", "backchannel_client_notification_endpoint");
    assert_eq!((&made[mode], &made[place]), (&body[mode], &body[place]));
    let token = made["registration_access_token"].as_str().unwrap();
    body["client_id"] = made["client_id"].clone();
    body[mode] = "poll".into();
    body.as_object_mut().unwrap().remove(place);
    let path = format!("{PATH}/{}", made["client_id"].as_str().unwrap());
    let changed = ask(&world, "PUT", &path, token, body).await.ok(200);
    assert_eq!((&changed[mode], changed.get(place)), (&json!("poll"), None));
}

#[tokio::test]
async fn what_cannot_be_registered_costs_no_invite() {
    let world = World::new().await;
    let code = invite(&world, 1).await;
    let private = json!({ "keys": [serde_json::from_str::<Value>(
        &world.key(Algorithm::Ed25519).to_jwk()).unwrap()] });
    for (name, value, error) in [
        ("redirect_uris", json!(["http://app.example/cb"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://app.example/cb#x"]), "invalid_redirect_uri"),
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("redirect_uris", json!("https://app.example/cb"), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("client_secret_basic"), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("private_key_jwt"), "invalid_client_metadata"),
        ("grant_types", json!(["password"]), "invalid_client_metadata"),
        ("grant_types", json!(["client_credentials"]), "invalid_client_metadata"),
        ("grant_types", json!([crate::consent::backchannel::GRANT]), "invalid_client_metadata"),
        ("backchannel_token_delivery_mode", json!("push"), "invalid_client_metadata"),
        ("backchannel_token_delivery_mode", json!("ping"), "invalid_client_metadata"),
        ("response_types", json!(["token"]), "invalid_client_metadata"),
        ("jwks", private, "invalid_client_metadata"),
        ("jwks", json!({ "keys": [] }), "invalid_client_metadata"),
        ("jwks_uri", json!("https://app.example/jwks"), "invalid_client_metadata"),
        ("software_statement", json!("a.b.c"), "invalid_client_metadata"),
        ("client_name", json!("\u{202e}ppa"), "invalid_client_metadata"),
        ("scope", json!("A"), "invalid_client_metadata"),
    ] {
        let mut body = metadata();
        body[name] = value;
        ask(&world, "POST", PATH, &code, body).await.refused(400, error);
    }
    ask(&world, "POST", PATH, &code, metadata()).await.ok(201);
}

#[tokio::test]
async fn whoever_has_no_invite_registers_nothing() {
    let world = World::new().await;
    let operator = world.operator.clone();
    for token in ["", "x", "bwi_x", &operator] {
        ask(&world, "POST", PATH, token, metadata()).await.refused(401, "invalid_token");
    }
    let code = invite(&world, 1).await;
    world.pass(3_600);
    let late = ask(&world, "POST", PATH, &code, metadata()).await;
    late.refused(401, "invalid_token");
    assert_eq!(late.headers["www-authenticate"], "Bearer error=\"invalid_token\"");
}

#[tokio::test]
async fn a_client_looks_after_its_own_registration() {
    let world = World::new().await;
    let code = invite(&world, 2).await;
    let made = ask(&world, "POST", PATH, &code, metadata()).await.ok(201);
    let other = ask(&world, "POST", PATH, &code, metadata()).await.ok(201);
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let (id, token) = (text(&made, "client_id"), text(&made, "registration_access_token"));
    let path = format!("{PATH}/{id}");
    assert_eq!(made["registration_client_uri"], format!("http://127.0.0.1:8701{path}"));
    assert_eq!(ask(&world, "GET", &path, &token, Value::Null).await.ok(200), made);
    let foreign = text(&other, "registration_access_token");
    for token in [&foreign, "bwt_x", ""] {
        ask(&world, "GET", &path, token, Value::Null).await.refused(401, "invalid_token");
        ask(&world, "PUT", &path, token, metadata()).await.refused(401, "invalid_token");
        ask(&world, "DELETE", &path, token, Value::Null).await.refused(401, "invalid_token");
    }
    let mut change = metadata();
    change["client_name"] = "Another".into();
    let refused = ask(&world, "PUT", &path, &token, change.clone()).await;
    refused.refused(400, "invalid_client_metadata");
    change["client_id"] = id.clone().into();
    change["scope"] = "refunds:write admin".into();
    let changed = ask(&world, "PUT", &path, &token, change).await.ok(200);
    assert_eq!(
        (&changed["client_name"], &changed["scope"]),
        (&json!("Another"), &json!("refunds:write"))
    );
    let ended = ask(&world, "DELETE", &path, &token, Value::Null).await;
    assert_eq!(ended.status.as_u16(), 204);
    ask(&world, "GET", &path, &token, Value::Null).await.refused(401, "invalid_token");
    let agent = world.operate("GET", &format!("/api/v1/agents/{id}"), Value::Null).await.ok(200);
    assert_eq!(agent["state"], "retired");
}
