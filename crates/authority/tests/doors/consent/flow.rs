//! What it takes to get through the flow: a person at a browser, and clients.

use axum::body::Body;
use bailiwick_domain::id::{PersonId, SessionId};
use bailiwick_domain::person::{Person, SESSION_SECONDS, Session, Standing};
use bailiwick_domain::time::Timestamp;
use bailiwick_fetch::form::escaped;
use bailiwick_proof::jws;
use bailiwick_proof::opaque::{self, Opens, sha256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde_json::{Value, json};

use crate::world::{Answer, Enrolled, ISSUER, World};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const REDIRECT: &str = "https://app.example/cb";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const REFUNDS: &str = "http://127.0.0.1:8700/refunds";

/// A person at a browser, signed in.
pub(crate) struct Browser {
    pub(crate) person: PersonId,
    pub(crate) session: SessionId,
    cookie: String,
}

/// A client, and how it authenticates.
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) agent: Option<Enrolled>,
}

pub(crate) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(sha256(VERIFIER.as_bytes()))
}

pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={}", escaped(v))).collect();
    pairs.join("&")
}

impl Browser {
    /// Signs a person in; the same name is the same person.
    pub(crate) async fn sign_in(world: &World, name: &str) -> Self {
        let now = Timestamp::from_seconds(world.now());
        let mut tx = world.store.begin().await.unwrap();
        let person = if let Some(person) = tx.people().find_subject(ISSUER, name).await.unwrap() {
            person.id
        } else {
            let person = Person {
                id: PersonId::fresh(now, &world.entropy),
                issuer: ISSUER.to_owned(),
                subject: name.to_owned(),
                name: name.to_owned(),
                email: None,
                role: None,
                state: Standing::Active,
                created_at: now,
            };
            tx.people().insert(&person).await.unwrap();
            person.id
        };
        let (secret, digest) = opaque::fresh(Opens::Pages, &world.entropy);
        let session = Session {
            id: SessionId::fresh(now, &world.entropy),
            person,
            digest,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now.plus_seconds(SESSION_SECONDS),
            ended_at: None,
        };
        tx.sessions().insert(&session).await.unwrap();
        tx.save().await.unwrap();
        let cookie = format!("bailiwick_session={}", *secret);
        Self { person, session: session.id, cookie }
    }

    pub(crate) async fn get(&self, world: &World, target: &str) -> Answer {
        let request = Request::get(target).header("cookie", &self.cookie);
        world.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, world: &World, target: &str, form: &[(&str, &str)]) -> Answer {
        let request = Request::post(target)
            .header("cookie", &self.cookie)
            .header("origin", ISSUER)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", FORM);
        world.send(request.body(encode(form).into()).unwrap()).await
    }

    /// Its cookie.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Ends the sign-in.
    pub(crate) async fn sign_out(&self, world: &World) {
        let mut tx = world.store.begin().await.unwrap();
        let now = Timestamp::from_seconds(world.now());
        assert!(tx.sessions().end(self.session, now).await.unwrap());
        tx.save().await.unwrap();
    }

    /// Loads the page that asks, and says yes to these scopes.
    pub(crate) async fn allow(&self, world: &World, target: &str, scopes: &[&str]) -> Answer {
        let page = self.get(world, target).await;
        let token = hidden(&page, "form_token");
        let mut form = vec![("form_token", &*token), ("decision", "allow"), ("seconds", "3600")];
        form.extend(scopes.iter().map(|scope| ("scope", *scope)));
        form.push(("offline", "yes"));
        self.post(world, target, &form).await
    }
}

/// The value of a hidden field of a page.
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    let text = String::from_utf8_lossy(&page.body);
    let mark = format!("name=\"{name}\" value=\"");
    let after = text.split_once(&mark).unwrap_or_else(|| panic!("no {name} in {text}")).1;
    after.split('"').next().unwrap().to_owned()
}

/// The parameters of the answer in a redirect to the client.
pub(crate) fn redirected(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status.as_u16(), 303, "{}", String::from_utf8_lossy(&answer.body));
    let location = answer.headers["location"].to_str().unwrap();
    let query = location.split_once('?').unwrap().1;
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let escaped = byte == b'%';
            let mut digit = || {
                let digit = char::from(rest.next().unwrap()).to_digit(16);
                u8::try_from(digit.unwrap()).unwrap()
            };
            bytes.push(if escaped { digit() * 16 + digit() } else { byte });
        }
        String::from_utf8(bytes).unwrap()
    };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), decode(value))
    };
    query.split('&').map(pair).collect()
}

pub(crate) fn parameter(answer: &Answer, name: &str) -> Option<String> {
    redirected(answer).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// Asserts that the client is told of an error, with `iss`.
pub(crate) fn refused(answer: &Answer, error: &str) {
    assert_eq!(parameter(answer, "error").as_deref(), Some(error), "{:?}", redirected(answer));
    assert_eq!(parameter(answer, "iss").as_deref(), Some(ISSUER));
    assert!(parameter(answer, "code").is_none());
}

impl Client {
    /// A client that is public.
    pub(crate) async fn public(world: &World, name: &str) -> Self {
        let agent = world.enroll(name).await;
        let body = json!({
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none",
        });
        let path = format!("/api/v1/agents/{}/client", agent.id);
        world.operate("PUT", &path, body).await.ok(200);
        Self { id: agent.id, agent: None }
    }

    /// A client that signs its requests.
    pub(crate) async fn confidential(world: &World, name: &str) -> Self {
        let agent = world.enroll(name).await;
        let body = json!({
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "http_message_signature",
        });
        let path = format!("/api/v1/agents/{}/client", agent.id);
        world.operate("PUT", &path, body).await.ok(200);
        Self { id: agent.id.clone(), agent: Some(agent) }
    }

    /// Registers it for these grants as well, with what else belongs to that.
    pub(crate) async fn may(self, world: &World, grants: &[&str], more: Value) -> Self {
        let method = if self.agent.is_some() { "http_message_signature" } else { "none" };
        let grants = [&["authorization_code", "refresh_token"], grants].concat();
        let mut body = json!({
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": method,
            "grant_types": grants,
        });
        let members = body.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        let path = format!("/api/v1/agents/{}/client", self.id);
        world.operate("PUT", &path, body).await.ok(200);
        self
    }

    /// Where a person is sent: with these parameters beside the usual ones, in place of those of
    /// the same name; one without a value is left out.
    pub(crate) fn target(&self, more: &[(&str, &str)]) -> String {
        format!("/oauth/authorize?{}", encode(&self.parameters(more, &challenge())))
    }

    pub(crate) fn parameters<'a>(
        &'a self,
        more: &[(&'a str, &'a str)],
        challenge: &'a str,
    ) -> Vec<(&'a str, &'a str)> {
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", &*self.id),
            ("redirect_uri", REDIRECT),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("state", "xyz"),
            ("scope", "refunds:write"),
        ];
        pairs.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        pairs.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        pairs
    }

    /// Posts a form as this client.
    pub(crate) async fn post(&self, world: &World, path: &str, form: &[(&str, &str)]) -> Answer {
        if let Some(agent) = &self.agent {
            let draft = world.draft("POST", path, &agent.key_id);
            world.send(draft.with_body(FORM, &encode(form)).sign(&agent.key)).await
        } else {
            let mut form = form.to_vec();
            form.retain(|(name, _)| *name != "client_id");
            form.push(("client_id", &self.id));
            let request = Request::post(path).header("content-type", FORM);
            world.send(request.body(encode(&form).into()).unwrap()).await
        }
    }

    pub(crate) async fn redeem(&self, world: &World, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.post(world, "/oauth/token", &form).await
    }

    pub(crate) async fn refresh(&self, world: &World, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.post(world, "/oauth/token", &form).await
    }

    /// A code for refunds, which a person just allowed.
    pub(crate) async fn code(&self, world: &World, browser: &Browser) -> String {
        let target = self.target(&[]);
        let answer = browser.allow(world, &target, &["refunds:write"]).await;
        parameter(&answer, "code").unwrap()
    }

    /// The tokens of a consent that outlasts the sign-in.
    pub(crate) async fn offline(&self, world: &World, browser: &Browser) -> Value {
        let target =
            self.target(&[("scope", "refunds:write offline_access"), ("prompt", "consent")]);
        let answer = browser.allow(world, &target, &["refunds:write"]).await;
        self.redeem(world, &parameter(&answer, "code").unwrap()).await.ok(200)
    }
}

/// What a token says.
pub(crate) fn claims(tokens: &Value) -> Value {
    let token = tokens["access_token"].as_str().unwrap();
    jws::decode(token).unwrap().payload
}
