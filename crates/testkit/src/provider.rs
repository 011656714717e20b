//! An `OpenID` provider at which one person is signed in already, and agrees to everything.

use std::convert::Infallible;
use std::sync::Arc;

use bailiwick_domain::time::Clock;
use bailiwick_proof::jws;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// What its one client is called.
pub const CLIENT: &str = "bailiwick";

/// A provider; it ends with the test's runtime.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    key: SigningKey,
    clock: Clock,
}

impl Provider {
    /// A provider that signs with this key, an ECDSA one.
    pub async fn start(key: SigningKey, clock: Clock) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self(Arc::new(Inner { issuer, key, clock }));
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let provider = serving.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let provider = provider.clone();
                    async move { Ok::<_, Infallible>(provider.answer(request).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        provider
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        match (&head.method, head.uri.path()) {
            (&Method::GET, "/.well-known/openid-configuration") => document(&self.describe()),
            (&Method::GET, "/keys") => document(&self.keys()),
            (&Method::GET, "/authorize") => self.agree(head.uri.query().unwrap_or_default()),
            (&Method::POST, "/token") => {
                let form = body.collect().await.unwrap().to_bytes();
                document(&self.redeem(std::str::from_utf8(&form).unwrap()))
            }
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    fn describe(&self) -> Value {
        let at = |path: &str| format!("{}/{path}", self.0.issuer);
        json!({
            "issuer": self.0.issuer, "jwks_uri": at("keys"), "token_endpoint": at("token"),
            "authorization_endpoint": at("authorize"),
            "authorization_response_iss_parameter_supported": true,
        })
    }

    fn keys(&self) -> Value {
        let jwk = self.0.key.public().map(PublicKey::to_jwk).unwrap();
        let mut jwk: Map<String, Value> = serde_json::from_str(&jwk).unwrap();
        jwk.insert("kid".to_owned(), self.0.key.thumbprint().into());
        json!({ "keys": [jwk] })
    }

    /// Back to where the browser came from, with the nonce for a code. What is passed on stays as
    /// it was written.
    fn agree(&self, query: &str) -> Response<Full<Bytes>> {
        let back = field(query, "redirect_uri").replace("%3A", ":").replace("%2F", "/");
        let (code, state) = (field(query, "nonce"), field(query, "state"));
        let target = format!("{back}?code={code}&state={state}&iss={}", self.0.issuer);
        let mut response = status(StatusCode::SEE_OTHER);
        response.headers_mut().insert(LOCATION, target.parse().unwrap());
        response
    }

    fn redeem(&self, form: &str) -> Value {
        let now = self.0.clock.now().as_seconds();
        let claims = json!({
            "iss": self.0.issuer, "sub": "grace", "aud": CLIENT, "nonce": field(form, "code"),
            "iat": now, "exp": now + 300, "auth_time": now, "name": "Grace Hopper",
            "email": "grace@acme.example", "email_verified": true,
        });
        let token = jws::sign(&self.0.key, "JWT", &claims).unwrap();
        json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": token })
    }
}

fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).unwrap().1
}

fn document(value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(value.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
    response
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
