//! `/status-lists`: a resource server that verifies tokens by itself learns which have ended.

use std::io::Read as _;

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::jwt::StatusReference;
use bailiwick_proof::keys::PublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::ZlibDecoder;
use serde_json::{Value, json};

use crate::token::{ask, read};
use crate::world::{ISSUER, World};

/// What a verifier makes of a token's reference: 0 for valid (section 7.1).
async fn status(world: &World, reference: &StatusReference) -> u8 {
    let path = reference.uri.strip_prefix(ISSUER).unwrap();
    let answer = world.get(path).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/statuslist+jwt");
    let text = String::from_utf8(answer.body).unwrap();
    let mut jwk = world.jwks["keys"][0].clone();
    for name in ["kid", "use", "alg"] {
        jwk.as_object_mut().unwrap().remove(name);
    }
    let key = PublicKey::from_jwk(&jwk.to_string()).unwrap();
    let claims = jws::verify(&text, &[Some("statuslist+jwt")], |_| Some(&key)).unwrap();
    assert_eq!(claims["sub"], json!(reference.uri));
    let exp = claims["exp"].as_i64().map(Timestamp::from_seconds).unwrap();
    assert!(exp > Timestamp::from_seconds(world.now()));
    let list: &Value = &claims["status_list"];
    assert_eq!(list["bits"], 1);
    let packed = URL_SAFE_NO_PAD.decode(list["lst"].as_str().unwrap()).unwrap();
    let mut bits = Vec::new();
    ZlibDecoder::new(packed.as_slice()).read_to_end(&mut bits).unwrap();
    let byte = bits[usize::try_from(reference.place / 8).unwrap()];
    (byte >> (reference.place % 8)) & 1
}

#[tokio::test]
async fn a_token_s_place_says_when_its_key_was_revoked() {
    let world = World::new().await;
    let (agent, other) = (world.enroll("a").await, world.enroll("b").await);
    let token = read(&world, ask(&world, &agent, "").await).status.unwrap();
    let others = read(&world, ask(&world, &other, "").await).status.unwrap();
    assert_ne!(token, others);
    assert_eq!((status(&world, &token).await, status(&world, &others).await), (0, 0));
    let path = format!("/api/v1/credentials/{}", agent.key_id);
    assert_eq!(world.operate("DELETE", &path, Value::Null).await.status, 200);
    world.pass(1);
    assert_eq!((status(&world, &token).await, status(&world, &others).await), (1, 0));
}

#[tokio::test]
async fn a_list_nobody_is_in_any_more_is_gone() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let path = "/status-lists/1";
    assert_eq!(world.get(path).await.status, 404);
    ask(&world, &agent, "ttl_seconds=60").await.ok(200);
    assert_eq!(world.get(path).await.status, 200);
    for absent in ["/status-lists/2", "/status-lists/x", "/status-lists/-1"] {
        assert_eq!(world.get(absent).await.status, 404, "{absent}");
    }
    world.pass(60);
    assert_eq!(world.get(path).await.status, 404);
}
