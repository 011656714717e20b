//! An installation, its operator, and what a test puts between it and a client.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bailiwick_client::{Bootstrap, Manner};
use bailiwick_client::{
    BoxError, Carrier, Client, Clock, Denial, Entry, Error, Options, Timestamp, bootstrap,
};
use bailiwick_testkit::installation::Installation;
use bailiwick_testkit::sources::Hands;
use reqwest::{Method, Request, Response};
use serde_json::{Value, json};

/// What agents of the invite may do.
const SCOPES: [&str; 3] = ["tickets:read", "tickets:write", "refunds:write"];

pub(crate) struct Stage {
    pub(crate) installation: Installation,
    pub(crate) invite: String,
    http: reqwest::Client,
}

impl Stage {
    pub(crate) async fn begin() -> Self {
        Self::beside("").await
    }

    /// With this beside its own APIs.
    pub(crate) async fn beside(more: &str) -> Self {
        let installation = Installation::begin(|upstream| apis(upstream) + more).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let stage = Self { installation, invite: String::new(), http };
        let invite = stage.invite(50).await["invite_code"].as_str().unwrap().to_owned();
        Self { invite, ..stage }
    }

    pub(crate) async fn invite(&self, uses: u32) -> Value {
        self.admin(Method::POST, "invites", json!({"scopes": SCOPES, "uses": uses})).await
    }

    /// The admin API, as the operator.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: Value) -> Value {
        let Installation { authority, token, .. } = &self.installation;
        let url = format!("{authority}/api/v1/{path}");
        let request = self.http.request(method, &url).bearer_auth(token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(crate) async fn change(&self, path: &str) {
        self.admin(Method::POST, path, Value::Null).await;
    }

    pub(crate) async fn revoke(&self, key_id: &str) {
        self.admin(Method::DELETE, &format!("credentials/{key_id}"), Value::Null).await;
    }

    /// An agent that wants to come in.
    pub(crate) fn wanted(&self, name: &str, options: Options) -> Bootstrap {
        Bootstrap {
            server: self.installation.authority.clone(),
            entry: Entry::Invite(self.invite.clone()),
            name: name.to_owned(),
            owner: "support".to_owned(),
            purpose: "answers tickets".to_owned(),
            options,
            ..Bootstrap::default()
        }
    }

    pub(crate) async fn client(&self, options: Options) -> Client {
        bootstrap(self.wanted("summarizer", options)).await.unwrap()
    }

    /// A client over a wire that a test holds.
    pub(crate) async fn over(&self, wire: &Wire, manner: Manner) -> Client {
        let options = Options::default().manner(manner);
        self.client(options.carrier(wire.clone()).clock(Hurried::default())).await
    }

    /// An address of the API that takes keys alone, or of the one that takes MACs too.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.installation.gateway)
    }

    /// The field of the request that reached the API last.
    pub(crate) fn heard(&self, name: &str) -> Option<String> {
        let seen = self.installation.upstream.seen();
        let value = seen.last().unwrap().headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }
}

fn apis(upstream: &str) -> String {
    let operation = |method: &str, path: &str, scope: &str, more: &str| {
        format!(
            "[[api.operation]]\nmethod = \"{method}\"\npath = \"{path}\"\n\
             scopes = [\"{scope}\"]\n{more}\n"
        )
    };
    let api = |name: &str, more: &str| {
        format!(
            "[[api]]\nname = \"{name}\"\nprefix = \"/{name}\"\nupstream = \"{upstream}\"\n{more}\n"
        )
    };
    [
        api("acme", ""),
        operation("GET", "/tickets/{id}", "tickets:read", ""),
        operation("PUT", "/tickets/{id}", "tickets:write", ""),
        operation("POST", "/tickets", "tickets:write", ""),
        operation("GET", "/broken", "tickets:read", ""),
        operation("POST", "/broken", "tickets:write", ""),
        operation("GET", "/reports", "tickets:read", "limit = \"2/min\""),
        operation("POST", "/refunds", "refunds:write", "approval = \"always\""),
        api("busy", "proof = \"mac\""),
        operation("GET", "/tickets/{id}", "tickets:read", ""),
    ]
    .concat()
}

/// The code of a refusal.
pub(crate) fn code<T>(sent: Result<T, Error>) -> String {
    match sent {
        Ok(_) => "let through".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

/// The refusal itself.
pub(crate) fn denial<T>(sent: Result<T, Error>) -> Denial {
    sent.err().unwrap().denial().unwrap().clone()
}

/// A clock on which no time passes while somebody waits, unless a test moves it.
#[derive(Clone)]
pub(crate) struct Hurried {
    pub(crate) hands: Hands,
    pub(crate) slept: Arc<Mutex<Vec<Duration>>>,
    /// Whether waiting moves it.
    pub(crate) moves: bool,
}

impl Default for Hurried {
    fn default() -> Self {
        Self { hands: Hands::running(), slept: Arc::default(), moves: false }
    }
}

impl Hurried {
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

#[async_trait]
impl Clock for Hurried {
    fn now(&self) -> Timestamp {
        self.hands.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.slept.lock().unwrap().push(duration);
        if self.moves {
            self.hands.advance(i64::try_from(duration.as_secs()).unwrap() + 1);
        }
    }
}

type Fault = dyn Fn(&Request) -> bool + Send + Sync;

/// A wire that remembers what went over it, and breaks where a test says.
#[derive(Clone)]
pub(crate) struct Wire {
    http: reqwest::Client,
    sent: Arc<Mutex<Vec<Request>>>,
    /// Whether the answer is lost.
    loses: Arc<Fault>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self::losing(|_| false)
    }

    pub(crate) fn losing(loses: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        let builder = reqwest::Client::builder().no_proxy();
        let http = builder.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, sent: Arc::default(), loses: Arc::new(loses) }
    }

    /// What went to this path.
    pub(crate) fn sent(&self, path: &str) -> Vec<Request> {
        let sent = self.sent.lock().unwrap();
        let there = sent.iter().filter(|it| it.url().path() == path);
        there.map(|it| it.try_clone().unwrap()).collect()
    }

    /// Sends the very same bytes.
    pub(crate) async fn again(&self, request: &Request) -> String {
        let answer = self.http.execute(request.try_clone().unwrap()).await.unwrap();
        let said: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        said["code"].as_str().unwrap_or_default().to_owned()
    }
}

#[async_trait]
impl Carrier for Wire {
    async fn carry(&self, request: Request) -> Result<Response, BoxError> {
        let copy = request.try_clone().unwrap();
        let is_lost = (self.loses)(&copy);
        self.sent.lock().unwrap().push(copy);
        let answer = self.http.execute(request).await?;
        if is_lost { Err("the connection broke".into()) } else { Ok(answer) }
    }
}
