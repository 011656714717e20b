//! What an API is, for clients that are yet to get a token for it (RFC 9728).

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::dpop;
use bailiwick_proof::jwt::{AccessToken, Confirmation};
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::{ACME, ISSUER, World};
use serde_json::json;

const PATH: &str = "/.well-known/oauth-protected-resource";
const POINTED: &str =
    "resource_metadata=\"http://gateway.test/.well-known/oauth-protected-resource/acme\"";

#[tokio::test]
async fn an_api_says_what_it_is_to_anybody_and_only_what_is_so() {
    let world = World::begin().await;
    let reply = world.send(&Ask::new("GET", &format!("{PATH}/acme"))).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.header("cache-control").unwrap().contains("max-age"));
    let expected = json!({
        "resource": ACME,
        "resource_name": "acme",
        "authorization_servers": [ISSUER],
        "scopes_supported": ["tickets:admin", "tickets:read", "tickets:write"],
        "bearer_methods_supported": ["header"],
        "authorization_details_types_supported": ["operation"],
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519"],
        "dpop_bound_access_tokens_required": false,
        "tls_client_certificate_bound_access_tokens": false,
    });
    assert_eq!(reply.json(), expected);
    for unknown in ["", "/", "/acm", "/acme/tickets"] {
        let reply = world.send(&Ask::new("GET", &format!("{PATH}{unknown}"))).await;
        assert_eq!(reply.status, 404, "{unknown}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    }
    assert_eq!(world.send(&Ask::new("POST", &format!("{PATH}/acme"))).await.status, 405);
}

#[tokio::test]
async fn whoever_is_refused_for_its_token_is_pointed_to_it() {
    let world = World::begin().await;
    let ask = || Ask::new("GET", "/acme/tickets/7");
    let challenge = async |ask: Ask| {
        let reply = world.send(&ask).await;
        reply.header("www-authenticate").unwrap_or_default().to_owned()
    };
    assert_eq!(challenge(ask()).await, format!("Bearer {POINTED}"));
    let bad = challenge(ask().header("authorization", "Bearer a.b.c")).await;
    assert_eq!(bad, format!("Bearer error=\"invalid_token\", {POINTED}"));
    world.add_root(1, [9; 32]).await;
    let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(60)).unwrap();
    let cnf = Some(Confirmation::Key(key.thumbprint().to_owned()));
    let held = AccessToken { cnf, ..world.token() }.sign(&world.issuer).unwrap();
    let (url, now) = ("http://gateway.test/acme/tickets/7", world.hands.now());
    let (method, jti, token) = ("GET", "a-proof-of-this-test", Some(&*held));
    let signing = dpop::Signing { method, url, token, nonce: None, jti, now };
    let proof = dpop::sign(&key, &signing).unwrap();
    let dpop = ask().header("authorization", &format!("DPoP {held}")).header("dpop", &proof);
    let dpop = challenge(dpop).await;
    assert!(dpop.starts_with("DPoP ") && dpop.ends_with(POINTED), "{dpop}");
    let admin = Ask::new("PUT", "/acme/tickets/7").signed(&world.proof());
    let missing = "Bearer error=\"insufficient_scope\", scope=\"tickets:admin tickets:write\"";
    assert_eq!(challenge(admin).await, format!("{missing}, {POINTED}"));
    let nowhere = challenge(Ask::new("GET", "/nowhere")).await;
    assert_eq!(nowhere, "Bearer", "there is nothing to point to");
}
