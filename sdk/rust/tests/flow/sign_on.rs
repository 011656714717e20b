//! A company's sign-on: a stand-in for one, with a key, the two documents by which it is found, and
//! tokens about Ada that say what a test wants.

use axum::Router;
use axum::extract::Json;
use axum::routing::get;
use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::jws;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_testkit::sources::{Hands, entropy};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Lets the authority ask a server of the test for its keys.
pub(crate) const REACHABLE: &str = "[outbound]\nnetworks = [\"127.0.0.0/8\"]\nallow_http = true\n";

/// What its tokens are for.
pub(crate) const AUDIENCE: &str = "support-app";

pub(crate) struct SignOn {
    pub(crate) url: String,
    key: SigningKey,
    hands: Hands,
}

impl SignOn {
    /// Starts one on any port of the loopback, with a key of this seed; it ends with the runtime.
    pub(crate) async fn start(seed: u64) -> Self {
        let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(seed)).unwrap();
        let jwk = key.public().map(PublicKey::to_jwk).unwrap();
        let mut jwk: Value = serde_json::from_str(&jwk).unwrap();
        jwk["kid"] = key.thumbprint().into();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let described = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let document = |told: Value| get(async move || Json(told));
        let router = Router::new()
            .route("/.well-known/openid-configuration", document(described))
            .route("/keys", document(json!({"keys": [jwk]})));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, key, hands: Hands::running() }
    }

    /// An access token about Ada (RFC 9068), with these claims besides or instead; null takes one
    /// away.
    pub(crate) fn says(&self, change: &Value) -> String {
        self.sign("at+jwt", change)
    }

    /// An assertion about her (RFC 7523).
    pub(crate) fn asserts(&self, change: &Value) -> String {
        self.sign("JWT", change)
    }

    fn sign(&self, typ: &str, change: &Value) -> String {
        let now = self.hands.now().as_seconds();
        let mut claims = json!({
            "iss": self.url, "aud": AUDIENCE, "sub": "ada", "name": "Ada",
            "scope": "tickets:read", "iat": now, "exp": now + 300,
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        jws::sign(&self.key, typ, &claims).unwrap()
    }
}
