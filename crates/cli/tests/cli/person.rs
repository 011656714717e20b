//! A person who is signed in at the authority, and says yes to whatever an agent asks for.

use std::path::Path;

use axum::Router;
use axum::extract::State;
use bailiwick_domain::id::{PersonId, SessionId};
use bailiwick_domain::person::{SESSION_SECONDS, Session, Standing};
use bailiwick_fetch::form;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Store;
use bailiwick_testkit::sources::{Hands, entropy};
use tokio::net::TcpListener;

use crate::stand::Stand;

/// Their browser.
#[derive(Clone)]
pub(crate) struct Person {
    authority: String,
    cookie: String,
    browser: reqwest::Client,
}

impl Person {
    /// Signs somebody in: the row that a sign-in leaves, and the cookie that goes with it.
    pub(crate) async fn sign_in(stand: &Stand) -> Self {
        let (entropy, now) = (entropy(7), Hands::running().now());
        let (secret, digest) = opaque::fresh(Opens::Pages, &entropy);
        let person = bailiwick_domain::person::Person {
            id: PersonId::fresh(now, &entropy),
            issuer: stand.authority.clone(),
            subject: "zoe".to_owned(),
            name: "Zoe".to_owned(),
            email: None,
            role: None,
            state: Standing::Active,
            created_at: now,
        };
        let session = Session {
            id: SessionId::fresh(now, &entropy),
            person: person.id,
            digest,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now.plus_seconds(SESSION_SECONDS),
            ended_at: None,
        };
        let database = stand.path().join("data/bailiwick.db");
        let url = format!("sqlite:{}", database.display());
        let store = Store::open(&url, Path::new("/")).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.people().insert(&person).await.unwrap();
        tx.sessions().insert(&session).await.unwrap();
        tx.save().await.unwrap();
        store.close().await;
        let stays = reqwest::redirect::Policy::none();
        let browser = reqwest::Client::builder().redirect(stays).no_proxy().build().unwrap();
        let cookie = format!("bailiwick_session={}", *secret);
        Self { authority: stand.authority.clone(), cookie, browser }
    }

    /// Where a client asks: the URL it sends the person to is the body of a request to this one,
    /// and where they are sent back to is that of the answer.
    pub(crate) async fn listen(self) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(allow).with_state(self);
        tokio::spawn(async { axum::serve(listener, router).await });
        url
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        request.header("cookie", &self.cookie).send().await.unwrap()
    }
}

/// The page that asks, and its form sent as its browser does.
async fn allow(State(person): State<Person>, url: String) -> String {
    let page = person.send(person.browser.get(&url)).await.text().await.unwrap();
    let mark = "name=\"form_token\" value=\"";
    let (_, token) = page.split_once(mark).unwrap_or_else(|| panic!("no form: {page}"));
    let fields = [
        ("form_token", token.split('"').next().unwrap()),
        ("decision", "allow"),
        ("seconds", "3600"),
        ("scope", "tickets:read"),
        ("offline", "yes"),
    ];
    let request = person
        .browser
        .post(&url)
        .header("origin", &person.authority)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form::encode(fields));
    let answer = person.send(request).await;
    answer.headers()["location"].to_str().unwrap().to_owned()
}
