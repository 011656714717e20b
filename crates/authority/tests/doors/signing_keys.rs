//! The keys that sign access tokens, through the doors.

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::{AccessToken, Issuer};
use bailiwick_proof::keys::PublicKey;
use serde_json::{Value, json};

use crate::world::{Enrolled, ISSUER, World};

const KEYS: &str = "/api/v1/signing-keys";
const ROTATE: &str = "/api/v1/signing-keys/rotate";

async fn token(world: &World, agent: &Enrolled) -> String {
    let draft = world.draft("POST", "/oauth/token", &agent.key_id);
    let form = "grant_type=client_credentials";
    let draft = draft.with_body("application/x-www-form-urlencoded", form);
    let issued = world.send(draft.sign(&agent.key)).await.ok(200);
    issued["access_token"].as_str().unwrap().to_owned()
}

/// The issuer as anyone finds it who asks for its keys.
async fn issuer(world: &World) -> Issuer {
    let set = world.get("/.well-known/jwks.json").await;
    let cache = set.headers["cache-control"].to_str().unwrap().to_owned();
    assert_eq!(cache, "public, max-age=60");
    let set = set.ok(200);
    let directory = world.get("/.well-known/http-message-signatures-directory").await.ok(200);
    assert_eq!(directory, set);
    let keys = set["keys"].as_array().unwrap().iter();
    let keys = keys.map(|key| PublicKey::from_jwk(&key.to_string()).unwrap());
    Issuer { issuer: ISSUER.to_owned(), keys: keys.collect() }
}

async fn verifies(world: &World, token: &str) -> bool {
    let now = Timestamp::from_seconds(world.now());
    AccessToken::verify(token, &issuer(world).await, now).is_ok()
}

fn states(list: &Value) -> Vec<&str> {
    let keys = list["signing_keys"].as_array().unwrap().iter();
    keys.map(|key| key["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_key_that_is_replaced_by_hand_leaves_its_tokens_valid() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let before = token(&world, &agent).await;
    let listed = world.operate("GET", KEYS, Value::Null).await.ok(200);
    assert_eq!(listed["signing_keys"].as_array().unwrap().len(), 2);
    world.pass(60);
    let rotated = world.operate("POST", ROTATE, json!({})).await.ok(200);
    let mut found = states(&rotated);
    assert_eq!(found.remove(0), "next", "the newest comes first");
    found.sort_unstable();
    assert_eq!(found, ["current", "previous"]);
    let after = token(&world, &agent).await;
    let kid = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_ne!(kid(&before), kid(&after));
    assert!(verifies(&world, &before).await && verifies(&world, &after).await);
    world.pass(86_400 + 60);
    assert_eq!(issuer(&world).await.keys.len(), 2);
    let listed = world.operate("GET", KEYS, Value::Null).await.ok(200);
    assert!(states(&listed).contains(&"retired"));
}

#[tokio::test]
async fn a_key_that_is_revoked_is_published_no_more_at_once() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let before = token(&world, &agent).await;
    let rotated = world.operate("POST", ROTATE, json!({ "revoke": true })).await.ok(200);
    assert!(states(&rotated).contains(&"revoked"));
    assert!(!verifies(&world, &before).await);
    let after = token(&world, &agent).await;
    assert!(verifies(&world, &after).await);
}

#[tokio::test]
async fn keys_take_turns_by_themselves_when_tokens_are_asked_for() {
    let world = World::with(|settings| settings.signing_key_days = 1).await;
    let agent = world.enroll("a").await;
    let first = issuer(&world).await;
    world.pass(86_400);
    let issued = token(&world, &agent).await;
    assert!(verifies(&world, &issued).await);
    let kids = |issuer: &Issuer| -> Vec<String> {
        issuer.keys.iter().map(|key| key.thumbprint().to_owned()).collect()
    };
    let (before, after) = (kids(&first), kids(&issuer(&world).await));
    assert_eq!((after.len(), &after[0]), (3, &before[1]), "the one that was published ahead");
}

#[tokio::test]
async fn what_is_no_rotation_is_refused() {
    let world = World::new().await;
    for body in [json!({ "revoke": "yes" }), json!({ "kid": "x" }), json!("revoke")] {
        world.operate("POST", ROTATE, body).await.refused(400, "request_malformed");
    }
    assert_eq!(issuer(&world).await.keys.len(), 2);
}
