//! What anyone may ask.

use std::collections::BTreeSet;

use axum::body::Body;
use bailiwick_authority::openapi;
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::transaction_keys::TransactionKey;
use http::Request;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn the_metadata_tells_what_is_there_and_nothing_else() {
    let world = World::new().await;
    let methods = [
        "private_key_jwt",
        "http_message_signature",
        "spiffe_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
    ];
    let with_none = [&["none"], &methods[..]].concat();
    let expected = json!({
        "issuer": "http://127.0.0.1:8701",
        "token_endpoint": "http://127.0.0.1:8701/oauth/token",
        "jwks_uri": "http://127.0.0.1:8701/.well-known/jwks.json",
        "authorization_endpoint": "http://127.0.0.1:8701/oauth/authorize",
        "pushed_authorization_request_endpoint": "http://127.0.0.1:8701/oauth/par",
        "device_authorization_endpoint": "http://127.0.0.1:8701/oauth/device_authorization",
        "backchannel_authentication_endpoint": "http://127.0.0.1:8701/oauth/bc-authorize",
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_user_code_parameter_supported": false,
        "registration_endpoint": "http://127.0.0.1:8701/oauth/register",
        "grant_types_supported": [
            "client_credentials",
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:openid:params:grant-type:ciba",
        ],
        "introspection_endpoint": "http://127.0.0.1:8701/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519"],
        "introspection_signing_alg_values_supported": ["ES256"],
        "revocation_endpoint": "http://127.0.0.1:8701/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": with_none,
        "revocation_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519"],
        "authorization_details_types_supported": ["operation"],
        "authorization_grant_profiles_supported": ["urn:ietf:params:oauth:grant-profile:id-jag"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": false,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": with_none,
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519"],
        "tls_client_certificate_bound_access_tokens": true,
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519"],
        "scopes_supported": ["offline_access", "openid", "refunds:write", "tickets:read"],
        "protected_resources": ["http://127.0.0.1:8700/tickets", "http://127.0.0.1:8700/refunds",
            "http://127.0.0.1:8700/planner"],
    });
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        assert_eq!(world.get(path).await.ok(200), expected);
    }
    let operations: Value = serde_json::from_str(&openapi()).unwrap();
    let described = |name: &str| name.ends_with("_endpoint") || name == "jwks_uri";
    for (name, url) in expected.as_object().unwrap().iter().filter(|(name, _)| described(name)) {
        if name == "authorization_endpoint" {
            continue; // A page.
        }
        let path = url.as_str().unwrap().replace("http://127.0.0.1:8701", "");
        assert!(operations["paths"].get(&path).is_some(), "{path}");
    }
}

#[tokio::test]
async fn the_published_keys_are_public_and_the_ledger_s_is_not_among_them() {
    let world = World::new().await;
    let answer = world.get("/.well-known/jwks.json").await;
    assert_eq!(answer.headers["content-type"], "application/jwk-set+json");
    let keys = answer.ok(200)["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 2, "the one that signs and the next");
    let names: BTreeSet<&str> = keys[0].as_object().unwrap().keys().map(|it| &**it).collect();
    assert_eq!(names, BTreeSet::from(["alg", "crv", "kid", "kty", "use", "x", "y"]));
    assert_eq!((&keys[0]["alg"], &keys[0]["use"]), (&json!("ES256"), &json!("sig")));
}

#[tokio::test]
async fn health_is_told_and_readiness_asks_the_store() {
    let world = World::new().await;
    assert_eq!(world.get("/healthz").await.ok(200), json!({ "status": "ok" }));
    assert_eq!(world.get("/readyz").await.ok(200), json!({ "status": "ok" }));
    world.store.close().await;
    assert_eq!(world.get("/healthz").await.ok(200), json!({ "status": "ok" }));
    let answer = world.get("/readyz").await;
    answer.refused(503, "unavailable");
    assert_eq!(
        (&answer.headers["retry-after"], &answer.json()["retryable"]),
        (&"1".parse().unwrap(), &json!(true))
    );
}

#[tokio::test]
async fn a_store_that_is_gone_refuses_everything_that_needs_it() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    world.store.close().await;
    let signed = world.draft("GET", "/api/agents/me", &agent.key_id).sign(&agent.key);
    world.send(signed).await.refused(503, "unavailable");
    world.operate("GET", "/api/v1/agents", Value::Null).await.refused(503, "unavailable");
    let form = "grant_type=client_credentials";
    let draft = world.draft("POST", "/oauth/token", &agent.key_id);
    let draft = draft.with_body("application/x-www-form-urlencoded", form);
    let answer = world.send(draft.sign(&agent.key)).await;
    answer.refused(503, "temporarily_unavailable");
    world.get("/api/agents/discover").await.refused(503, "unavailable");
    world.operate("GET", "/api/v1/projects", Value::Null).await.refused(503, "unavailable");
}

#[tokio::test]
async fn a_path_or_method_that_is_not_there_is_refused_in_the_same_words() {
    let world = World::new().await;
    for path in ["/", "/oauth/token/", "/api/v1", "/oauth/authorise", "/api/v1/agents/a/b/c"] {
        world.get(path).await.refused(404, "not_found");
    }
    for (method, path) in
        [("GET", "/oauth/token"), ("DELETE", "/healthz"), ("PUT", "/api/v1/agents")]
    {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        answer.refused(405, "method_unknown");
        assert!(answer.headers.contains_key("allow"), "{path}");
    }
}

#[tokio::test]
async fn the_description_is_served_and_is_the_committed_one() {
    let world = World::new().await;
    let served = world.get("/api/openapi.json").await;
    assert_eq!(served.headers["content-type"], "application/json");
    assert_eq!(String::from_utf8(served.body).unwrap(), openapi());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../api/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == openapi(), "api/openapi.json is out of date: run `cargo xtask gen`");
}

#[tokio::test]
async fn gateways_keys_are_published_beside_the_authoritys_until_they_expire() {
    let world = World::new().await;
    let key = world.key(Algorithm::Ed25519);
    let now = Timestamp::from_seconds(world.now());
    let stored = TransactionKey {
        id: key.thumbprint().to_owned(),
        jwk: key.public().unwrap().to_jwk(),
        created_at: now,
        expires_at: now.plus_seconds(60),
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.transaction_keys().insert(&stored).await.unwrap();
    tx.save().await.unwrap();
    let keys = world.get("/.well-known/jwks.json").await.ok(200)["keys"].clone();
    assert_eq!(keys[0]["alg"], "ES256", "the authority's own come first");
    let own = keys.as_array().unwrap().len() - 1;
    let names: BTreeSet<&str> = keys[own].as_object().unwrap().keys().map(|it| &**it).collect();
    assert_eq!(names, BTreeSet::from(["alg", "crv", "kid", "kty", "use", "x"]));
    assert_eq!((&keys[own]["kid"], &keys[own]["alg"]), (&json!(stored.id), &json!("EdDSA")));
    world.pass(60);
    let keys = world.get("/.well-known/jwks.json").await.ok(200)["keys"].clone();
    assert_eq!(keys.as_array().unwrap().len(), own);
}
