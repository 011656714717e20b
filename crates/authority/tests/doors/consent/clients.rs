//! Which agents are clients: written by operators.

use serde_json::{Value, json};

use crate::consent::flow::{Browser, Client};
use crate::delegation::{ask, exchange, own};
use crate::world::World;

#[tokio::test]
async fn an_operator_makes_an_agent_a_client_and_no_client() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let path = "/api/v1/agents/a/client";
    world.operate("GET", path, Value::Null).await.refused(404, "not_found");
    let body = json!({
        "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"],
        "client_name": "The App",
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": true,
    });
    let made = world.operate("PUT", path, body).await.ok(200);
    assert_eq!((&made["client_id"], &made["source"]), (&json!(agent.id), &json!("operator")));
    assert_eq!(made["grant_types"], json!(["authorization_code", "refresh_token"]));
    world.pass(1);
    let made = world.operate("PUT", path, json!({ "redirect_uris": ["https://a.example/"] })).await;
    let made = made.ok(200);
    assert_eq!(made["token_endpoint_auth_method"], "private_key_jwt");
    assert!(made["created_at"].as_str() < made["updated_at"].as_str());
    assert_eq!(world.operate("GET", path, Value::Null).await.ok(200), made);
    assert_eq!(world.operate("DELETE", path, Value::Null).await.ok(200), made);
    world.operate("DELETE", path, Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_no_client_is_refused() {
    let world = World::new().await;
    world.enroll("a").await;
    for body in [
        json!({ "redirect_uris": ["http://a.example/"] }),
        json!({ "redirect_uris": [] }),
        json!({}),
        json!({ "redirect_uris": ["https://a.example/"], "logo_uri": "https://a.example/" }),
        json!({ "redirect_uris": ["https://a.example/"], "client_secret": "x" }),
        json!({
            "redirect_uris": ["https://a.example/"],
            "token_endpoint_auth_method": "none",
            "grant_types": ["client_credentials"],
        }),
    ] {
        let answer = world.operate("PUT", "/api/v1/agents/a/client", body).await;
        answer.refused(400, "request_malformed");
    }
    let fine = json!({ "redirect_uris": ["https://a.example/"] });
    world.operate("PUT", "/api/v1/agents/b/client", fine).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_agent_gets_tokens_only_for_what_it_is_registered() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let own = [("grant_type", "client_credentials")];
    client.post(&world, "/oauth/token", &own).await.ok(200);
    let path = format!("/api/v1/agents/{}/client", client.id);
    let body = json!({
        "redirect_uris": ["https://app.example/cb"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "http_message_signature",
    });
    world.operate("PUT", &path, body).await.ok(200);
    client.post(&world, "/oauth/token", &own).await.refused(400, "unauthorized_client");
    client.refresh(&world, "x").await.refused(400, "unauthorized_client");
    let body = json!({ "redirect_uris": ["https://app.example/cb"] });
    world.operate("PUT", &path, body).await.ok(200);
    // It proves itself, and not in the way that it is registered.
    client.refresh(&world, "x").await.refused(401, "credential_conflict");
    world.operate("DELETE", &path, Value::Null).await;
    client.refresh(&world, "x").await.refused(400, "unauthorized_client");
}

/// RFC 8252, section 7.3: an app on the person's machine listens where it can.
#[tokio::test]
async fn an_app_on_this_machine_is_answered_at_any_port() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let body = json!({
        "redirect_uris": ["http://127.0.0.1/cb"],
        "token_endpoint_auth_method": "none",
    });
    world.operate("PUT", "/api/v1/agents/a/client", body).await.ok(200);
    let (client, browser) =
        (Client { id: agent.id, agent: None }, Browser::sign_in(&world, "zoe").await);
    let at = |uri| client.target(&[("redirect_uri", uri)]);
    let answer = browser.allow(&world, &at("http://127.0.0.1:51234/cb"), &["refunds:write"]).await;
    let location = answer.headers["location"].to_str().unwrap();
    assert!(location.starts_with("http://127.0.0.1:51234/cb?code=bwc_"), "{location}");
    for uri in ["http://127.0.0.1:51234/other", "http://localhost:51234/cb", "https://127.0.0.1/cb"]
    {
        assert_eq!(browser.get(&world, &at(uri)).await.status.as_u16(), 400, "{uri}");
    }
}

/// RFC 7591, section 2: a client asks by the grants that it registered, and an agent that is none
/// by all that agents may.
#[tokio::test]
async fn a_client_that_did_not_register_for_it_exchanges_no_token_and_no_assertion() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let token = own(&world, &a, "").await;
    let bearer = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b.c";
    exchange(&world, &b, &token, "").await.ok(200);
    ask(&world, &b, bearer).await.refused(400, "invalid_grant");
    let path = "/api/v1/agents/b/client";
    let register = async |grants: &[&str]| {
        let method = "http_message_signature";
        let body = json!({ "grant_types": grants, "token_endpoint_auth_method": method });
        world.operate("PUT", path, body).await.ok(200)
    };
    register(&["client_credentials"]).await;
    exchange(&world, &b, &token, "").await.refused(400, "unauthorized_client");
    ask(&world, &b, bearer).await.refused(400, "unauthorized_client");
    let grants =
        ["token-exchange", "jwt-bearer"].map(|it| format!("urn:ietf:params:oauth:grant-type:{it}"));
    let client = register(&[&grants[0], &grants[1]]).await;
    assert_eq!(client["grant_types"], json!(grants));
    exchange(&world, &b, &token, "").await.ok(200);
    ask(&world, &b, bearer).await.refused(400, "invalid_grant");
    ask(&world, &b, "grant_type=client_credentials").await.refused(400, "unauthorized_client");
    for grant in grants {
        let body = json!({ "grant_types": [grant], "token_endpoint_auth_method": "none" });
        world.operate("PUT", path, body).await.refused(400, "request_malformed");
    }
}
