//! People who sign in at an `OpenID` provider, and everything that only looks like it (RFC 9700,
//! section 4; OpenID Connect Core, section 3.1.3.7).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Query;
use bailiwick_authority::{Admits, Settings, Way};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::person::Standing;
use http::{Request, Uri};
use serde_json::{Value, json};

use crate::provider::{CLIENT, Provider, SECRET, Signed};
use crate::world::{Answer, ISSUER, World};

type Fields = BTreeMap<String, String>;

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) provider: Provider,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Where something of the settings is otherwise.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let entropy = World::new().await.entropy;
        let key =
            || bailiwick_proof::keys::SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy);
        let provider = Provider::start(key().unwrap(), key().unwrap()).await;
        let way = |name: &str, client_id: &str| Way {
            name: name.to_owned(),
            issuer: provider.issuer().to_owned(),
            client_id: client_id.to_owned(),
            client_secret: Some(SECRET.to_owned().into()),
            scopes: vec!["email".to_owned()],
            admits: Admits {
                addresses: vec!["*@acme.example".to_owned()],
                claims: BTreeMap::default(),
            },
            approvals: name == "acme",
        };
        let ways = vec![way("acme", CLIENT), way("other", CLIENT)];
        let world = World::with(|settings| {
            settings.sign_in = ways;
            change(settings);
        })
        .await;
        Self { world, provider }
    }

    pub(crate) async fn visit(&self, path: &str, cookies: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookies);
        self.world.send(request.body(Body::empty()).unwrap()).await
    }

    /// A browser begins: the cookie it is given, and what it is sent to the provider with.
    async fn begin(&self, path: &str) -> (String, Fields) {
        let answer = self.visit(path, "").await;
        assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
        let location: Uri = answer.headers["location"].to_str().unwrap().parse().unwrap();
        assert!(
            location
                .to_string()
                .starts_with(&format!("{}/authorize?tenant=acme&", self.provider.issuer()))
        );
        let Query(fields) = Query::<Fields>::try_from_uri(&location).unwrap();
        (cookie(&answer, "bailiwick_attempt"), fields)
    }

    async fn end(&self, way: &str, cookies: &str, fields: &Fields) -> Answer {
        let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let query = bailiwick_fetch::form::encode(pairs);
        self.visit(&format!("/sign-in/with/{way}/callback?{query}"), cookies).await
    }

    /// A whole sign-in: the browser's cookie.
    pub(crate) async fn sign_in(&self) -> String {
        self.sign_in_with("other=1").await
    }

    /// The same, of a browser that has cookies already.
    pub(crate) async fn sign_in_with(&self, cookies: &str) -> String {
        let (attempt, question) = self.begin("/sign-in/with/acme").await;
        let cookies = format!("{cookies}; {attempt}");
        let answer = self.end("acme", &cookies, &self.provider.agree(&question)).await;
        assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
        cookie(&answer, "bailiwick_session")
    }

    /// A sign-in whose token is bent so.
    async fn bent(&self, signed: Signed, claims: Value) -> u16 {
        self.provider.say(signed, claims);
        let (attempt, question) = self.begin("/sign-in/with/acme").await;
        let answer = self.end("acme", &attempt, &self.provider.agree(&question)).await;
        if answer.status != 303 {
            assert!(set_cookies(&answer).is_empty());
        }
        answer.status.as_u16()
    }
}

fn set_cookies(answer: &Answer) -> Vec<String> {
    let fields = answer.headers.get_all("set-cookie").iter();
    fields.map(|field| field.to_str().unwrap().to_owned()).collect()
}

/// The pair of a cookie that was set.
pub(crate) fn cookie(answer: &Answer, name: &str) -> String {
    let set = set_cookies(answer);
    let set = set.iter().find(|it| it.starts_with(&format!("{name}="))).unwrap();
    assert!(set.contains("; Path=/; Max-Age=") && set.contains("; HttpOnly; SameSite=Lax"));
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_signs_in_at_a_provider_and_is_known_again() {
    let stage = Stage::new().await;
    let page = stage.visit("/sign-in?return_to=/me/grants?x=1", "").await;
    let text = String::from_utf8(page.body).unwrap();
    let link = "/sign-in/with/acme?return_to=%2Fme%2Fgrants%3Fx%3D1";
    assert!(text.contains(&format!("href=\"{ISSUER}{link}\"")), "{text}");
    let (attempt, question) = stage.begin(link).await;
    let answer = stage.end("acme", &attempt, &stage.provider.agree(&question)).await;
    assert_eq!(answer.headers["location"], "/me/grants?x=1");
    let session = cookie(&answer, "bailiwick_session");
    assert_eq!(cookie(&answer, "bailiwick_attempt"), "bailiwick_attempt=");
    let page = stage.visit("/sign-in", &session).await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains("Ada &#60;b&#62;Lovelace&#60;/b&#62;"), "a name is text: {text}");
    stage.provider.say(Signed::Properly, json!({ "name": "Ada King" }));
    stage.sign_in().await;
    let people = stage.world.store.read().await.unwrap().people().list().await.unwrap();
    assert_eq!(people.len(), 1, "one person, however often they sign in");
    assert_eq!((people[0].name.as_str(), people[0].role), ("Ada King", None));
    assert_eq!(people[0].email.as_deref(), Some("ada@acme.example"));
    assert_eq!(people[0].subject, "ada");
}

#[tokio::test]
async fn an_answer_that_no_question_of_this_browser_led_to_is_refused() {
    let stage = Stage::new().await;
    let (attempt, question) = stage.begin("/sign-in/with/acme").await;
    let (other, _) = stage.begin("/sign-in/with/acme").await;
    let good = stage.provider.agree(&question);
    let with = |name: &str, value: &str| {
        let mut fields = good.clone();
        fields.insert(name.to_owned(), value.to_owned());
        fields
    };
    let without = |name: &str| {
        let mut fields = good.clone();
        fields.remove(name);
        fields
    };
    let cases = [
        ("no cookie: forged by another site", "acme", "", good.clone()),
        ("the cookie of another attempt", "acme", &other, good.clone()),
        ("two cookies: one was planted", "acme", &format!("{attempt}; {other}"), good.clone()),
        ("another state", "acme", &attempt, with("state", &"A".repeat(43))),
        ("no state", "acme", &attempt, without("state")),
        ("mix-up: another issuer", "acme", &attempt, with("iss", "https://evil.example")),
        ("mix-up: no issuer, of a provider that names itself", "acme", &attempt, without("iss")),
        ("mix-up: the callback of another way", "other", &attempt, good.clone()),
        ("no code", "acme", &attempt, without("code")),
        ("the provider refused", "acme", &attempt, {
            let mut fields = without("code");
            fields.insert("error".to_owned(), "access_denied".to_owned());
            fields
        }),
    ];
    for (what, way, cookies, fields) in cases {
        let answer = stage.end(way, cookies, &fields).await;
        assert_eq!(answer.status, 403, "{what}");
        assert!(set_cookies(&answer).is_empty(), "{what}");
    }
    assert_eq!(stage.provider.redeemed(), 0, "the provider is not asked before all of that holds");
    assert_eq!(stage.end("acme", &attempt, &good).await.status, 303);
    assert_eq!(stage.end("acme", &attempt, &good).await.status, 403, "an answer counts once");
    assert_eq!(stage.provider.redeemed(), 1);
    assert_eq!(stage.end("acme", &attempt, &with("code", "code-x")).await.status, 403);
}

#[tokio::test]
async fn an_attempt_ends_after_ten_minutes() {
    let stage = Stage::new().await;
    let (attempt, question) = stage.begin("/sign-in/with/acme").await;
    let answer = stage.provider.agree(&question);
    stage.world.pass(600);
    assert_eq!(stage.end("acme", &attempt, &answer).await.status, 403);
}

#[tokio::test]
async fn a_code_that_was_injected_is_refused_by_its_verifier_and_nonce() {
    let stage = Stage::new().await;
    let (_, theirs) = stage.begin("/sign-in/with/acme").await;
    let (attempt, mine) = stage.begin("/sign-in/with/acme").await;
    let mut answer = stage.provider.agree(&mine);
    answer.insert("code".to_owned(), stage.provider.agree(&theirs)["code"].clone());
    assert_eq!(stage.end("acme", &attempt, &answer).await.status, 403);
    assert_eq!(stage.bent(Signed::Properly, json!({ "nonce": "another" })).await, 403);
    assert_eq!(stage.bent(Signed::Properly, json!({ "nonce": null })).await, 403);
}

#[tokio::test]
async fn a_token_that_does_not_hold_signs_nobody_in() {
    let stage = Stage::new().await;
    let now = stage.world.now();
    for signed in [Signed::Not, Signed::WithItsPublicKey, Signed::ByAnother] {
        assert_eq!(stage.bent(signed, json!({})).await, 403, "{signed:?}");
    }
    for claims in [
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": null }),
        json!({ "aud": "another-client" }),
        json!({ "aud": [CLIENT, "another-client"] }),
        json!({ "azp": "another-client" }),
        json!({ "aud": null }),
        json!({ "sub": null }),
        json!({ "sub": "a".repeat(256) }),
        json!({ "exp": now }),
        json!({ "exp": null }),
        json!({ "iat": now + 60 }),
        json!({ "iat": null }),
        json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }),
        json!({ "email": "ada@evil.example" }),
        json!({ "email_verified": false }),
        json!({ "email_verified": "true" }),
        json!({ "email": null }),
    ] {
        assert_eq!(stage.bent(Signed::Properly, claims.clone()).await, 403, "{claims}");
    }
    let people = stage.world.store.read().await.unwrap().people().list().await.unwrap();
    assert!(people.is_empty());
    for claims in [
        json!({}),
        json!({ "aud": [CLIENT] }),
        json!({ "aud": [CLIENT, "another-client"], "azp": CLIENT }),
        json!({ "at_hash": "bSKYhMEmi7CrMtjaMV0P5Q" }),
    ] {
        let status = stage.bent(Signed::Properly, claims.clone()).await;
        assert_eq!(status, 303, "{claims}");
    }
}

#[tokio::test]
async fn proving_oneself_again_takes_a_provider_that_says_so() {
    let stage = Stage::new().await;
    for (auth_time, status) in
        [(json!(stage.world.now()), 303), (json!(stage.world.now() - 60), 403), (Value::Null, 403)]
    {
        stage.provider.say(Signed::Properly, json!({ "auth_time": auth_time }));
        let (attempt, question) = stage.begin("/sign-in/with/acme?again=1").await;
        assert_eq!((&*question["prompt"], &*question["max_age"]), ("login", "0"));
        let answer = stage.end("acme", &attempt, &stage.provider.agree(&question)).await;
        assert_eq!(answer.status, status, "{auth_time}");
    }
}

#[tokio::test]
async fn who_is_blocked_does_not_come_back() {
    let stage = Stage::new().await;
    let session = stage.sign_in().await;
    let mut tx = stage.world.store.begin().await.unwrap();
    let mut person = tx.people().list().await.unwrap().remove(0);
    person.state = Standing::Blocked;
    tx.people().update(&person).await.unwrap();
    tx.save().await.unwrap();
    let page = stage.visit("/sign-in", &session).await;
    assert!(!String::from_utf8(page.body).unwrap().contains("You are signed in"));
    assert_eq!(stage.bent(Signed::Properly, json!({})).await, 403);
}
