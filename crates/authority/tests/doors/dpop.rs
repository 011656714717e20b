//! DPoP at the token endpoint.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::dpop::{self, Signing};
use bailiwick_proof::jws;
use bailiwick_proof::keys::SigningKey;
use http::HeaderValue;

use crate::world::{Answer, Enrolled, World};

const URL: &str = "http://127.0.0.1:8701/oauth/token";

fn proof(world: &World, key: &SigningKey, nonce: Option<&str>, jti: &str) -> String {
    let now = Timestamp::from_seconds(world.now());
    let signing = Signing { method: "POST", url: URL, token: None, nonce, jti, now };
    dpop::sign(key, &signing).unwrap()
}

async fn ask(world: &World, agent: &Enrolled, proof: &str) -> Answer {
    let draft = world.draft("POST", "/oauth/token", &agent.key_id);
    let form = "grant_type=client_credentials&scope=tickets:read";
    let draft = draft.with_body("application/x-www-form-urlencoded", form);
    let mut request = draft.sign(&agent.key);
    request.headers_mut().insert("dpop", HeaderValue::from_str(proof).unwrap());
    world.send(request).await
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_of_the_proof_once_it_has_the_servers_nonce() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let key = world.key(Algorithm::EcdsaP256Sha256);
    let first = ask(&world, &agent, &proof(&world, &key, None, "first-proof")).await;
    assert_eq!((first.status.as_u16(), &*first.code()), (400, "use_dpop_nonce"));
    let nonce = first.headers["dpop-nonce"].to_str().unwrap();
    let good = proof(&world, &key, Some(nonce), "second-proof");
    let token = ask(&world, &agent, &good).await.ok(200);
    assert_eq!(token["token_type"], "DPoP");
    let decoded = jws::decode(token["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(decoded.payload["cnf"]["jkt"], key.thumbprint());
    let again = ask(&world, &agent, &good).await;
    assert_eq!((again.status.as_u16(), &*again.code()), (401, "nonce_replayed"));
    world.pass(600);
    let late = ask(&world, &agent, &proof(&world, &key, Some(nonce), "third-proof")).await;
    assert_eq!(late.code(), "use_dpop_nonce");
    let broken = ask(&world, &agent, "a.b.c").await;
    assert_eq!((broken.status.as_u16(), &*broken.code()), (400, "invalid_dpop_proof"));
}
