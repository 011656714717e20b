//! An authority on SQLite in a directory of its own, with a clock that only moves when told to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use bailiwick_authority::{Authority, Keys, Making, Parts, Settings, create_operator, router};
use bailiwick_domain::api::{Api, Enforcement, Kind, Mode};
use bailiwick_domain::credential::{Algorithm, Strength};
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_fetch::{Guard, Outside, Resolver, Sources, Upkeep};
use bailiwick_ledger::checkpoint::VerifierKey;
use bailiwick_proof::digest;
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::message;
use bailiwick_proof::sign::{self, Signing};
use bailiwick_proof::wallet::{Accounts, Served};
use bailiwick_store::Store;
use bailiwick_store::fast::Fast;
use bailiwick_store::sequencer::{Config, Sequencer};
use bailiwick_vault::seal::Sealer;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower_service::Service;

use crate::chance::entropy;

/// The issuer that every test's authority is.
pub(crate) const ISSUER: &str = "http://127.0.0.1:8701";
/// When every test begins.
pub(crate) const BEGINNING: i64 = 1_800_000_000;

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) entropy: Entropy,
    pub(crate) operator: String,
    pub(crate) journal_dir: PathBuf,
    pub(crate) ledger_key: VerifierKey,
    pub(crate) jwks: Value,
    pub(crate) authority: Authority,
    now: Arc<AtomicI64>,
    pub(crate) router: Router,
    _directory: TempDir,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A registered agent and its key.
pub(crate) struct Enrolled {
    pub(crate) id: String,
    pub(crate) key_id: String,
    pub(crate) key: SigningKey,
}

/// What a signed request says; each test changes what it is about.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: &'static str,
    pub(crate) keyid: String,
    pub(crate) nonce: String,
    pub(crate) created: i64,
    pub(crate) expires: i64,
    pub(crate) host: &'static str,
    pub(crate) components: Vec<&'static str>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The stable code of a refusal.
    pub(crate) fn code(&self) -> String {
        let body = self.json();
        let code = body.get("code").or_else(|| body.get("error")).unwrap();
        code.as_str().unwrap().to_owned()
    }

    /// Asserts status and code of a refusal.
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code().as_str()), (status, code), "{self:?}");
        let kind = self.headers.get("content-type").unwrap();
        if kind == "application/problem+json" {
            let body = self.json();
            assert_eq!(body["type"], format!("urn:bailiwick:denial:{code}"));
            assert_eq!(body["status"], status);
            assert_eq!(body["request_id"], self.headers["x-request-id"].to_str().unwrap());
            assert!(body["title"].is_string() && body["retryable"].is_boolean());
        }
        assert_eq!(self.headers["cache-control"], "no-store");
    }

    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::asking(Sources::default(), change).await
    }

    pub(crate) async fn asking(sources: Sources, change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open("sqlite:bailiwick.db", directory.path()).await.unwrap();
        let now = Arc::new(AtomicI64::new(BEGINNING * 1_000));
        let ticking = Arc::clone(&now);
        let clock = Clock::new(move || Timestamp::from_millis(ticking.load(Ordering::SeqCst)));
        let entropy = entropy();
        let sealer = Arc::new(Sealer::new([7; 32]).unwrap());
        let making = Making { sealer: &sealer, clock: &clock, entropy: &entropy };
        let keys = Keys::open(&store, making).await.unwrap();
        let jwks = serde_json::from_str(&keys.jwks()).unwrap();
        let (_, operator) = create_operator(&store, &clock, &entropy).await.unwrap();
        let ledger_dir = directory.path().join("ledger");
        let journal_dir = directory.path().join("journal");
        let signer = keys.ledger("acme.example/ledger").unwrap();
        let ledger_key = signer.verifier().clone();
        let config =
            Config { journal_dir: journal_dir.clone(), ledger_dir: ledger_dir.clone(), signer };
        let sequencer = Sequencer::start(store.clone(), config).await.unwrap();
        let mut settings = settings();
        change(&mut settings);
        let authority = Authority::new(Parts {
            store: store.clone(),
            fast: Fast::open("memory", clock.now()).unwrap(),
            outside: outside(&clock, &entropy, sources),
            sealer,
            keys,
            settings,
            apis: apis(),
            ledger_dir,
            sequencer,
            clock,
            entropy: entropy.clone(),
        })
        .unwrap();
        Self {
            store,
            entropy,
            operator: operator.to_string(),
            journal_dir,
            ledger_key,
            jwks,
            now,
            router: router(authority.clone()),
            authority,
            _directory: directory,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst) / 1_000
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// Sends a request from an address of this machine's.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from("127.0.0.1", request).await
    }

    /// Sends a request from an address.
    pub(crate) async fn send_from(&self, address: &str, request: Request<Body>) -> Answer {
        self.send_unplaced(from(address, request)).await
    }

    /// Sends a request as a server would that does not know its origin.
    pub(crate) async fn send_unplaced(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().call(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// The same as [`Self::send`], to be run beside others.
    pub(crate) fn sending(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = StatusCode> + Send + 'static {
        let answering = self.router.clone().call(from("127.0.0.1", request));
        async { answering.await.unwrap().status() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A request of the operator.
    pub(crate) async fn operate(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.operator));
        let request = match body {
            Value::Null => request.body(Body::empty()),
            body => {
                request.header("content-type", "application/json").body(body.to_string().into())
            }
        };
        self.send(request.unwrap()).await
    }

    /// An agent that may read tickets and write refunds, with an Ed25519 key.
    pub(crate) async fn enroll(&self, name: &str) -> Enrolled {
        let body = json!({
            "name": name,
            "owner": "support",
            "scopes": ["tickets:read", "refunds:write"],
            "limit": "90/h",
        });
        let agent = self.operate("POST", "/api/v1/agents", body).await.ok(201);
        let id = agent["id"].as_str().unwrap().to_owned();
        let key = self.key(Algorithm::Ed25519);
        let key_id = self.add_key(&id, &key).await;
        Enrolled { id, key_id, key }
    }

    /// A project of this policy, whose ceiling is reading tickets.
    pub(crate) async fn add_project(&self, name: &str, registration: &str) -> Value {
        let scopes = ["tickets:read"];
        let body = json!({ "name": name, "registration": registration, "scopes": scopes });
        self.operate("POST", "/api/v1/projects", body).await.ok(201)
    }

    pub(crate) async fn add_key(&self, agent: &str, key: &SigningKey) -> String {
        let jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
        let path = format!("/api/v1/agents/{agent}/credentials");
        let added = self.operate("POST", &path, json!({ "jwk": jwk })).await.ok(201);
        added["key_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn key(&self, algorithm: Algorithm) -> SigningKey {
        SigningKey::generate(algorithm, &self.entropy).unwrap()
    }

    /// A draft of a request that is accepted as it is.
    pub(crate) fn draft(&self, method: &'static str, target: &str, keyid: &str) -> Draft {
        let drawn: [u8; 8] = self.entropy.bytes();
        Draft {
            method,
            target: target.to_owned(),
            body: Vec::new(),
            content_type: "application/json",
            keyid: keyid.to_owned(),
            nonce: format!("nonce-{:020}", u64::from_be_bytes(drawn)),
            created: self.now(),
            expires: self.now() + 60,
            host: "127.0.0.1:8701",
            components: Vec::new(),
        }
    }
}

impl Draft {
    pub(crate) fn with_body(mut self, content_type: &'static str, body: &str) -> Self {
        self.content_type = content_type;
        self.body = body.as_bytes().to_vec();
        self
    }

    /// The request, signed by this key.
    pub(crate) fn sign(&self, key: &SigningKey) -> Request<Body> {
        let (path, query) = match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.target.as_str(), None),
        };
        let mut headers = HeaderMap::new();
        if !self.body.is_empty() {
            let mut add = |name: &'static str, value: String| {
                let value = HeaderValue::from_str(&value).unwrap();
                headers.insert(HeaderName::from_static(name), value);
            };
            add("content-type", self.content_type.to_owned());
            add("content-digest", digest::header_value(&self.body));
        }
        let mut components = self.components.clone();
        if components.is_empty() {
            components = sign::default_components(query.is_some(), !self.body.is_empty(), false);
        }
        let request = message::Request {
            method: self.method,
            scheme: "http",
            authority: self.host,
            path,
            query,
            headers: &headers,
        };
        let signing = Signing {
            components: &components,
            created: Timestamp::from_seconds(self.created),
            expires: Timestamp::from_seconds(self.expires),
            nonce: &self.nonce,
            keyid: &self.keyid,
            label: "sig1",
        };
        let signed = sign::sign(&request, key, &signing).unwrap();
        headers.insert("signature-input", signed.signature_input.parse().unwrap());
        headers.insert("signature", signed.signature.parse().unwrap());
        let mut built = Request::builder().method(self.method).uri(&self.target);
        built.headers_mut().unwrap().extend(headers);
        built.body(Body::from(self.body.clone())).unwrap()
    }
}

fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    let address = SocketAddr::new(address.parse().unwrap(), 40_000);
    request.extensions_mut().insert(ConnectInfo(address));
    request
}

/// Others are asked on this machine alone, over plain HTTP.
fn outside(clock: &Clock, entropy: &Entropy, sources: Sources) -> Outside {
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    let guard = Guard { allowed, allow_http: true, ..Guard::default() };
    let nowhere = Resolver::new(|_| Box::pin(async { Ok(Vec::new()) }));
    let upkeep = Upkeep::new(clock.clone(), entropy.clone());
    Outside::new(guard, nowhere, upkeep, sources).unwrap()
}

fn settings() -> Settings {
    Settings {
        trust_domain: "acme.example".to_owned(),
        issuer: ISSUER.to_owned(),
        gateway: "http://127.0.0.1:8700".to_owned(),
        token_ttl_seconds: 900,
        token_bound: true,
        signing_key_days: 30,
        delegation_depth: 4,
        wallets: Served { chains: vec![1], accounts: Accounts::Offline, max_validity_seconds: 60 },
        window: message::Window { window_seconds: 60, skew_seconds: 5 },
        sign_in: Vec::new(),
        signal_sources: Vec::new(),
        approval_webhooks: Vec::new(),
        client_documents: None,
        card_keys: [].into(),
    }
}

fn apis() -> Vec<Api> {
    let tickets = api("tickets", &[("GET", "/tickets", "tickets:read")], Strength::Key);
    let refunds = api("refunds", &[("POST", "/refunds", "refunds:write")], Strength::Bearer);
    let planner = Api { kind: Kind::A2a, ..api("planner", &[], Strength::Key) };
    vec![tickets, refunds, planner]
}

fn api(name: &str, operations: &[(&str, &str, &str)], proof: Strength) -> Api {
    let operations = operations.iter().map(|(method, template, scopes)| {
        let scopes = scopes.parse().unwrap();
        let limit = "5/s".parse().ok();
        Arc::new(Operation { limit, ..Operation::new(name, method, template, scopes) })
    });
    Api {
        name: name.into(),
        kind: Kind::Http,
        hosts: Vec::new(),
        prefix: format!("/{name}"),
        upstream: "http://127.0.0.1:9000".to_owned(),
        resource: format!("http://127.0.0.1:8700/{name}"),
        proof,
        mode: Mode::Enforce,
        pass_signature: false,
        workload_tokens: false,
        txn_token: false,
        described: false,
        contract: Enforcement::default(),
        operations: operations.collect(),
    }
}
