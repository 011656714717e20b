//! Signals of others: what they end here, and what they cannot.

use bailiwick_authority::{SignalSource, Transmitter};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::grant::{Extent, Grant};
use bailiwick_domain::id::{AgentId, GrantId, KeyId, PersonId, TokenId};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::keys::SigningKey;
use bailiwick_store::issued_tokens::IssuedToken;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde_json::{Value, json};

use crate::delegation::{claims, exchange, is_active, own, token_of};
use crate::signals::{CHANGED, REVOKED, is_signed_in, serve, sign_in};
use crate::world::{Answer, ISSUER, World};

const HERE: &str = "https://here.example";

/// A source that holds this key, and an authority that believes it.
struct Stage {
    world: World,
    key: SigningKey,
}

async fn published(key: &SigningKey) -> String {
    let mut jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    jwk["kid"] = key.thumbprint().into();
    let keys = json!({ "keys": [jwk] }).to_string();
    let kind = [("content-type", "application/jwk-set+json")];
    let get = axum::routing::get(async move || (kind, keys.clone()));
    format!("{}/keys", serve(axum::Router::new().route("/keys", get)).await)
}

fn source(issuer: &str, jwks: &str) -> SignalSource {
    SignalSource {
        issuer: issuer.to_owned(),
        audience: HERE.to_owned(),
        jwks_uri: Some(jwks.parse().unwrap()),
        trust_domain: Some("partner.example".to_owned()),
    }
}

impl Stage {
    async fn new() -> Self {
        let key = SigningKey::generate(
            Algorithm::EcdsaP256Sha256,
            &bailiwick_domain::entropy::Entropy::new(|buffer| buffer.fill(9)),
        );
        let key = key.unwrap();
        let jwks = published(&key).await;
        let world = World::with(|settings| {
            settings.signal_sources = vec![source("https://idp.example", &jwks)];
        });
        Self { world: world.await, key }
    }

    fn claims(&self, jti: &str) -> Value {
        json!({
            "iss": "https://idp.example",
            "aud": HERE,
            "iat": self.world.now(),
            "jti": jti,
            "sub_id": { "format": "iss_sub", "iss": "https://idp.example", "sub": "alice" },
            "events": { REVOKED: { "event_timestamp": self.world.now() } },
        })
    }

    async fn send(&self, claims: &Value) -> Answer {
        let token = jws::sign(&self.key, "secevent+jwt", claims).unwrap();
        send(&self.world, token).await
    }

    /// The answer to a token of which this was changed.
    async fn changed(&self, change: impl FnOnce(&mut Value)) -> Answer {
        let jti: [u8; 8] = self.world.entropy.bytes();
        let mut claims = self.claims(&format!("{jti:?}"));
        change(&mut claims);
        self.send(&claims).await
    }
}

async fn send(world: &World, token: String) -> Answer {
    let request = Request::post("/ssf/events").header("content-type", "application/secevent+jwt");
    world.send(request.body(token.into()).unwrap()).await
}

fn refused(answer: &Answer, err: &str) {
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/json");
    let body = answer.json();
    assert_eq!(body["err"], err);
    assert!(body["description"].is_string());
}

#[tokio::test]
async fn one_authority_ends_a_sign_in_at_another_and_the_grant_that_hangs_on_it() {
    let from = World::new().await;
    let origin = serve(from.router.clone()).await;
    let jwks = format!("{origin}/.well-known/jwks.json");
    let to = World::with(|settings| settings.signal_sources = vec![source(ISSUER, &jwks)]).await;
    let endpoint = format!("{}/ssf/events", serve(to.router.clone()).await);
    let push = json!({ "method": "urn:ietf:rfc:8935", "endpoint_url": endpoint });
    let pushed = json!({ "audience": HERE, "delivery": push });
    from.operate("POST", "/api/v1/signal-streams", pushed).await.ok(201);
    let asked = from.operate("POST", "/api/v1/signal-streams", json!({ "audience": HERE })).await;
    let asked = asked.ok(201);
    for number in [1, 2] {
        sign_in(&from, number, ISSUER, &format!("person-{number}")).await;
    }
    let cookie = sign_in(&to, 7, ISSUER, "person-1").await;
    let other = sign_in(&to, 8, ISSUER, "person-2").await;
    let granted = grant(&to, 7).await;
    assert!(is_signed_in(&to, &cookie).await && !has_ended(&to, granted).await);
    let block = format!("/api/v1/people/{}/block", PersonId::from_bits(1));
    from.operate("POST", &block, Value::Null).await.ok(200);
    Transmitter::new(from.authority.clone()).turn().await.unwrap();
    assert!(!is_signed_in(&to, &cookie).await, "at the next page");
    assert!(has_ended(&to, granted).await);
    assert!(is_signed_in(&to, &other).await);

    // The same by a receiver that asks.
    let block = format!("/api/v1/people/{}/block", PersonId::from_bits(2));
    from.operate("POST", &block, Value::Null).await.ok(200);
    let path = format!("/ssf/poll/{}", asked["stream_id"].as_str().unwrap());
    let bearer = format!("Bearer {}", asked["token"].as_str().unwrap());
    let request = Request::post(path)
        .header("authorization", bearer)
        .header("content-type", "application/json")
        .body(json!({ "returnImmediately": true }).to_string().into());
    let polled = from.send(request.unwrap()).await.ok(200);
    let tokens = polled["sets"].as_object().unwrap();
    assert_eq!(tokens.len(), 2);
    for token in tokens.values() {
        assert_eq!(send(&to, token.as_str().unwrap().to_owned()).await.status, 202);
    }
    assert!(!is_signed_in(&to, &other).await);
}

/// A token that hangs, over a grant, on the latest sign-in of a person.
async fn grant(world: &World, person: u128) -> TokenId {
    let now = Timestamp::from_seconds(world.now());
    let agent: AgentId = world.enroll("a").await.id.parse().unwrap();
    let mut tx = world.store.begin().await.unwrap();
    let person = PersonId::from_bits(person);
    let sql = "SELECT id FROM sessions WHERE person = $1";
    let row = tx.fetch_first(sql, [person.into()]).await.unwrap().unwrap();
    let grant = Grant {
        id: GrantId::from_bits(1),
        agent,
        person: Some(person),
        parent: None,
        depth: 1,
        key: None,
        session: Some(row.text("id").unwrap().parse().unwrap()),
        token: None,
        task: None,
        purpose: String::new(),
        extent: Extent::default(),
        budgets: "".parse().unwrap(),
        expires_at: now.plus_seconds(900),
        ended_at: None,
        ended_because: None,
        created_at: now,
    };
    tx.grants().insert(&grant).await.unwrap();
    let id = TokenId::from_bits(1);
    let token =
        IssuedToken { id, agent, key: None, under: Some(grant.id), expires_at: grant.expires_at };
    tx.issued_tokens().insert(&token, || 0).await.unwrap();
    tx.save().await.unwrap();
    id
}

/// Whether the status list says that the one token has ended.
async fn has_ended(world: &World, _: TokenId) -> bool {
    let now = Timestamp::from_seconds(world.now());
    let mut tx = world.store.read().await.unwrap();
    !tx.issued_tokens().ended(1, now).await.unwrap().is_empty()
}

#[tokio::test]
async fn a_token_that_is_not_as_it_should_be_is_refused_in_the_words_of_the_standard() {
    let stage = Stage::new().await;
    let cookie = sign_in(&stage.world, 1, "https://idp.example", "alice").await;
    let now = stage.world.now();
    refused(&stage.changed(|it| it["aud"] = json!("https://b")).await, "invalid_audience");
    refused(&stage.changed(|it| it["iss"] = json!("https://b")).await, "invalid_issuer");
    for iat in [now - 86_401, now + 61] {
        refused(&stage.changed(|it| it["iat"] = json!(iat)).await, "invalid_request");
    }
    refused(&stage.changed(|it| it["exp"] = json!(now + 9)).await, "invalid_request");
    refused(&stage.changed(|it| it["events"] = json!({})).await, "invalid_request");
    let claims = stage.claims("1");
    let typed = jws::sign(&stage.key, "at+jwt", &claims).unwrap();
    refused(&send(&stage.world, typed).await, "invalid_request");
    let stranger = stage.world.key(Algorithm::EcdsaP256Sha256);
    let token = jws::sign(&stranger, "secevent+jwt", &claims).unwrap();
    refused(&send(&stage.world, token).await, "invalid_key");
    let token = jws::sign(&stage.key, "secevent+jwt", &claims).unwrap();
    let (_, rest) = token.split_once('.').unwrap();
    for alg in ["none", "HS256"] {
        let header = json!({ "alg": alg, "kid": stage.key.thumbprint(), "typ": "secevent+jwt" });
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        refused(&send(&stage.world, format!("{header}.{rest}")).await, "invalid_key");
    }
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([1; 64]));
    refused(&send(&stage.world, forged).await, "authentication_failed");
    refused(&send(&stage.world, "no token".to_owned()).await, "invalid_request");
    let declared = Request::post("/ssf/events").header("content-type", "application/jwt");
    refused(&stage.world.send(declared.body(token.into()).unwrap()).await, "invalid_request");
    assert!(is_signed_in(&stage.world, &cookie).await, "none of them did anything");
    assert_eq!(stage.send(&claims).await.status, 202);
    assert!(!is_signed_in(&stage.world, &cookie).await);
}

#[tokio::test]
async fn without_a_configured_source_nothing_is_taken() {
    let (stage, other) = (Stage::new().await, World::new().await);
    let token = jws::sign(&stage.key, "secevent+jwt", &stage.claims("1")).unwrap();
    refused(&send(&other, token).await, "invalid_issuer");
}

#[tokio::test]
async fn a_signal_that_is_sent_again_does_nothing_again() {
    let stage = Stage::new().await;
    let first = sign_in(&stage.world, 1, "https://idp.example", "alice").await;
    let claims = stage.claims("1");
    assert_eq!(stage.send(&claims).await.status, 202);
    assert!(!is_signed_in(&stage.world, &first).await);
    let again = sign_in(&stage.world, 1, "https://idp.example", "alice").await;
    assert_eq!(stage.send(&claims).await.status, 202);
    assert!(is_signed_in(&stage.world, &again).await);
}

#[tokio::test]
async fn a_source_reaches_its_own_people_and_cannot_tell_whether_others_are_here() {
    let stage = Stage::new().await;
    let own = sign_in(&stage.world, 1, "https://idp.example", "alice").await;
    let others = sign_in(&stage.world, 2, "https://other.example", "bob").await;
    let iss_sub = |iss: &str, sub: &str| json!({ "format": "iss_sub", "iss": iss, "sub": sub });
    let email = |email: &str| json!({ "format": "email", "email": email });
    for subject in [
        iss_sub("https://other.example", "bob"),
        iss_sub("https://idp.example", "bob"),
        iss_sub("https://idp.example", "nobody"),
        email("bob@acme.example"),
        json!({ "format": "complex", "user": iss_sub("https://other.example", "bob") }),
        json!({ "format": "opaque", "id": "1" }),
        json!({}),
    ] {
        let answer = stage.changed(|it| it["sub_id"] = subject.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (202, 0), "{subject}");
    }
    assert!(is_signed_in(&stage.world, &own).await && is_signed_in(&stage.world, &others).await);
    for event in [
        "https://schemas.openid.net/secevent/caep/event-type/token-claims-change",
        "https://schemas.openid.net/secevent/ssf/event-type/verification",
    ] {
        assert_eq!(stage.changed(|it| it["events"] = json!({ event: {} })).await.status, 202);
    }
    for change in ["create", "update"] {
        let event = json!({ CHANGED: { "change_type": change } });
        assert_eq!(stage.changed(|it| it["events"] = event).await.status, 202);
    }
    assert!(is_signed_in(&stage.world, &own).await, "nothing ends by those");
    let alice = || iss_sub("https://idp.example", "alice");
    let session = json!({ "format": "opaque", "id": "1" });
    for (subject, event) in [
        (alice(), json!({ REVOKED: {} })),
        (email("alice@acme.example"), json!({ REVOKED: {} })),
        (
            json!({ "format": "complex", "user": alice(), "session": session }),
            json!({ REVOKED: {} }),
        ),
        (
            json!({ "format": "aliases", "identifiers": [alice()] }),
            json!({ CHANGED: { "change_type": "revoke" } }),
        ),
        (alice(), json!({ CHANGED: { "change_type": "delete" } })),
    ] {
        let cookie = sign_in(&stage.world, 1, "https://idp.example", "alice").await;
        let answer = stage.changed(|it| {
            it["sub_id"] = subject.clone();
            it["events"] = event.clone();
        });
        assert_eq!(answer.await.status, 202);
        assert!(!is_signed_in(&stage.world, &cookie).await, "{subject} {event}");
    }
    assert!(is_signed_in(&stage.world, &others).await);
}

#[tokio::test]
async fn a_source_ends_the_credentials_that_stand_on_its_word_alone() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let agent = world.enroll("a").await;
    world.operate("POST", "/api/v1/issuers", json!({ "url": "https://idp.example" })).await.ok(201);
    let other = json!({ "url": "https://other.example" });
    world.operate("POST", "/api/v1/issuers", other).await.ok(201);
    let path = format!("/api/v1/agents/{}/credentials", agent.id);
    let rule = |issuer: &str, claim: &str| {
        let equal = json!({ claim: "job-1" });
        json!({ "claims": { "issuer": issuer, "equal": equal } })
    };
    let mut keys = Vec::new();
    for body in [
        rule("https://idp.example", "/sub"),
        json!({ "spiffe_id": "spiffe://partner.example/job-1" }),
        rule("https://other.example", "/sub"),
        rule("https://idp.example", "/job"),
        json!({ "spiffe_id": "spiffe://elsewhere.example/job-1" }),
    ] {
        let added = world.operate("POST", &path, body).await.ok(201);
        keys.push(added["key_id"].as_str().unwrap().to_owned());
    }
    let revoke = json!({ CHANGED: { "change_type": "revoke", "credential_type": "x509" } });
    for subject in [
        json!({ "format": "iss_sub", "iss": "https://idp.example", "sub": "job-1" }),
        json!({ "format": "iss_sub", "iss": "https://other.example", "sub": "job-1" }),
        json!({ "format": "uri", "uri": "spiffe://partner.example/job-1" }),
        json!({ "format": "uri", "uri": "spiffe://elsewhere.example/job-1" }),
        json!({ "format": "uri", "uri": "not a SPIFFE ID" }),
    ] {
        let answer = stage.changed(|it| {
            it["sub_id"] = subject;
            it["events"] = revoke.clone();
        });
        assert_eq!(answer.await.status, 202);
    }
    let mut states = Vec::new();
    for key in &keys {
        let shown = world.operate("GET", &format!("/api/v1/credentials/{key}"), Value::Null).await;
        states.push(shown.ok(200)["state"].as_str().unwrap().to_owned());
    }
    assert_eq!(states, ["revoked", "revoked", "active", "active", "active"]);
}

/// CAEP 1.0, section 3.1, about an agent: what it has got so far is over, the agent is not.
#[tokio::test]
async fn a_session_of_an_agent_that_is_over_there_is_over_here() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let (agent, helper) = (world.enroll("a").await, world.enroll("b").await);
    world.operate("POST", "/api/v1/issuers", json!({ "url": "https://idp.example" })).await.ok(201);
    let path = format!("/api/v1/agents/{}/credentials", agent.id);
    let rule = json!({ "issuer": "https://idp.example", "equal": { "/sub": "job-1" } });
    let added = world.operate("POST", &path, json!({ "claims": rule })).await.ok(201);
    let by_rule: KeyId = added["key_id"].as_str().unwrap().parse().unwrap();
    // Two tokens: one got with the rule, which another agent exchanged, and one that was not.
    let [got, other] = [own(world, &agent, "").await, own(world, &agent, "").await];
    let handed_on = token_of(exchange(world, &helper, &got, "").await);
    let id = claims(&got)["jti"].as_str().unwrap().to_owned();
    let mut tx = world.store.begin().await.unwrap();
    let sql = "UPDATE issued_tokens SET key = $1 WHERE id = $2";
    tx.execute(sql, [by_rule.into(), id.into()]).await.unwrap();
    tx.save().await.unwrap();
    let subject = json!({ "format": "iss_sub", "iss": "https://idp.example", "sub": "job-1" });
    let revoke = async |jti: &str| {
        let mut claims = stage.claims(jti);
        claims["sub_id"] = subject.clone();
        assert_eq!(stage.send(&claims).await.status, 202);
    };
    revoke("1").await;
    assert!(!is_active(world, &agent, &got).await && !is_active(world, &helper, &handed_on).await);
    assert!(is_active(world, &agent, &other).await);
    let path = format!("/api/v1/credentials/{by_rule}");
    let shown = world.operate("GET", &path, Value::Null).await.ok(200);
    assert_eq!(shown["state"], "active");
    revoke("2").await;
}

#[tokio::test]
async fn a_source_whose_keys_cannot_be_had_is_told_to_send_again() {
    let gone = World::with(|settings| {
        settings.signal_sources = vec![source("https://idp.example", "http://127.0.0.1:1/keys")];
    });
    let (stage, gone) = (Stage::new().await, gone.await);
    let token = jws::sign(&stage.key, "secevent+jwt", &stage.claims("1")).unwrap();
    send(&gone, token).await.refused(503, "unavailable");
}
