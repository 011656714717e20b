//! Clients that their platform vouches for, or the certificate of their connection.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bailiwick_authority::PeerCertificate;
use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::certificate::Chain;
use bailiwick_proof::jws;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use http::header::CONTENT_TYPE;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, SigningKey as _, date_time_ymd};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{Answer, ISSUER, World};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const UNBOUND: &str = "scope=refunds:write&token_binding=none";

/// An issuer that publishes this key; ends with the test. Its issuer identifier.
pub(crate) async fn platform(key: &SigningKey) -> String {
    let jwk = key.public().map(PublicKey::to_jwk).unwrap();
    let mut jwk: Value = serde_json::from_str(&jwk).unwrap();
    jwk["kid"] = key.thumbprint().into();
    publish(&jwk).await
}

async fn publish(jwk: &Value) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let described = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") }).to_string();
    let keys = json!({ "keys": [jwk] }).to_string();
    let document = |text: String| {
        get(move || async move { ([(CONTENT_TYPE, "application/json")], text.clone()) })
    };
    let router = Router::new()
        .route("/.well-known/openid-configuration", document(described))
        .route("/keys", document(keys));
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

async fn ask(world: &World, form: &str, certificate: Option<&PeerCertificate>) -> Answer {
    let request = Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("grant_type=client_credentials&{form}")));
    let mut request = request.unwrap();
    if let Some(certificate) = certificate {
        request.extensions_mut().insert(certificate.clone());
    }
    world.send(request).await
}

#[tokio::test]
async fn a_workload_gets_a_token_for_what_its_platform_says_that_it_is() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let key = world.key(Algorithm::EcdsaP256Sha256);
    let url = platform(&key).await;
    let trusted = world.operate("POST", "/api/v1/issuers", json!({ "url": url })).await.ok(201);
    let rule = json!({ "claims": { "issuer": url, "equal": { "/sub": "repo:acme/shop" } } });
    world.operate("POST", "/api/v1/agents/a/credentials", rule).await.ok(201);
    let sign = |iss: &str, aud: &str, sub: &str| {
        let (iat, exp) = (world.now(), world.now() + 300);
        let claims = json!({ "iss": iss, "aud": aud, "sub": sub, "iat": iat, "exp": exp });
        jws::sign(&key, "JWT", &claims).unwrap()
    };
    let form = |token: &str, more: &str| {
        format!("client_assertion_type={ASSERTION}&client_assertion={token}&{more}")
    };
    let good = sign(&url, ISSUER, "repo:acme/shop");
    let token = ask(&world, &form(&good, UNBOUND), None).await.ok(200);
    let decoded = jws::decode(token["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(decoded.payload["client_id"], agent.id);
    ask(&world, &form(&good, ""), None).await.refused(400, "invalid_request");
    for (token, code) in [
        (sign(&url, ISSUER, "repo:acme/other"), "credential_unknown"),
        (sign(&url, "https://elsewhere.test", "repo:acme/shop"), "token_invalid"),
        (sign("https://stranger.test", ISSUER, "repo:acme/shop"), "token_invalid"),
    ] {
        ask(&world, &form(&token, UNBOUND), None).await.refused(401, code);
    }
    let path = format!("/api/v1/issuers/{}", trusted["id"].as_str().unwrap());
    world.operate("DELETE", &path, Value::Null).await.ok(200);
    ask(&world, &form(&good, UNBOUND), None).await.refused(401, "token_invalid");
}

/// Most platforms sign with RSA (RFC 7518, section 3.3), which is no algorithm of an agent's own.
#[tokio::test]
async fn a_workload_whose_platform_signs_with_rsa_gets_a_token() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    // RSAPublicKey (RFC 8017, appendix A.1.1) of 2048 bits: the modulus after nine bytes.
    let modulus = URL_SAFE_NO_PAD.encode(&key.public_key_raw()[9..265]);
    let jwk = json!({ "kty": "RSA", "kid": "rsa-1", "use": "sig", "n": modulus, "e": "AQAB" });
    let url = publish(&jwk).await;
    world.operate("POST", "/api/v1/issuers", json!({ "url": url })).await.ok(201);
    let rule = json!({ "claims": { "issuer": url, "equal": { "/sub": "repo:acme/shop" } } });
    world.operate("POST", "/api/v1/agents/a/credentials", rule).await.ok(201);
    let (iat, exp) = (world.now(), world.now() + 300);
    let claims =
        json!({ "iss": url, "aud": ISSUER, "sub": "repo:acme/shop", "iat": iat, "exp": exp });
    let sign = |header: Value| {
        let [header, claims] = [&header, &claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
        let signature =
            URL_SAFE_NO_PAD.encode(key.sign(format!("{header}.{claims}").as_bytes()).unwrap());
        format!("{header}.{claims}.{signature}")
    };
    let ask = async |header: Value| {
        let token = sign(header);
        let form = format!("client_assertion_type={ASSERTION}&client_assertion={token}&{UNBOUND}");
        ask(&world, &form, None).await
    };
    let token = ask(json!({ "alg": "RS256", "kid": "rsa-1", "typ": "JWT" })).await.ok(200);
    let decoded = jws::decode(token["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(decoded.payload["client_id"], agent.id);
    for header in [
        json!({ "alg": "RS256", "kid": "rsa-2" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "RS384", "kid": "rsa-1" }),
        json!({ "alg": "none", "kid": "rsa-1" }),
        json!({ "alg": "HS256", "kid": "rsa-1" }),
    ] {
        ask(header).await.refused(401, "token_invalid");
    }
}

#[tokio::test]
async fn a_registered_certificate_gets_tokens_that_are_bound_to_it() {
    let world = World::new().await;
    world.enroll("a").await;
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["agent".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2028, 1, 1);
    let made = params.self_signed(&key).unwrap();
    let chain = Chain::from_der([made.der().as_ref()]).unwrap();
    let thumbprint = chain.leaf().thumbprint().to_owned();
    let shown = PeerCertificate(Arc::new(chain));
    ask(&world, "", Some(&shown)).await.refused(401, "credential_unknown");
    ask(&world, "", None).await.refused(401, "credential_missing");
    let body = json!({ "certificate": made.pem() });
    let added = world.operate("POST", "/api/v1/agents/a/credentials", body).await.ok(201);
    assert_eq!(added["thumbprint"], thumbprint);
    let token = ask(&world, "scope=tickets:read", Some(&shown)).await.ok(200);
    let decoded = jws::decode(token["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(decoded.payload["cnf"], json!({ "x5t#S256": thumbprint }));
    world.pass(2 * 366 * 86_400);
    ask(&world, "", Some(&shown)).await.refused(401, "credential_expired");
}
