//! Tokens that a workload's own platform makes.

use bailiwick_domain::credential::{Algorithm, Material};
use bailiwick_domain::id::IssuerId;
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_fetch::{Sources, Whence};
use bailiwick_proof::jws;
use bailiwick_proof::jwt::Rule;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::publisher::Publisher;
use bailiwick_testkit::sources::{BEGINNING, entropy};
use bailiwick_testkit::world::{Choices, GATEWAY, World};
use serde_json::{Value, json};

struct Platform {
    world: World,
    publisher: Publisher,
    key: SigningKey,
    issuer: TrustedIssuer,
}

impl Platform {
    async fn new() -> Self {
        let (world, publisher) = (World::begin().await, Publisher::start().await);
        let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(80)).unwrap();
        let url = publisher.origin();
        let described = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let path = "/.well-known/openid-configuration";
        publisher.publish(path, "application/json", described.to_string());
        let jwk = key.public().map(PublicKey::to_jwk).unwrap();
        let mut jwk: Value = serde_json::from_str(&jwk).unwrap();
        jwk["kid"] = key.thumbprint().into();
        publisher.publish("/keys", "application/json", json!({"keys": [jwk]}).to_string());
        let issuer = TrustedIssuer {
            id: IssuerId::from_bits(1),
            url,
            audience: GATEWAY.to_owned(),
            person_scopes: None,
            created_at: BEGINNING,
            ended_at: None,
        };
        world.trust(&issuer).await;
        let rule = Rule::new(&issuer.url, [("/kubernetes.io/namespace", "support")]).unwrap();
        world.add_named(2, Material::Claims(rule.to_json()), &rule.thumbprint()).await;
        Self { world, publisher, key, issuer }
    }

    fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let now = self.world.hands.now().as_seconds();
        let mut claims = json!({
            "iss": self.issuer.url, "aud": GATEWAY, "iat": now, "exp": now + 600,
            "sub": "system:serviceaccount:support:summarizer",
            "kubernetes.io": {"namespace": "support", "serviceaccount": {"name": "summarizer"}},
        });
        change(&mut claims);
        jws::sign(&self.key, "JWT", &claims).unwrap()
    }

    async fn verdict(&self, target: &str, token: &str) -> String {
        let ask = Ask::new("GET", target).header("authorization", &format!("Bearer {token}"));
        self.world.send(&ask).await.verdict()
    }
}

#[tokio::test]
async fn a_workload_is_the_agent_that_its_claims_say() {
    let platform = Platform::new().await;
    let token = platform.token(|_| {});
    for _ in 0..3 {
        assert_eq!(platform.verdict("/jobs/tickets/7", &token).await, "200");
    }
    assert_eq!(platform.publisher.asked(), 2, "described once, fetched once");
    let weak = platform.verdict("/open/tickets/7", &token).await;
    assert_eq!(weak, "401 token_audience", "only where the API takes such tokens");
    platform.world.hands.advance(600);
    assert_eq!(platform.verdict("/jobs/tickets/7", &token).await, "401 token_expired");
}

#[tokio::test]
async fn claims_that_fit_no_rule_or_are_not_for_here_are_refused() {
    let platform = Platform::new().await;
    let other = platform.token(|claims| claims["kubernetes.io"]["namespace"] = "sales".into());
    assert_eq!(platform.verdict("/jobs/tickets/7", &other).await, "401 credential_unknown");
    let elsewhere = platform.token(|claims| claims["aud"] = "https://elsewhere.test".into());
    assert_eq!(platform.verdict("/jobs/tickets/7", &elsewhere).await, "401 token_invalid");
    let stranger = platform.token(|claims| claims["iss"] = "https://stranger.test".into());
    assert_eq!(platform.verdict("/jobs/tickets/7", &stranger).await, "401 token_invalid");
    let mut forged = platform.token(|_| {});
    forged.truncate(forged.len() - 4);
    forged.push_str("AAAA");
    assert_eq!(platform.verdict("/jobs/tickets/7", &forged).await, "401 token_invalid");
}

#[tokio::test]
async fn an_issuer_that_has_ended_is_not_believed_any_more() {
    let platform = Platform::new().await;
    let token = platform.token(|_| {});
    assert_eq!(platform.verdict("/jobs/tickets/7", &token).await, "200");
    let ended_at = Some(platform.world.hands.now());
    platform.world.trust(&TrustedIssuer { ended_at, ..platform.issuer.clone() }).await;
    assert_eq!(platform.verdict("/jobs/tickets/7", &token).await, "401 token_invalid");
}

#[tokio::test]
async fn a_jwt_svid_is_the_workload_that_it_names() {
    let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(81)).unwrap();
    let mut jwk: Value =
        serde_json::from_str(&key.public().map(PublicKey::to_jwk).unwrap()).unwrap();
    (jwk["kid"], jwk["use"]) = (key.thumbprint().into(), "jwt-svid".into());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bundle.json");
    std::fs::write(&path, json!({"keys": [jwk]}).to_string()).unwrap();
    let bundles = [("prod.test".into(), Whence::File(path))].into();
    let sources = Sources { bundles, ..Sources::default() };
    let world = World::begin_with(Choices { sources, ..Choices::default() }).await;
    world.add_named(2, Material::Spiffe, "spiffe://prod.test/summarizer").await;
    let exp = world.hands.now().as_seconds() + 600;
    for (target, sub, aud, verdict) in [
        ("/jobs/tickets/7", "spiffe://prod.test/summarizer", GATEWAY, "200"),
        ("/open/tickets/7", "spiffe://prod.test/summarizer", GATEWAY, "401 token_audience"),
        ("/jobs/tickets/7", "spiffe://prod.test/other", GATEWAY, "401 credential_unknown"),
        ("/jobs/tickets/7", "spiffe://prod.test/summarizer", "x", "401 token_invalid"),
        ("/jobs/tickets/7", "spiffe://other.test/summarizer", GATEWAY, "401 credential_unknown"),
    ] {
        let claims = json!({"sub": sub, "aud": aud, "exp": exp});
        let token = jws::sign(&key, "JWT", &claims).unwrap();
        let ask = Ask::new("GET", target).header("authorization", &format!("Bearer {token}"));
        assert_eq!(world.send(&ask).await.verdict(), verdict, "{target} {sub} {aud}");
    }
}
