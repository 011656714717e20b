//! Derived keys: an hour of cheap signatures.

use bailiwick_domain::id::KeyId;
use bailiwick_proof::derived::{Roots, Wanted};
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::opaque;
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::{GATEWAY, World};
use zeroize::Zeroizing;

const ROOT: [u8; 32] = [9; 32];

struct Holder {
    world: World,
    roots: Roots,
}

impl Holder {
    async fn new() -> Self {
        let world = World::begin().await;
        world.add_root(1, ROOT).await;
        Self { world, roots: Roots::new(1, [(1, Zeroizing::new(ROOT))]).unwrap() }
    }

    fn derive(&self, audience: &str) -> (SigningKey, String) {
        self.derive_from(audience, 50)
    }

    fn derive_from(&self, audience: &str, seed: u64) -> (SigningKey, String) {
        let (key, agent) = (self.world.key_id, self.world.agent.id);
        let wanted = Wanted { key, agent, audience, ttl_seconds: 600 };
        let id = self.roots.name(&wanted, self.world.hands.now(), &entropy(seed));
        let secret = self.roots.secret(&id).unwrap();
        (key_of(&secret), id.to_string())
    }

    async fn verdict(&self, target: &str, key: &SigningKey, keyid: &str) -> String {
        let proof = Proof { keyid: keyid.to_owned(), ..self.world.proof_by(key) };
        let ask = Ask::new("GET", target).signed(&proof);
        self.world.send(&ask).await.verdict()
    }
}

/// The 32 bytes as a client uses them: a symmetric JWK.
fn key_of(secret: &[u8; 32]) -> SigningKey {
    let encoded = opaque::thumbprint(secret);
    SigningKey::from_jwk(&format!(r#"{{"kty":"oct","alg":"HS256","k":"{encoded}"}}"#)).unwrap()
}

#[tokio::test]
async fn a_derived_key_signs_until_it_expires() {
    let holder = Holder::new().await;
    let (key, keyid) = holder.derive(GATEWAY);
    for _ in 0..2 {
        assert_eq!(holder.verdict("/open/tickets/7", &key, &keyid).await, "200");
    }
    assert_eq!(holder.verdict("/acme/tickets/7", &key, &keyid).await, "401 proof_too_weak");
    holder.world.hands.advance(600);
    let late = holder.verdict("/open/tickets/7", &key, &keyid).await;
    assert_eq!(late, "401 credential_expired");
}

#[tokio::test]
async fn it_ends_with_the_key_that_bought_it() {
    let holder = Holder::new().await;
    let (key, keyid) = holder.derive(GATEWAY);
    assert_eq!(holder.verdict("/open/tickets/7", &key, &keyid).await, "200");
    holder.world.revoke_key(holder.world.key_id).await;
    let ended = holder.verdict("/open/tickets/7", &key, &keyid).await;
    assert_eq!(ended, "401 credential_revoked");
}

#[tokio::test]
async fn it_is_good_for_its_name_its_gateway_and_its_root_alone() {
    let holder = Holder::new().await;
    let (key, keyid) = holder.derive("http://another.test");
    let elsewhere = holder.verdict("/open/tickets/7", &key, &keyid).await;
    assert_eq!(elsewhere, "401 credential_unknown");
    let (key, _) = holder.derive(GATEWAY);
    let (_, other) = holder.derive_from(GATEWAY, 51);
    assert_eq!(holder.verdict("/open/tickets/7", &key, &other).await, "401 signature_invalid");
    let broken = holder.verdict("/open/tickets/7", &key, "drv_AAAA").await;
    assert_eq!(broken, "400 credential_malformed");
    let (key, keyid) = holder.derive(GATEWAY);
    holder.world.add_root(2, [10; 32]).await;
    assert_eq!(holder.verdict("/open/tickets/7", &key, &keyid).await, "200", "the one before");
    holder.world.add_root(3, [11; 32]).await;
    let gone = holder.verdict("/open/tickets/7", &key, &keyid).await;
    assert_eq!(gone, "401 credential_unknown", "and no other");
}

#[tokio::test]
async fn a_name_that_points_at_another_agents_key_is_unknown() {
    let holder = Holder::new().await;
    let (agent, ttl_seconds) = (holder.world.agent.id, 600);
    let wanted = Wanted { key: KeyId::from_bits(77), agent, audience: GATEWAY, ttl_seconds };
    let id = holder.roots.name(&wanted, holder.world.hands.now(), &entropy(50));
    let key = key_of(&holder.roots.secret(&id).unwrap());
    let unknown = holder.verdict("/open/tickets/7", &key, &id.to_string()).await;
    assert_eq!(unknown, "401 credential_unknown");
}
