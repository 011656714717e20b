//! Web Bot Auth: keys out of the agent's own directory.

use bailiwick_domain::credential::{Algorithm, Material};
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::publisher::Publisher;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;

const PATH: &str = "/.well-known/http-message-signatures-directory";
const MEDIA_TYPE: &str = "application/http-message-signatures-directory+json";

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Ed25519, &entropy(30)).unwrap()
}

fn directory(keys: &[&SigningKey]) -> String {
    let jwks = keys.iter().map(|key| {
        let jwk = key.public().map(PublicKey::to_jwk).unwrap();
        jwk.replacen('{', &format!("{{\"kid\":\"{}\",", key.thumbprint()), 1)
    });
    format!("{{\"keys\":[{}]}}", jwks.collect::<Vec<_>>().join(","))
}

async fn world() -> (World, Publisher) {
    let (world, publisher) = (World::begin().await, Publisher::start().await);
    publisher.publish(PATH, MEDIA_TYPE, directory(&[&key()]));
    let named = format!("{}{PATH}", publisher.origin());
    world.add_named(2, Material::Directory, &named).await;
    (world, publisher)
}

fn signed(world: &World, ask: Ask, key: &SigningKey, covered: &[&'static str]) -> Ask {
    let components = [covered, &["signature-agent"]].concat();
    let proof = Proof { components: Some(components), ..world.proof_by(key) };
    ask.signed_as(&proof, "web-bot-auth")
}

const WHOLE: &[&str] = &["@method", "@authority", "@path"];

#[tokio::test]
async fn an_agent_is_known_by_the_directory_it_is_registered_by() {
    let (world, publisher) = world().await;
    let ask = || {
        let agent = format!("\"{}\"", publisher.origin());
        Ask::new("GET", "/acme/tickets/7").header("signature-agent", &agent)
    };
    let first = signed(&world, ask(), &key(), WHOLE);
    assert_eq!(world.send(&first).await.verdict(), "200");
    assert_eq!(world.send(&first).await.verdict(), "401 nonce_replayed");
    let again = signed(&world, ask(), &key(), WHOLE);
    assert_eq!(world.send(&again).await.verdict(), "200");
    assert_eq!(publisher.asked(), 1, "the directory is remembered");
    let seen = world.upstream.seen();
    assert_eq!(seen.last().unwrap().headers.get("x-agent-id").unwrap(), "ticket-summarizer");
    assert!(!seen.last().unwrap().headers.contains_key("signature-agent"));
}

#[tokio::test]
async fn a_signature_for_a_host_alone_counts_as_a_bearers() {
    let (world, publisher) = world().await;
    let agent = format!("\"{}\"", publisher.origin());
    for (target, expected) in
        [("/acme/tickets/7", "401 proof_too_weak"), ("/open/tickets/7", "200")]
    {
        let ask = Ask::new("GET", target).header("signature-agent", &agent);
        let ask = signed(&world, ask, &key(), &["@authority"]);
        assert_eq!(world.send(&ask).await.verdict(), expected, "{target}");
    }
}

#[tokio::test]
async fn a_directory_that_nobody_is_registered_by_is_not_even_fetched() {
    let (world, publisher) = world().await;
    let stranger = Publisher::start().await;
    stranger.publish(PATH, MEDIA_TYPE, directory(&[&key()]));
    let agent = format!("\"{}\"", stranger.origin());
    let ask = Ask::new("GET", "/acme/tickets/7").header("signature-agent", &agent);
    let ask = signed(&world, ask, &key(), WHOLE);
    assert_eq!(world.send(&ask).await.verdict(), "401 credential_unknown");
    assert_eq!((stranger.asked(), publisher.asked()), (0, 0));
}

#[tokio::test]
async fn a_key_that_is_not_in_the_directory_proves_nothing() {
    let (world, publisher) = world().await;
    let agent = format!("\"{}\"", publisher.origin());
    let ask = || Ask::new("GET", "/acme/tickets/7").header("signature-agent", &agent);
    let other = SigningKey::generate(Algorithm::Ed25519, &entropy(31)).unwrap();
    let ask_by_other = signed(&world, ask(), &other, WHOLE);
    assert_eq!(world.send(&ask_by_other).await.verdict(), "401 credential_unknown");
    let mut forged = signed(&world, ask(), &key(), WHOLE);
    forged.method = "DELETE".to_owned();
    assert_eq!(world.send(&forged).await.verdict(), "401 signature_invalid");
}

#[tokio::test]
async fn a_directory_that_does_not_answer_is_a_refusal_and_no_verdict_on_the_key() {
    let (world, publisher) = (World::begin().await, Publisher::start().await);
    let named = format!("{}{PATH}", publisher.origin());
    world.add_named(2, Material::Directory, &named).await;
    let agent = format!("\"{}\"", publisher.origin());
    let ask = Ask::new("GET", "/acme/tickets/7").header("signature-agent", &agent);
    let ask = signed(&world, ask, &key(), WHOLE);
    assert_eq!(world.send(&ask).await.verdict(), "503 unavailable");
}
