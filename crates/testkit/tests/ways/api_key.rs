//! API keys: for what cannot sign.

use bailiwick_domain::credential::Material;
use bailiwick_domain::id::KeyId;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;

async fn world() -> (World, String) {
    let world = World::begin().await;
    let (key, digest) = opaque::fresh(Opens::Apis, &entropy(20));
    let mut stored = world.stored_key(KeyId::from_bits(2), world.agent.id, &world.key);
    stored.algorithm = None;
    stored.material = Material::ApiKey;
    stored.thumbprint = opaque::thumbprint(&digest);
    stored.scopes = Some("tickets:read".parse().unwrap());
    stored.expires_at = Some(world.hands.now().plus_seconds(100));
    world.put_key(&stored).await;
    (world, key.to_string())
}

fn get(target: &str, key: &str) -> Ask {
    Ask::new("GET", target).header("authorization", &format!("Bearer {key}"))
}

#[tokio::test]
async fn an_api_key_opens_what_it_was_given_until_it_expires() {
    let (world, key) = world().await;
    let reply = world.send(&get("/open/tickets/7", &key)).await;
    assert_eq!(reply.verdict(), "200");
    let seen = world.upstream.seen();
    let headers = &seen.last().unwrap().headers;
    assert_eq!(headers.get("x-agent-scopes").unwrap(), "tickets:read", "no wider than the key");
    assert!(!headers.contains_key("authorization"));
    let write = Ask::new("POST", "/open/tickets").json("{}");
    let write = write.header("authorization", &format!("Bearer {key}"));
    assert_eq!(world.send(&write).await.verdict(), "403 scope_missing");
    world.hands.advance(100);
    assert_eq!(world.send(&get("/open/tickets/7", &key)).await.verdict(), "401 credential_expired");
}

#[tokio::test]
async fn an_api_key_is_refused_where_a_proof_is_asked_for_and_when_it_is_not_whole() {
    let (world, key) = world().await;
    assert_eq!(world.send(&get("/acme/tickets/7", &key)).await.verdict(), "401 proof_too_weak");
    let (other, _) = opaque::fresh(Opens::Apis, &entropy(21));
    let reply = world.send(&get("/open/tickets/7", &other)).await;
    assert_eq!(reply.verdict(), "401 credential_unknown");
    let mut mistyped = key.clone();
    mistyped.replace_range(4..5, if key.as_bytes()[4] == b'A' { "B" } else { "A" });
    for broken in [mistyped.as_str(), &key[..key.len() - 1], "bwk_"] {
        let reply = world.send(&get("/open/tickets/7", broken)).await;
        assert_eq!(reply.verdict(), "400 credential_malformed", "{broken}");
    }
    let signed = get("/open/tickets/7", &key).signed(&world.proof());
    assert_eq!(world.send(&signed).await.verdict(), "400 credential_conflict");
    world.revoke_key(KeyId::from_bits(2)).await;
    assert_eq!(world.send(&get("/open/tickets/7", &key)).await.verdict(), "401 credential_revoked");
}
