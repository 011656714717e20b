//! What whoever holds a token may try to get more by: each test names the section it descends from.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::{AgentId, KeyId, TokenId};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::AccessToken;
use bailiwick_proof::keys::SigningKey;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::delegation::{
    EXCHANGE, REFUNDS, TICKETS, TYPES, ask, claims, enroll, exchange, introspect, is_active, own,
    signed, subject, token_of, watcher,
};
use crate::world::{Enrolled, ISSUER, World};

/// RFC 8693, section 2.1 and RFC 6749, section 6: what was narrowed once cannot be widened again,
/// by nobody and on no way around.
#[tokio::test]
async fn what_was_narrowed_is_never_widened_by_exchanging_again() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let whole = own(&world, &a, "").await;
    let narrow = token_of(exchange(&world, &b, &whole, "scope=tickets:read&ttl_seconds=60").await);
    for agent in [&a, &b] {
        for (more, error) in [
            ("scope=refunds:write", "invalid_scope"),
            ("scope=tickets:read+refunds:write", "invalid_scope"),
            ("scope=*", "invalid_scope"),
        ] {
            exchange(&world, agent, &narrow, more).await.refused(400, error);
        }
        let again = token_of(exchange(&world, agent, &narrow, "ttl_seconds=86400").await);
        assert_eq!(claims(&again)["scope"], "tickets:read");
        assert_eq!(claims(&again)["exp"], claims(&narrow)["exp"]);
    }
    let details = format!(
        "authorization_details={}",
        json!([{ "type": "operation", "locations": [TICKETS], "actions": ["GET /tickets"],
                 "identifier": "/tickets/7" }])
    );
    let one = token_of(exchange(&world, &b, &whole, &details).await);
    let wider = details.replace("/tickets/7", "/tickets/8");
    let answer = exchange(&world, &b, &one, &wider).await;
    answer.refused(400, "invalid_authorization_details");
}

/// RFC 8693, sections 1.1 and 4.1: the client is the actor, whether an actor token says so or not.
#[tokio::test]
async fn leaving_the_actor_token_out_is_no_impersonation() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let token = own(&world, &a, "").await;
    let actor = own(&world, &b, "").await;
    let with = format!("actor_token={actor}&actor_token_type={TYPES}access_token");
    let (without, with) =
        (exchange(&world, &b, &token, "").await, exchange(&world, &b, &token, &with).await);
    let (without, with) = (claims(&token_of(without)), claims(&token_of(with)));
    for name in ["sub", "act", "scope", "aud", "client_id", "exp", "cnf"] {
        assert_eq!(without[name], with[name], "{name}");
    }
    assert_eq!(without["act"], json!({ "sub": subject("b") }));
}

/// RFC 8693, section 2.1: an actor token of somebody else, or a dead one, makes nobody an actor.
#[tokio::test]
async fn somebody_elses_actor_token_is_refused() {
    let world = World::new().await;
    let (a, b, c) = (world.enroll("a").await, world.enroll("b").await, world.enroll("c").await);
    let token = own(&world, &a, "").await;
    let dead = own(&world, &b, "").await;
    let revoke = signed(&world, &b, "/oauth/revoke", &format!("token={dead}"));
    assert_eq!(world.send(revoke).await.status, 200);
    for actor in [&token, &own(&world, &c, "").await, &dead, "x"] {
        let more = format!("actor_token={actor}&actor_token_type={TYPES}access_token");
        exchange(&world, &b, &token, &more).await.refused(400, "invalid_grant");
    }
}

/// RFC 8693, section 4.1: a chain of actors has an end.
#[tokio::test]
async fn a_chain_of_delegations_has_an_end() {
    let world = World::with(|settings| settings.delegation_depth = 2).await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let mut token = own(&world, &a, "").await;
    for agent in [&b, &a] {
        token = token_of(exchange(&world, agent, &token, "").await);
    }
    exchange(&world, &b, &token, "").await.refused(400, "invalid_grant");
    // What an agent narrows for itself is no delegation, and has an end as well.
    let mut narrowed = 0;
    loop {
        let answer = exchange(&world, &a, &token, "").await;
        if answer.status != 200 {
            answer.refused(400, "invalid_grant");
            break;
        }
        token = token_of(answer);
        narrowed += 1;
    }
    assert!((16..64).contains(&narrowed), "{narrowed}");
}

/// RFC 8707, section 2.2 and RFC 8693, section 2.2.2: an exchange leads to no other API.
#[tokio::test]
async fn no_audience_is_added() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let token = own(&world, &a, "audience=tickets").await;
    for more in [
        "audience=refunds".to_owned(),
        "audience=tickets&audience=refunds".to_owned(),
        format!("resource={REFUNDS}"),
        format!("resource={TICKETS}&resource={REFUNDS}"),
        format!("resource={TICKETS}/"),
        format!("resource={ISSUER}"),
        "audience=Tickets".to_owned(),
    ] {
        exchange(&world, &b, &token, &more).await.refused(400, "invalid_target");
    }
    let kept = token_of(exchange(&world, &b, &token, "").await);
    assert_eq!(claims(&kept)["aud"], TICKETS);
}

fn forged(world: &World, agent: &Enrolled, change: impl FnOnce(&mut AccessToken)) -> AccessToken {
    let at = |seconds| Timestamp::from_seconds(world.now() + seconds);
    let mut token = AccessToken {
        iss: ISSUER.to_owned(),
        sub: subject("a"),
        aud: vec![TICKETS.to_owned()],
        client_id: agent.id.parse::<AgentId>().unwrap(),
        iat: at(0),
        exp: at(60),
        jti: TokenId::from_bits(1),
        scope: "tickets:read".parse().unwrap(),
        cnf: None,
        agent: "a".parse().unwrap(),
        project: "default".parse().unwrap(),
        owner: "support".to_owned(),
        kind: "autonomous".parse().unwrap(),
        rate_limit: None,
        key_id: Some(agent.key_id.parse::<KeyId>().unwrap()),
        grant: None,
        task: None,
        purpose: None,
        act: Vec::new(),
        may_act: None,
        authorization_details: "".parse().unwrap(),
        status: None,
    };
    change(&mut token);
    token
}

fn encode(part: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
}

/// RFC 8725, sections 2.1 and 3.1, RFC 7515, section 4.1: nothing in a token says how it is
/// checked.
#[tokio::test]
async fn a_subject_token_does_not_choose_how_it_is_verified() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let good = own(&world, &a, "").await;
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let header: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        format!("{}.{payload}.{signature}", encode(&header))
    };
    let own_jwk: Value = serde_json::from_str(&b.key.public().unwrap().to_jwk()).unwrap();
    let unsigned = format!("{}.{payload}.", encode(&json!({ "alg": "none", "typ": "at+jwt" })));
    let foreign = forged(&world, &a, |_| ()).sign(&b.key).unwrap();
    for token in [
        unsigned,
        with("alg", json!("none")),
        with("alg", json!("HS256")),
        with("alg", json!("EdDSA")),
        with("jwk", own_jwk),
        with("jku", json!("https://evil.test/keys")),
        with("x5u", json!("https://evil.test/chain")),
        with("crit", json!(["exp"])),
        with("typ", json!("JWT")),
        with("kid", json!(b.key.thumbprint())),
        foreign,
    ] {
        exchange(&world, &b, &token, "").await.refused(400, "invalid_grant");
        assert!(!is_active(&world, &a, &token).await);
    }
    exchange(&world, &b, &good, "").await.ok(200);
}

/// RFC 8725, section 3.8: a key that goes by the name of this issuer's is not this issuer's.
#[tokio::test]
async fn a_token_from_another_issuer_with_the_same_kid_is_refused() {
    let world = World::new().await;
    let elsewhere = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let kid = world.jwks["keys"][0]["kid"].as_str().unwrap();
    // The same bytes of entropy make the same authority elsewhere: its key is this one's.
    assert_eq!(elsewhere.jwks["keys"][0]["kid"].as_str(), Some(kid));
    let key: SigningKey = world.key(Algorithm::EcdsaP256Sha256);
    let signed = forged(&world, &a, |_| ()).sign(&key).unwrap();
    let (_, rest) = signed.split_once('.').unwrap();
    let header = json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" });
    let renamed = format!("{}.{rest}", encode(&header));
    exchange(&world, &b, &renamed, "").await.refused(400, "invalid_grant");
    let theirs = forged(&world, &a, |token| token.iss = "https://other.test".to_owned());
    let theirs = theirs.sign(&key).unwrap();
    exchange(&world, &b, &theirs, "").await.refused(400, "invalid_grant");
}

/// RFC 7662, sections 2.2 and 4: who may not know learns nothing, not even that a token was one.
#[tokio::test]
async fn introspection_is_no_oracle() {
    let world = World::new().await;
    let (a, b, c) = (world.enroll("a").await, world.enroll("b").await, world.enroll("c").await);
    let live = own(&world, &a, "").await;
    let handed = token_of(exchange(&world, &b, &live, "").await);
    let revoked = own(&world, &a, "").await;
    let revoke = signed(&world, &a, "/oauth/revoke", &format!("token={revoked}"));
    assert_eq!(world.send(revoke).await.status, 200);
    let brief = own(&world, &a, "ttl_seconds=1").await;
    world.pass(1);
    let unscoped = enroll(&world, "d", "default", &["tokens:read"]).await;
    for token in [&*live, &handed, &revoked, &brief, "x", "a.b.c", &"x".repeat(20_000)] {
        for asker in [&c, &unscoped] {
            assert_eq!(introspect(&world, asker, token).await, json!({ "active": false }));
        }
    }
    for token in [&*revoked, &brief, "x"] {
        assert_eq!(introspect(&world, &a, token).await, json!({ "active": false }));
    }
    assert!(!is_active(&world, &b, &live).await);
    assert!(is_active(&world, &a, &handed).await);
}

/// RFC 7009, section 2.1: whatever hangs on what was taken back is worth nothing, at once.
#[tokio::test]
async fn a_revoked_ancestor_leaves_nothing_to_exchange() {
    let world = World::new().await;
    let watcher = watcher(&world).await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let first = own(&world, &a, "").await;
    let second = token_of(exchange(&world, &b, &first, "").await);
    let own_below = token_of(exchange(&world, &a, &first, "scope=tickets:read").await);
    let unrelated = own(&world, &a, "").await;
    let revoke = signed(&world, &a, "/oauth/revoke", &format!("token={first}"));
    assert_eq!(world.send(revoke).await.status, 200);
    for token in [&first, &second, &own_below] {
        assert!(!is_active(&world, &watcher, token).await);
        exchange(&world, &b, token, "").await.refused(400, "invalid_grant");
    }
    assert!(is_active(&world, &watcher, &unrelated).await);
}

/// RFC 6749, section 10.16: a token of one agent makes nobody else that agent.
#[tokio::test]
async fn an_access_token_authenticates_no_client() {
    let world = World::new().await;
    let a = world.enroll("a").await;
    let token = own(&world, &a, "").await;
    let form = format!(
        "{EXCHANGE}&subject_token={token}&subject_token_type={TYPES}access_token&client_id={}",
        a.id
    );
    let request = http::Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into());
    world.send(request.unwrap()).await.refused(401, "credential_missing");
    let assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let form = format!(
        "grant_type=client_credentials&client_assertion_type={assertion}&client_assertion={token}"
    );
    let request = http::Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into());
    world.send(request.unwrap()).await.refused(401, "token_invalid");
    ask(&world, &a, EXCHANGE).await.refused(400, "invalid_request");
}
