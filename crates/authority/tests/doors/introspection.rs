//! `/oauth/introspect` (RFC 7662, RFC 9701) and `/oauth/revoke` (RFC 7009).

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::jws;
use bailiwick_proof::keys::PublicKey;
use serde_json::json;

use crate::delegation::{
    claims, exchange, introspect, is_active, own, signed, subject, token_of, watcher,
};
use crate::world::{ISSUER, World};

#[tokio::test]
async fn whoever_may_know_is_told_what_the_token_says() {
    let world = World::new().await;
    let (a, b, watcher) = (world.enroll("a").await, world.enroll("b").await, watcher(&world).await);
    let first = own(&world, &a, "scope=tickets:read").await;
    let second = token_of(exchange(&world, &b, &first, "").await);
    for agent in [&a, &b, &watcher] {
        let told = introspect(&world, agent, &second).await;
        let said = claims(&second);
        for name in ["sub", "client_id", "aud", "iss", "exp", "iat", "jti", "act", "cnf", "grant"] {
            assert_eq!(told[name], said[name], "{name}");
        }
        assert_eq!((&told["active"], &told["scope"]), (&json!(true), &json!("tickets:read")));
        assert_eq!(told["act"], json!({ "sub": subject("b") }));
    }
    assert!(!is_active(&world, &b, &first).await);
}

#[tokio::test]
async fn an_answer_may_be_a_jwt_for_the_asker_alone() {
    let world = World::new().await;
    let a = world.enroll("a").await;
    let token = own(&world, &a, "").await;
    for (token, active) in [(&*token, true), ("x", false)] {
        let mut request = signed(&world, &a, "/oauth/introspect", &format!("token={token}"));
        let accept = "text/plain;q=0.1, application/token-introspection+jwt";
        request.headers_mut().insert("accept", accept.parse().unwrap());
        let answer = world.send(request).await;
        assert_eq!(answer.headers["content-type"], "application/token-introspection+jwt");
        let text = String::from_utf8(answer.body).unwrap();
        let mut jwk = world.jwks["keys"][0].clone();
        for name in ["kid", "use", "alg"] {
            jwk.as_object_mut().unwrap().remove(name);
        }
        let key = PublicKey::from_jwk(&jwk.to_string()).unwrap();
        let said = jws::verify(&text, &[Some("token-introspection+jwt")], |_| Some(&key)).unwrap();
        assert_eq!((&said["iss"], &said["aud"]), (&json!(ISSUER), &json!(a.id)));
        assert_eq!(said["token_introspection"]["active"], active);
        assert!(!is_active(&world, &a, &text).await);
    }
}

#[tokio::test]
async fn a_client_takes_its_own_tokens_back_and_no_others() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let token = own(&world, &a, "").await;
    let revoke =
        async |agent, form: &str| world.send(signed(&world, agent, "/oauth/revoke", form)).await;
    revoke(&b, &format!("token={token}")).await.refused(400, "invalid_grant");
    assert!(is_active(&world, &a, &token).await);
    for (form, status) in [
        ("token=x", 200),
        ("token=a.b.c&token_type_hint=refresh_token", 200),
        ("", 400),
        ("token=x&token=y", 400),
    ] {
        assert_eq!(revoke(&a, form).await.status, status, "{form}");
    }
    for _ in 0..2 {
        let form = format!("token={token}&token_type_hint=nonsense");
        assert_eq!(revoke(&a, &form).await.status, 200);
        assert!(!is_active(&world, &a, &token).await);
    }
    let stranger = crate::world::Enrolled {
        id: a.id.clone(),
        key_id: a.key_id.clone(),
        key: world.key(Algorithm::Ed25519),
    };
    revoke(&stranger, "token=x").await.refused(401, "signature_invalid");
}
