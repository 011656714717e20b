//! Ethereum accounts (ERC-8128), in both forms on the wire.

use bailiwick_domain::credential::{Algorithm, Material};
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::wallet::{Generation, Signing};
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;

struct Account {
    world: World,
    key: SigningKey,
}

impl Account {
    async fn new() -> Self {
        let world = World::begin().await;
        let key = SigningKey::generate(Algorithm::Eip191Secp256k1, &entropy(70)).unwrap();
        world.add_named(2, Material::Wallet, key.thumbprint()).await;
        Self { world, key }
    }

    fn sign(&self, ask: Ask, generation: Generation, chain: u64) -> Ask {
        let created = self.world.hands.now();
        let nonce = format!("nonce-of-a-wallet-{generation:?}");
        let signing = Signing {
            generation,
            chain,
            created,
            expires: created.plus_seconds(60),
            nonce: &nonce,
        };
        ask.signed_as_account(&self.key, &signing)
    }
}

fn post() -> Ask {
    Ask::new("POST", "/acme/tickets?dry=1").json("{\"title\":\"The lift is stuck\"}").digested()
}

#[tokio::test]
async fn an_account_signs_in_either_form_and_each_signature_counts_once() {
    for generation in [Generation::One, Generation::Two] {
        let account = Account::new().await;
        let ask = account.sign(post(), generation, 1);
        assert_eq!(account.world.send(&ask).await.verdict(), "200", "{generation:?}");
        let again = account.world.send(&ask).await;
        assert_eq!(again.verdict(), "401 nonce_replayed", "{generation:?}");
        assert_eq!(again.json()["reason"], "nonce_reused");
        let challenges = again.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let told = challenges.map(|(_, value)| &**value).collect::<Vec<_>>().join("; ");
        assert!(told.contains("ERC8128 error=\"nonce_reused\", chains=\"eip155:1\""), "{told}");
    }
}

#[tokio::test]
async fn what_is_not_the_accounts_is_refused_in_the_words_of_the_draft() {
    let account = Account::new().await;
    let check = async |ask: Ask, verdict: &str, reason: &str| {
        let reply = account.world.send(&ask).await;
        assert_eq!(
            (reply.verdict(), &reply.json()["reason"]),
            (verdict.to_owned(), &reason.into())
        );
    };
    let two = Generation::Two;
    let tampered = Ask { body: b"{}".to_vec(), ..account.sign(post(), two, 1) };
    check(tampered, "401 digest_mismatch", "bad_content_digest").await;
    let moved = Ask { target: "/acme/refunds".to_owned(), ..account.sign(post(), two, 1) };
    check(moved, "401 signature_invalid", "bad_signature").await;
    check(account.sign(post(), two, 2), "401 credential_unknown", "unsupported_chain").await;
    let bare = account.sign(post().without("content-digest"), two, 1);
    check(bare, "401 digest_missing", "content_digest_required").await;
    let late = account.sign(post(), two, 1);
    account.world.hands.advance(66);
    check(late, "401 signature_expired", "request_expired").await;
    let other = SigningKey::generate(Algorithm::Eip191Secp256k1, &entropy(71)).unwrap();
    let stranger = Account { key: other, world: World::begin().await };
    let ask = stranger.sign(post(), two, 1);
    let reply = stranger.world.send(&ask).await;
    assert_eq!(reply.verdict(), "401 credential_unknown");
    assert_eq!(reply.json()["reason"], "principal_not_allowed");
}

#[tokio::test]
async fn clients_are_told_which_accounts_are_taken() {
    let world = World::begin().await;
    let reply = world.send(&Ask::new("GET", "/.well-known/erc8128")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["chains"], serde_json::json!(["eip155:1"]));
    assert_eq!(reply.json()["max_validity_sec"], 60);
}
