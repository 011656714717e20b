//! An `OpenID` provider with one client and one person, which can be told to misbehave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use bailiwick_proof::jws;
use bailiwick_proof::keys::{MacKey, PublicKey, SigningKey};
use bailiwick_proof::opaque::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::BEGINNING;

pub(crate) const CLIENT: &str = "bailiwick";
pub(crate) const SECRET: &str = "a secret: with & everything";

/// How an ID token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    Properly,
    /// `alg` is `none`, and there is no signature.
    Not,
    /// HMAC with the text of the public key (RFC 8725, section 2.1).
    WithItsPublicKey,
    /// With a key that the provider does not publish, under the name of the one that it does.
    ByAnother,
}

/// A provider; it ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    key: SigningKey,
    other: SigningKey,
    codes: Mutex<BTreeMap<String, Question>>,
    ways: Mutex<(Signed, Value)>,
    redeemed: Mutex<u32>,
    asked: Mutex<Vec<BTreeMap<String, String>>>,
    longest_message: Mutex<usize>,
    reply: Mutex<Option<&'static str>>,
}

#[derive(Debug, Clone)]
struct Question {
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

impl Provider {
    pub(crate) async fn start(key: SigningKey, other: SigningKey) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (codes, redeemed) = (Mutex::default(), Mutex::default());
        let ways = Mutex::new((Signed::Properly, json!({})));
        let (asked, reply) = (Mutex::default(), Mutex::new(Some("authorization_pending")));
        let longest_message = Mutex::new(200);
        let inner =
            Inner { issuer, key, other, codes, ways, redeemed, asked, longest_message, reply };
        let provider = Self(Arc::new(inner));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(redeem))
            .route("/ciba", post(ask))
            .with_state(provider.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        provider
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// How often a code was brought.
    pub(crate) fn redeemed(&self) -> u32 {
        *self.0.redeemed.lock().unwrap()
    }

    /// What people were asked in the background.
    pub(crate) fn asked(&self) -> Vec<BTreeMap<String, String>> {
        self.0.asked.lock().unwrap().clone()
    }

    /// From now on people are told so much at most (`oidc-provider` of npm takes 20 characters,
    /// none of them a space, unless it is told otherwise).
    pub(crate) fn tell_at_most(&self, characters: usize) {
        *self.0.longest_message.lock().unwrap() = characters;
    }

    /// From now on questions in the background are answered with this error, or with a yes.
    pub(crate) fn reply(&self, error: Option<&'static str>) {
        *self.0.reply.lock().unwrap() = error;
    }

    /// From now on tokens are signed so and say this as well; null takes a claim away.
    pub(crate) fn say(&self, signed: Signed, claims: Value) {
        *self.0.ways.lock().unwrap() = (signed, claims);
    }

    /// The person agrees to what a browser was sent here with: the fields of the answer.
    pub(crate) fn agree(&self, question: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        assert_eq!(question["client_id"], CLIENT);
        assert_eq!(question["response_type"], "code");
        assert_eq!(question["code_challenge_method"], "S256");
        assert!(question["scope"].split(' ').any(|scope| scope == "openid"));
        let mut codes = self.0.codes.lock().unwrap();
        let code = format!("code-{}", codes.len());
        let asked = Question {
            nonce: question["nonce"].clone(),
            challenge: question["code_challenge"].clone(),
            redirect_uri: question["redirect_uri"].clone(),
        };
        codes.insert(code.clone(), asked);
        let pairs = [("code", &code), ("state", &question["state"]), ("iss", &self.0.issuer)];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// What the token endpoint answers: an ID token with these claims, and those that were said.
    fn token(&self, own: &Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer(), "sub": "ada", "aud": CLIENT,
            "iat": BEGINNING, "exp": BEGINNING + 300, "auth_time": BEGINNING,
            "name": "Ada <b>Lovelace</b>", "email": "ada@acme.example", "email_verified": true,
        });
        let change = self.0.ways.lock().unwrap().1.clone();
        for (name, value) in own.as_object().unwrap().iter().chain(change.as_object().unwrap()) {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        let id_token = self.sign(&claims);
        json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": id_token })
    }

    fn sign(&self, claims: &Value) -> String {
        let how = self.0.ways.lock().unwrap().0;
        let kid = self.0.key.thumbprint();
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let by = |alg: &str| {
            format!("{}.{}", part(json!({"alg": alg, "kid": kid})), part(claims.clone()))
        };
        match how {
            Signed::Properly => jws::sign(&self.0.key, "JWT", claims).unwrap(),
            Signed::Not => format!("{}.", by("none")),
            Signed::WithItsPublicKey => {
                let text = self.0.key.public().map(PublicKey::to_jwk).unwrap();
                let message = by("HS256");
                let tag = MacKey::new(text.as_bytes()).unwrap().sign(message.as_bytes());
                format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
            }
            Signed::ByAnother => {
                let message = by("ES256");
                let signature = self.0.other.sign(message.as_bytes()).unwrap();
                format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
            }
        }
    }
}

async fn describe(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize?tenant=acme"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "backchannel_authentication_endpoint": format!("{issuer}/ciba"),
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let jwk = provider.0.key.public().map(PublicKey::to_jwk).unwrap();
    let mut jwk: Value = serde_json::from_str(&jwk).unwrap();
    jwk["kid"] = provider.0.key.thumbprint().into();
    Json(json!({ "keys": [jwk] }))
}

fn check_client(headers: &HeaderMap) {
    let secret = "a%20secret%3A%20with%20%26%20everything";
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{secret}")));
    assert_eq!(headers["authorization"], basic.as_str());
}

/// CIBA Core 1.0, section 7.
async fn ask(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    check_client(&headers);
    if form["binding_message"].len() > *provider.0.longest_message.lock().unwrap() {
        let error = json!({ "error": "invalid_binding_message" });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let mut asked = provider.0.asked.lock().unwrap();
    asked.push(form);
    let name = format!("question-{}", asked.len());
    Json(json!({ "auth_req_id": name, "expires_in": 300, "interval": 2 })).into_response()
}

async fn redeem(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    check_client(&headers);
    if form["grant_type"] == "urn:openid:params:grant-type:ciba" {
        assert!(form["auth_req_id"].starts_with("question-"));
        let error = *provider.0.reply.lock().unwrap();
        return match error {
            Some(error) => {
                (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
            }
            None => Json(provider.token(&json!({ "nonce": null }))).into_response(),
        };
    }
    *provider.0.redeemed.lock().unwrap() += 1;
    let asked = provider.0.codes.lock().unwrap().remove(&form["code"]);
    let verifier = URL_SAFE_NO_PAD.encode(sha256(form["code_verifier"].as_bytes()));
    let asked = asked.filter(|it| it.challenge == verifier);
    let Some(asked) = asked.filter(|it| it.redirect_uri == form["redirect_uri"]) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })))
            .into_response();
    };
    Json(provider.token(&json!({ "nonce": asked.nonce }))).into_response()
}
