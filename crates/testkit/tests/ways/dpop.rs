//! DPoP (RFC 9449): a token and a proof by its key.

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::dpop::{self, Signing};
use bailiwick_proof::jwt::{AccessToken, Confirmation};
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::World;

const URL: &str = "http://gateway.test/acme/tickets/7";

struct Client {
    world: World,
    key: SigningKey,
    token: String,
}

impl Client {
    /// A client whose token is bound to a key that is registered nowhere.
    async fn new() -> Self {
        let world = World::begin().await;
        world.add_root(1, [9; 32]).await;
        let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(60)).unwrap();
        let cnf = Some(Confirmation::Key(key.thumbprint().to_owned()));
        let token = AccessToken { cnf, ..world.token() }.sign(&world.issuer).unwrap();
        Self { world, key, token }
    }

    fn proof(&self, nonce: Option<&str>, jti: &str, url: &str) -> String {
        let (token, now) = (Some(&*self.token), self.world.hands.now());
        let signing = Signing { method: "GET", url, token, nonce, jti, now };
        dpop::sign(&self.key, &signing).unwrap()
    }

    async fn send(&self, proof: &str) -> Reply {
        let ask = Ask::new("GET", "/acme/tickets/7");
        let ask = ask.header("authorization", &format!("DPoP {}", self.token));
        self.world.send(&ask.header("dpop", proof)).await
    }

    async fn nonce(&self) -> String {
        let reply = self.send(&self.proof(None, "first-of-this-test", URL)).await;
        assert_eq!(reply.verdict(), "401 nonce_missing");
        let challenges: Vec<&str> = reply
            .headers
            .iter()
            .filter(|(name, _)| name == "www-authenticate")
            .map(|(_, value)| &**value)
            .collect();
        assert!(challenges.iter().any(|it| it.contains("use_dpop_nonce")), "{challenges:?}");
        reply.header("dpop-nonce").unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_proof_with_the_servers_nonce_carries_its_token_once() {
    let client = Client::new().await;
    let nonce = client.nonce().await;
    let proof = client.proof(Some(&nonce), "a-proof-of-this-test", URL);
    assert_eq!(client.send(&proof).await.verdict(), "200");
    assert_eq!(client.send(&proof).await.verdict(), "401 nonce_replayed");
    assert_eq!(client.world.upstream.seen().len(), 1);
    assert!(!client.world.upstream.seen()[0].headers.contains_key("dpop"));
}

#[tokio::test]
async fn a_proof_for_something_else_is_refused() {
    let client = Client::new().await;
    let nonce = client.nonce().await;
    let elsewhere = client.proof(Some(&nonce), "jti-1", "http://gateway.test/acme/refunds");
    assert_eq!(client.send(&elsewhere).await.verdict(), "401 signature_invalid");
    let mut other = Client { token: client.token.clone(), ..Client::new().await };
    other.key = SigningKey::generate(Algorithm::Ed25519, &entropy(61)).unwrap();
    let stolen = other.proof(Some(&nonce), "jti-2", URL);
    assert_eq!(client.send(&stolen).await.verdict(), "401 token_invalid");
    let bare = Ask::new("GET", "/acme/tickets/7");
    let bare = bare.header("authorization", &format!("DPoP {}", client.token));
    assert_eq!(client.world.send(&bare).await.verdict(), "401 proof_missing");
    let bearer = Ask::new("GET", "/acme/tickets/7");
    let bearer = bearer.header("authorization", &format!("Bearer {}", client.token));
    assert_eq!(client.world.send(&bearer).await.verdict(), "401 proof_missing");
}
