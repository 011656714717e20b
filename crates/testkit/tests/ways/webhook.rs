//! The simple form: one line with an HMAC.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::KeyId;
use bailiwick_proof::keys::{MacKey, SigningKey};
use bailiwick_proof::webhook::{self, Signing};
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;
use http::Method;

const KEY: KeyId = KeyId::from_bits(2);

struct Client {
    world: World,
    secret: SigningKey,
}

impl Client {
    async fn new() -> Self {
        let world = World::begin().await;
        let secret = SigningKey::generate(Algorithm::HmacSha256, &entropy(40)).unwrap();
        world.add_key(KEY, world.agent.id, &secret).await;
        Self { world, secret }
    }

    fn post(&self, body: &str, nonce: &str, key: Option<KeyId>) -> Ask {
        let mac = MacKey::new(self.secret.secret()).unwrap();
        let (at, method) = (self.world.hands.now(), Method::POST);
        let signing = Signing { at, nonce, key, method: &method, target: "/open/tickets" };
        let line = webhook::sign(&mac, &signing, body.as_bytes()).unwrap();
        Ask::new("POST", "/open/tickets").json(body).header("x-signature", &line)
    }
}

#[tokio::test]
async fn one_line_with_an_hmac_is_enough_once() {
    let client = Client::new().await;
    let ask = client.post("{\"a\":1}", "nonce-of-a-webhook-1", Some(KEY));
    assert_eq!(client.world.send(&ask).await.verdict(), "200");
    assert_eq!(client.world.send(&ask).await.verdict(), "401 nonce_replayed");
    let seen = client.world.upstream.seen();
    let seen = seen.last().unwrap();
    assert_eq!(&seen.body[..], b"{\"a\":1}");
    assert!(!seen.headers.contains_key("x-signature"));
}

#[tokio::test]
async fn without_a_name_the_key_is_the_one_secret_of_the_agent_that_is_named() {
    let client = Client::new().await;
    let ask = client.post("{}", "nonce-of-a-webhook-2", None);
    assert_eq!(client.world.send(&ask).await.verdict(), "401 credential_unknown");
    let named = ask.header("x-agent-id", &client.world.agent.id.to_string());
    assert_eq!(client.world.send(&named).await.verdict(), "200");
}

#[tokio::test]
async fn anything_that_was_changed_is_refused() {
    let client = Client::new().await;
    let mut body = client.post("{\"a\":1}", "nonce-of-a-webhook-3", Some(KEY));
    body.body = b"{\"a\":2}".to_vec();
    assert_eq!(client.world.send(&body).await.verdict(), "401 signature_invalid");
    let mut long = client.post(&"x".repeat(100_000), "nonce-of-a-webhook-4", Some(KEY));
    long.body[99_999] = b'y';
    assert_eq!(client.world.send(&long).await.verdict(), "401 signature_invalid");
    assert!(client.world.upstream.seen().is_empty(), "nothing whole has reached the upstream");
    let mut target = client.post("{}", "nonce-of-a-webhook-5", Some(KEY));
    target.target = "/open/refunds".to_owned();
    assert_eq!(client.world.send(&target).await.verdict(), "401 signature_invalid");
    let late = client.post("{}", "nonce-of-a-webhook-6", Some(KEY));
    client.world.hands.advance(66);
    assert_eq!(client.world.send(&late).await.verdict(), "401 signature_expired");
}

#[tokio::test]
async fn it_is_worth_no_more_than_a_shared_secret() {
    let client = Client::new().await;
    let mac = MacKey::new(client.secret.secret()).unwrap();
    let (at, method) = (client.world.hands.now(), Method::GET);
    let target = "/acme/tickets/7";
    let (nonce, key) = ("nonce-of-a-webhook-7", Some(KEY));
    let line = webhook::sign(&mac, &Signing { at, nonce, key, method: &method, target }, b"");
    let ask = Ask::new("GET", target).header("x-signature", &line.unwrap());
    assert_eq!(client.world.send(&ask).await.verdict(), "401 proof_too_weak");
}
