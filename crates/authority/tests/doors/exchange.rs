//! Token exchange (RFC 8693) between agents.

use serde_json::{Value, json};

use crate::delegation::{
    EXCHANGE, REFUNDS, TICKETS, TYPES, ask, call, claims, enroll, exchange, is_active, own,
    subject, token_of, watcher,
};
use crate::world::World;

#[tokio::test]
async fn each_hop_is_named_and_what_is_handed_on_is_what_was_asked() {
    let world = World::new().await;
    let (a, b, c) = (world.enroll("a").await, world.enroll("b").await, world.enroll("c").await);
    let first = own(&world, &a, "").await;
    let answer = exchange(&world, &b, &first, "scope=tickets:read&audience=tickets").await;
    let body = answer.json();
    assert_eq!(body["issued_token_type"], format!("{TYPES}access_token"));
    assert_eq!((&body["token_type"], &body["scope"]), (&json!("Bearer"), &json!("tickets:read")));
    let second = token_of(answer);
    let said = claims(&second);
    assert_eq!((&said["sub"], &said["client_id"]), (&json!(subject("a")), &json!(b.id)));
    assert_eq!(said["act"], json!({ "sub": subject("b") }));
    assert_eq!((&said["aud"], &said["scope"]), (&json!(TICKETS), &json!("tickets:read")));
    assert_eq!(said["cnf"]["jkt"], b.key.thumbprint());
    let third = claims(&token_of(exchange(&world, &c, &second, "").await));
    assert_eq!(third["sub"], subject("a"));
    assert_eq!(third["act"], json!({ "sub": subject("c"), "act": { "sub": subject("b") } }));
    assert_eq!((&third["aud"], &third["scope"]), (&json!(TICKETS), &json!("tickets:read")));
}

#[tokio::test]
async fn an_agent_narrows_its_own_token_without_a_hop() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let first = own(&world, &a, "").await;
    let narrow = token_of(exchange(&world, &a, &first, "scope=refunds:write").await);
    let said = claims(&narrow);
    assert_eq!((&said["sub"], said.get("act")), (&json!(subject("a")), None));
    let deep = token_of(exchange(&world, &b, &narrow, "").await);
    let again = token_of(exchange(&world, &b, &deep, "audience=refunds").await);
    assert_eq!(claims(&again)["act"], json!({ "sub": subject("b") }));
    assert_eq!(
        (&claims(&again)["aud"], &claims(&again)["sub"]),
        (&json!(REFUNDS), &json!(subject("a")))
    );
}

#[tokio::test]
async fn a_request_that_is_not_one_is_refused() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let token = own(&world, &a, "").await;
    let access = format!("{TYPES}access_token");
    let subject = format!("subject_token={token}&subject_token_type={access}");
    for (form, error) in [
        (String::new(), "invalid_request"),
        (format!("subject_token={token}"), "invalid_request"),
        (format!("subject_token_type={access}"), "invalid_request"),
        (format!("subject_token={token}&subject_token_type={TYPES}id_token"), "invalid_request"),
        (format!("subject_token={token}&subject_token_type={TYPES}saml2"), "invalid_request"),
        (format!("subject_token={token}&subject_token_type=access_token"), "invalid_request"),
        (format!("{subject}&actor_token={token}"), "invalid_request"),
        (format!("{subject}&actor_token_type={access}"), "invalid_request"),
        (format!("{subject}&requested_token_type={TYPES}refresh_token"), "invalid_request"),
        (format!("{subject}&may_act=nobody"), "invalid_request"),
        (format!("{subject}&authorization_details=x"), "invalid_authorization_details"),
        (format!("{subject}&authorization_details=[]"), "invalid_authorization_details"),
        (format!("subject_token=x&subject_token_type={access}"), "invalid_grant"),
        (format!("{subject}&scope=tickets:write"), "invalid_scope"),
        (format!("{subject}&scope=%20"), "invalid_scope"),
        (format!("{subject}&audience=other"), "invalid_target"),
        (format!("{subject}&resource=http://evil.test"), "invalid_target"),
    ] {
        ask(&world, &b, &format!("{EXCHANGE}&{form}")).await.refused(400, error);
    }
    let form = format!("{EXCHANGE}&{subject}&requested_token_type={TYPES}jwt");
    ask(&world, &b, &form).await.ok(200);
}

#[tokio::test]
async fn nothing_outlives_the_token_it_was_exchanged_from() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let first = own(&world, &a, "ttl_seconds=100").await;
    world.pass(40);
    let second = token_of(exchange(&world, &b, &first, "ttl_seconds=3600").await);
    assert_eq!(claims(&second)["exp"], claims(&first)["exp"]);
    world.pass(59);
    exchange(&world, &a, &second, "").await.ok(200);
    world.pass(1);
    exchange(&world, &a, &second, "").await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn operations_are_named_narrowed_and_told() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let detail = |api: &str, action: &str| {
        let one = json!({ "type": "operation", "locations": [api], "actions": [action] });
        format!("authorization_details={}", json!([one]))
    };
    let refund = detail(REFUNDS, "POST /refunds");
    let answer = ask(&world, &a, &format!("grant_type=client_credentials&{refund}")).await;
    let named = answer.json()["authorization_details"].clone();
    assert_eq!(named[0]["actions"], json!(["POST /refunds"]));
    let first = token_of(answer);
    assert_eq!(claims(&first)["authorization_details"], named);
    assert_eq!(claims(&first).get("act"), None);
    let second = exchange(&world, &b, &first, "").await.json();
    assert_eq!(second["authorization_details"], named);
    for beyond in [
        detail(TICKETS, "GET /tickets"),
        detail(REFUNDS, "GET /refunds"),
        detail("http://evil.test", "POST /refunds"),
    ] {
        let answer = exchange(&world, &b, &first, &beyond).await;
        answer.refused(400, "invalid_authorization_details");
    }
    let whole = own(&world, &a, "").await;
    let narrowed = token_of(exchange(&world, &b, &whole, &refund).await);
    assert_eq!(claims(&narrowed)["authorization_details"], named);
}

#[tokio::test]
async fn a_token_that_says_who_may_act_is_good_for_that_one_alone() {
    let world = World::new().await;
    let (a, b, c) = (world.enroll("a").await, world.enroll("b").await, world.enroll("c").await);
    for name in ["b".to_owned(), b.id.clone(), subject("b")] {
        let token = own(&world, &a, &format!("may_act={name}")).await;
        assert_eq!(claims(&token)["may_act"], json!({ "sub": subject("b") }));
        exchange(&world, &c, &token, "").await.refused(400, "invalid_grant");
        exchange(&world, &b, &token, "").await.ok(200);
        let kept = token_of(exchange(&world, &a, &token, "").await);
        exchange(&world, &c, &kept, "").await.refused(400, "invalid_grant");
        exchange(&world, &a, &token, "may_act=c").await.refused(400, "invalid_grant");
        let given = token_of(exchange(&world, &b, &token, "may_act=c").await);
        exchange(&world, &a, &given, "").await.refused(400, "invalid_grant");
        exchange(&world, &c, &given, "").await.ok(200);
    }
}

#[tokio::test]
async fn a_bound_token_is_worth_nothing_in_another_project_unless_it_says_so() {
    let world = World::new().await;
    world.add_project("other", "closed").await;
    let a = world.enroll("a").await;
    let b = enroll(&world, "b", "other", &["tickets:read", "refunds:write"]).await;
    let bound = own(&world, &a, "").await;
    exchange(&world, &b, &bound, "").await.refused(400, "invalid_grant");
    let own_project = ask(&world, &a, "grant_type=client_credentials&may_act=b").await;
    own_project.refused(400, "invalid_request");
    let named = own(&world, &a, "may_act=spiffe://acme.example/other/b").await;
    exchange(&world, &b, &named, "").await.ok(200);
    let bearer = own(&world, &a, "audience=refunds&token_binding=none").await;
    exchange(&world, &b, &bearer, "").await.ok(200);
}

#[tokio::test]
async fn whatever_is_handed_on_is_cut_to_what_the_actor_and_those_above_may_at_present() {
    let world = World::new().await;
    let a = world.enroll("a").await;
    let b = enroll(&world, "b", "default", &["tickets:read", "other:read"]).await;
    let c = world.enroll("c").await;
    let first = own(&world, &a, "").await;
    exchange(&world, &b, &first, "scope=refunds:write").await.refused(400, "invalid_scope");
    exchange(&world, &b, &first, "scope=other:read").await.refused(400, "invalid_scope");
    let second = token_of(exchange(&world, &b, &first, "").await);
    assert_eq!(claims(&second)["scope"], "tickets:read");
    let third = token_of(exchange(&world, &c, &second, "").await);
    assert_eq!(claims(&third)["scope"], "tickets:read");
    let change = json!({ "scopes": ["refunds:write"] });
    world.operate("PATCH", "/api/v1/agents/a", change).await.ok(200);
    exchange(&world, &c, &second, "").await.refused(400, "invalid_scope");
}

#[tokio::test]
async fn ending_anything_above_ends_what_was_handed_on() {
    for end in ["token", "key", "agent", "grant", "middle"] {
        let world = World::new().await;
        let watcher = watcher(&world).await;
        let (a, b, c) = (world.enroll("a").await, world.enroll("b").await, world.enroll("c").await);
        let first = own(&world, &a, "").await;
        let second = token_of(exchange(&world, &b, &first, "").await);
        let third = token_of(exchange(&world, &c, &second, "").await);
        assert!(is_active(&world, &watcher, &third).await);
        match end {
            "token" => {
                let body = format!("token={first}");
                let asked = crate::delegation::signed(&world, &a, "/oauth/revoke", &body);
                assert_eq!(world.send(asked).await.status, 200);
            }
            "key" => {
                let path = format!("/api/v1/credentials/{}", a.key_id);
                world.operate("DELETE", &path, Value::Null).await.ok(200);
            }
            "agent" => {
                world.operate("POST", "/api/v1/agents/a/suspend", Value::Null).await.ok(200);
            }
            "middle" => {
                world.operate("POST", "/api/v1/agents/b/retire", Value::Null).await.ok(200);
            }
            _ => {
                let grant = claims(&second)["grant"].as_str().unwrap().to_owned();
                let path = format!("/api/v1/grants/{grant}");
                let shown = world.operate("GET", &path, Value::Null).await.ok(200);
                assert_eq!((&shown["state"], &shown["depth"]), (&json!("live"), &json!(1)));
                let ended = world.operate("DELETE", &path, Value::Null).await.ok(200);
                assert_eq!(ended["state"], "ended");
                assert_eq!(world.operate("DELETE", &path, Value::Null).await.ok(200), ended);
            }
        }
        assert!(!is_active(&world, &watcher, &third).await, "{end}");
        exchange(&world, &c, &third, "").await.refused(400, "invalid_grant");
    }
}

#[tokio::test]
async fn grants_are_listed_newest_first_and_in_pages() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let first = own(&world, &a, "").await;
    for _ in 0..2 {
        exchange(&world, &b, &first, "").await.ok(200);
    }
    let list = async |query: &str| {
        let path = format!("/api/v1/grants?{query}");
        world.operate("GET", &path, Value::Null).await.ok(200)
    };
    assert_eq!(list("").await["grants"].as_array().unwrap().len(), 4);
    let of_b = list(&format!("agent={}&limit=1", b.id)).await;
    assert_eq!(of_b["grants"][0]["agent"], b.id);
    let next = of_b["next"].as_str().unwrap();
    let rest = list(&format!("agent={}&before={next}", b.id)).await;
    assert_eq!((rest["grants"].as_array().unwrap().len(), rest.get("next")), (1, None));
    for query in ["agent=a", "before=x", "limit=0", "x=1"] {
        let path = format!("/api/v1/grants?{query}");
        world.operate("GET", &path, Value::Null).await.refused(400, "request_malformed");
    }
    for path in ["/api/v1/grants/x", "/api/v1/grants/grt_00000000000000000000000000"] {
        world.operate("GET", path, Value::Null).await.refused(404, "not_found");
        world.operate("DELETE", path, Value::Null).await.refused(404, "not_found");
    }
    call(&world, &a, ("GET", "/api/v1/grants"), &Value::Null)
        .await
        .refused(401, "credential_missing");
}
