//! What another issuer says of a person, exchanged for what an agent may do for them: RFC 8693, RFC
//! 7523 and draft-ietf-oauth-identity-assertion-authz-grant.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::grant::{Budgets, Extent, Grant};
use bailiwick_domain::id::{GrantId, PersonId};
use bailiwick_domain::person::Standing;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::keys::SigningKey;
use serde_json::{Value, json};

use crate::delegation::{
    EXCHANGE, REFUNDS, TICKETS, TYPES, ask, claims, exchange, is_active, own, subject, token_of,
    watcher,
};
use crate::workload::platform;
use crate::world::{Answer, Enrolled, ISSUER, World};

const BEARER: &str = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer";
const APP: &str = "support-app";

/// A company's sign-on, trusted here for people as far as these scopes.
struct SignOn {
    key: SigningKey,
    url: String,
}

impl SignOn {
    async fn trusted(world: &World, scopes: Option<&[&str]>) -> Self {
        let key = world.key(Algorithm::EcdsaP256Sha256);
        let url = platform(&key).await;
        let body = json!({ "url": url, "audience": APP, "person_scopes": scopes });
        let added = world.operate("POST", "/api/v1/issuers", body).await.ok(201);
        assert_eq!(added["person_scopes"], json!(scopes));
        Self { key, url }
    }

    /// A token of this type about Ada, changed by these members; null takes one away.
    fn sign(&self, world: &World, typ: &str, change: &Value) -> String {
        let (iat, exp) = (world.now(), world.now() + 300);
        let mut claims = json!({
            "iss": self.url, "aud": APP, "sub": "ada", "iat": iat, "exp": exp, "name": "Ada",
        });
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        jws::sign(&self.key, typ, &claims).unwrap()
    }

    /// An ID-JAG for this agent.
    fn id_jag(&self, world: &World, agent: &Enrolled, jti: &str, change: &Value) -> String {
        let mut claims = json!({
            "aud": ISSUER, "client_id": agent.id, "jti": jti, "scope": "tickets:read",
        });
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.sign(world, "oauth-id-jag+jwt", &claims)
    }
}

async fn swap(world: &World, agent: &Enrolled, kind: &str, token: &str) -> Answer {
    let form = format!("{EXCHANGE}&subject_token={token}&subject_token_type={TYPES}{kind}");
    ask(world, agent, &form).await
}

async fn bear(world: &World, agent: &Enrolled, assertion: &str, more: &str) -> Answer {
    ask(world, agent, &format!("{BEARER}&assertion={assertion}{more}")).await
}

async fn ada(world: &World, sign_on: &SignOn) -> Option<PersonId> {
    let mut tx = world.store.read().await.unwrap();
    tx.people().find_subject(&sign_on.url, "ada").await.unwrap().map(|person| person.id)
}

/// Ada lets the agent read tickets.
async fn consent(world: &World, agent: &Enrolled, person: PersonId) -> GrantId {
    let at = |seconds| Timestamp::from_seconds(world.now() + seconds);
    let grant = Grant {
        id: GrantId::fresh(at(0), &world.entropy),
        agent: agent.id.parse().unwrap(),
        person: Some(person),
        parent: None,
        depth: 1,
        key: None,
        session: None,
        token: None,
        task: None,
        purpose: String::new(),
        extent: Extent {
            scopes: "tickets:read refunds:write".parse().unwrap(),
            resources: vec![TICKETS.to_owned()],
            ..Extent::default()
        },
        budgets: Budgets::default(),
        expires_at: at(86_400),
        ended_at: None,
        ended_because: None,
        created_at: at(0),
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.grants().insert(&grant).await.unwrap();
    tx.save().await.unwrap();
    grant.id
}

#[tokio::test]
async fn an_access_token_hands_on_what_it_names_within_both_ceilings() {
    let world = World::new().await;
    let sign_on = SignOn::trusted(&world, Some(&["mail:send", "tickets:read"])).await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let scope = json!({ "scope": "openid Weird tickets:read refunds:write mail:send" });
    let token = sign_on.sign(&world, "at+jwt", &scope);
    let first = token_of(swap(&world, &a, "access_token", &token).await);
    let person = ada(&world, &sign_on).await.unwrap().to_string();
    let said = claims(&first);
    assert_eq!((&said["sub"], &said["scope"]), (&json!(person), &json!("tickets:read")));
    assert_eq!((&said["act"], &said["aud"]), (&json!({ "sub": subject("a") }), &json!(TICKETS)));
    assert_eq!(said["exp"], world.now() + 300);
    let second = claims(&token_of(exchange(&world, &b, &first, "").await));
    assert_eq!(second["sub"], said["sub"]);
    assert_eq!(second["act"], json!({ "sub": subject("b"), "act": { "sub": subject("a") } }));
    let more = format!("&scope=refunds:write&subject_token={token}");
    let wide = format!("{EXCHANGE}&subject_token_type={TYPES}jwt{more}");
    ask(&world, &a, &wide).await.refused(400, "invalid_scope");
}

#[tokio::test]
async fn an_id_token_is_worth_what_the_person_granted_and_ends_with_it() {
    let world = World::new().await;
    let sign_on = SignOn::trusted(&world, Some(&["tickets:read"])).await;
    let (a, b, watcher) = (world.enroll("a").await, world.enroll("b").await, watcher(&world).await);
    let id_token = sign_on.sign(&world, "JWT", &json!({ "azp": APP }));
    swap(&world, &a, "id_token", &id_token).await.refused(400, "invalid_grant");
    assert_eq!(ada(&world, &sign_on).await, None);
    let scoped = sign_on.sign(&world, "JWT", &json!({ "scope": "tickets:read" }));
    swap(&world, &b, "jwt", &scoped).await.ok(200);
    let person = ada(&world, &sign_on).await.unwrap();
    swap(&world, &a, "id_token", &id_token).await.refused(400, "invalid_grant");
    let grant = consent(&world, &a, person).await;
    let token = token_of(swap(&world, &a, "id_token", &id_token).await);
    let said = claims(&token);
    assert_eq!((&said["scope"], &said["aud"]), (&json!("tickets:read"), &json!(TICKETS)));
    assert_eq!(said["act"], json!({ "sub": subject("a") }));
    let form = format!("subject_token={id_token}&subject_token_type={TYPES}id_token");
    let elsewhere = ask(&world, &a, &format!("{EXCHANGE}&{form}&resource={REFUNDS}")).await;
    elsewhere.refused(400, "invalid_target");
    assert!(is_active(&world, &watcher, &token).await);
    let path = format!("/api/v1/grants/{grant}");
    world.operate("DELETE", &path, Value::Null).await.ok(200);
    assert!(!is_active(&world, &watcher, &token).await);
    swap(&world, &a, "id_token", &id_token).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn an_id_jag_is_good_once_for_its_client_alone() {
    let world = World::new().await;
    let sign_on = SignOn::trusted(&world, Some(&["tickets:read"])).await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let good = sign_on.id_jag(&world, &a, "1", &json!({ "resource": TICKETS }));
    bear(&world, &b, &good, "").await.refused(400, "invalid_grant");
    for kind in ["access_token", "jwt", "id_token"] {
        swap(&world, &a, kind, &good).await.refused(400, "invalid_grant");
    }
    let assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let form = format!(
        "grant_type=client_credentials&client_assertion_type={assertion}&client_assertion={good}"
    );
    let request = http::Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into());
    world.send(request.unwrap()).await.refused(401, "token_invalid");
    let token = claims(&token_of(bear(&world, &a, &good, "").await));
    assert_eq!((&token["scope"], &token["aud"]), (&json!("tickets:read"), &json!(TICKETS)));
    bear(&world, &a, &good, "").await.refused(400, "invalid_grant");
    for change in [
        json!({ "aud": APP }),
        json!({ "aud": [ISSUER, APP] }),
        json!({ "aud": [ISSUER, APP], "azp": ISSUER }),
        json!({ "client_id": null }),
        json!({ "client_id": 7 }),
        json!({ "jti": null }),
        json!({ "jti": "" }),
        json!({ "jti": "x".repeat(257) }),
        json!({ "exp": world.now() }),
        json!({ "iss": "https://stranger.test" }),
        json!({ "iss": ISSUER }),
        json!({ "resource": 7 }),
        json!({ "cnf": { "jkt": "another" } }),
        json!({ "may_act": { "sub": b.id } }),
        json!({ "authorization_details": [{ "type": "payment" }] }),
    ] {
        let bad = sign_on.id_jag(&world, &a, "2", &change);
        bear(&world, &a, &bad, "").await.refused(400, "invalid_grant");
    }
    let nowhere = sign_on.id_jag(&world, &a, "2", &json!({ "resource": "http://evil.test" }));
    bear(&world, &a, &nowhere, "").await.refused(400, "invalid_target");
    let beyond = sign_on.id_jag(&world, &a, "2", &json!({ "scope": "refunds:write" }));
    bear(&world, &a, &beyond, "").await.refused(400, "invalid_scope");
    let jkt = a.key.thumbprint();
    let bound = sign_on.id_jag(&world, &a, "2", &json!({ "cnf": { "jkt": jkt } }));
    bear(&world, &a, &bound, "").await.ok(200);
    ask(&world, &a, BEARER).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn an_assertion_stands_for_a_person_only_where_its_issuer_may() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let never = SignOn::trusted(&world, None).await;
    let sign_on = SignOn::trusted(&world, Some(&["tickets:read"])).await;
    let scope = json!({ "scope": "tickets:read", "jti": "1" });
    let told = never.sign(&world, "JWT", &scope);
    bear(&world, &a, &told, "").await.refused(400, "invalid_grant");
    swap(&world, &a, "jwt", &told).await.refused(400, "invalid_grant");
    let good = sign_on.sign(&world, "JWT", &scope);
    bear(&world, &a, &good, "").await.ok(200);
    bear(&world, &a, &good, "").await.ok(200);
    bear(&world, &b, &good, "").await.refused(400, "invalid_grant");
    for (typ, change) in [
        ("at+jwt", json!({})),
        ("JWT", json!({ "aud": "other" })),
        ("JWT", json!({ "aud": [APP, "other"] })),
        ("JWT", json!({ "client_id": b.id })),
        ("JWT", json!({ "azp": b.id })),
        ("JWT", json!({ "sub": null })),
        ("client-authentication+jwt", json!({})),
    ] {
        let mut claims = json!({ "scope": "tickets:read" });
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let bad = sign_on.sign(&world, typ, &claims);
        bear(&world, &a, &bad, "").await.refused(400, "invalid_grant");
    }
    let odd = sign_on.sign(&world, "JWT", &json!({ "azp": "other" }));
    swap(&world, &a, "id_token", &odd).await.refused(400, "invalid_grant");
    let ours = own(&world, &a, "").await;
    bear(&world, &a, &ours, "").await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn a_blocked_person_is_acted_for_by_nobody() {
    let world = World::new().await;
    let sign_on = SignOn::trusted(&world, Some(&["tickets:read"])).await;
    let (a, watcher) = (world.enroll("a").await, watcher(&world).await);
    let told = sign_on.sign(&world, "JWT", &json!({ "scope": "tickets:read" }));
    let token = token_of(bear(&world, &a, &told, "").await);
    assert!(is_active(&world, &watcher, &token).await);
    let person = ada(&world, &sign_on).await.unwrap();
    let mut tx = world.store.begin().await.unwrap();
    let mut found = tx.people().find(person).await.unwrap().unwrap();
    assert_eq!((&*found.name, &found.email), ("Ada", &None));
    found.state = Standing::Blocked;
    tx.people().update(&found).await.unwrap();
    tx.save().await.unwrap();
    assert!(!is_active(&world, &watcher, &token).await);
    bear(&world, &a, &told, "").await.refused(400, "invalid_grant");
}
