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
    /// What they are known as.
    pub(crate) id: PersonId,
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
        Self { id: person.id, authority: stand.authority.clone(), cookie, browser }
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

    /// A page as they see it.
    async fn page(&self, url: &str) -> String {
        self.send(self.browser.get(url)).await.text().await.unwrap()
    }

    /// Sends a form of a page there, with its token.
    async fn post(&self, url: &str, page: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let token = [("form_token", after(page, "name=\"form_token\" value=\""))];
        let fields = token.into_iter().chain(fields.iter().copied());
        let request = self
            .browser
            .post(url)
            .header("origin", &self.authority)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form::encode(fields));
        self.send(request).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        request.header("cookie", &self.cookie).send().await.unwrap()
    }
}

/// What stands there after a mark, up to the end of the attribute.
fn after<'a>(page: &'a str, mark: &str) -> &'a str {
    let (_, rest) = page.split_once(mark).unwrap_or_else(|| panic!("no {mark}: {page}"));
    rest.split('"').next().unwrap()
}

/// Says yes at this URL: the page that asks, the one where a device's code is entered, or the list
/// of what waits.
async fn allow(State(person): State<Person>, url: String) -> String {
    const YES: [(&str, &str); 4] =
        [("decision", "allow"), ("seconds", "3600"), ("scope", "tickets:read"), ("offline", "yes")];
    let mut page = person.page(&url).await;
    let mut target = url.clone();
    let mut fields = YES.to_vec();
    let code;
    if url.ends_with("/me/requests") {
        target = format!("{url}/{}", after(&page, "href=\"/me/requests/"));
        page = person.page(&target).await;
    } else if url.contains("/device?") {
        target = format!("{}/device", person.authority);
        let (_, given) = url.split_once("user_code=").unwrap();
        let entered = person.post(&target, &page, &[("user_code", given)]).await;
        page = entered.text().await.unwrap();
        code = after(&page, "name=\"user_code\" value=\"").to_owned();
        fields.push(("user_code", &code));
    }
    let answer = person.post(&target, &page, &fields).await;
    let location = answer.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
    location.unwrap_or_default()
}
