//! Streams of signals: those that are asked for, and who may change which.

use bailiwick_proof::jws;
use http::Request;
use serde_json::{Value, json};

use crate::signals::{CHANGED, REVOKED, stream};
use crate::world::{Answer, ISSUER, World};

const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

/// A request of whoever holds a stream's token.
async fn hold(world: &World, added: &Value, method: &str, path: &str, body: Value) -> Answer {
    let token = added["token"].as_str().unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    world.send(request.body(body.to_string().into()).unwrap()).await
}

async fn poll(world: &World, added: &Value, body: Value) -> Value {
    let id = added["stream_id"].as_str().unwrap();
    let mut body = body;
    body["returnImmediately"] = json!(true);
    hold(world, added, "POST", &format!("/ssf/poll/{id}"), body).await.ok(200)
}

#[tokio::test]
async fn a_receiver_that_asks_gets_each_signal_until_it_has_it() {
    let world = World::new().await;
    let body = json!({ "audience": "https://receiver.example" });
    let added = world.operate("POST", "/api/v1/signal-streams", body).await.ok(201);
    assert_eq!(added["delivery"]["method"], "urn:ietf:rfc:8936");
    let id = added["stream_id"].as_str().unwrap();
    assert_eq!(added["delivery"]["endpoint_url"], format!("{ISSUER}/ssf/poll/{id}"));
    assert_eq!(poll(&world, &added, json!({})).await, json!({ "sets": {} }));
    for name in ["a", "b", "c"] {
        world.enroll(name).await;
    }
    let first = poll(&world, &added, json!({ "maxEvents": 2 })).await;
    assert_eq!(first["moreAvailable"], true);
    let again = poll(&world, &added, json!({ "maxEvents": 2 })).await;
    let ids = |answer: &Value| -> Vec<String> {
        answer["sets"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!((ids(&first).len(), ids(&again)), (2, ids(&first)), "none was acknowledged");
    let [one, two] = ids(&first).try_into().unwrap();
    let error = json!({ "err": "invalid_request", "description": "what?" });
    let body = json!({ "ack": [one, "unknown"], "setErrs": { two: error }, "maxEvents": 0 });
    assert_eq!(poll(&world, &added, body).await, json!({ "sets": {} }));
    let rest = poll(&world, &added, json!({})).await;
    assert_eq!(ids(&rest).len(), 1);
    assert!(rest["moreAvailable"].is_null());
    assert_eq!(stream(&world).await["refused"], 1);
    assert_eq!(stream(&world).await["last_error"], "invalid_request: what?");
}

#[tokio::test]
async fn a_receiver_that_waits_is_answered_when_something_happens() {
    let world = World::new().await;
    let body = json!({ "audience": "https://receiver.example" });
    let added = world.operate("POST", "/api/v1/signal-streams", body).await.ok(201);
    let path = format!("/ssf/poll/{}", added["stream_id"].as_str().unwrap());
    let waiting = hold(&world, &added, "POST", &path, json!({}));
    let (answer, _) = tokio::join!(waiting, world.enroll("a"));
    assert_eq!(answer.ok(200)["sets"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn the_holder_of_a_stream_s_token_governs_that_stream_and_no_other() {
    let world = World::new().await;
    let body = json!({ "audience": "https://receiver.example" });
    let added = world.operate("POST", "/api/v1/signal-streams", body.clone()).await.ok(201);
    let other = world.operate("POST", "/api/v1/signal-streams", body).await.ok(201);
    let (id, others) = (&added["stream_id"], other["stream_id"].as_str().unwrap());
    let listed = hold(&world, &added, "GET", "/ssf/streams", Value::Null).await.ok(200);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["stream_id"]), (1, id));
    let of_other = format!("/ssf/streams?stream_id={others}");
    for (method, path, body) in [
        ("GET", of_other.as_str(), Value::Null),
        ("DELETE", &of_other, Value::Null),
        ("PATCH", "/ssf/streams", json!({ "stream_id": others })),
        ("POST", "/ssf/verify", json!({ "stream_id": others })),
        ("POST", &format!("/ssf/poll/{others}"), json!({})),
    ] {
        hold(&world, &added, method, path, body).await.refused(404, "not_found");
    }
    let body = json!({ "stream_id": id, "status": "paused", "reason": "maintenance" });
    let status = hold(&world, &added, "POST", "/ssf/status", body.clone()).await.ok(200);
    assert_eq!(status, body);
    world.enroll("a").await;
    assert_eq!(poll(&world, &added, json!({})).await["sets"], json!({}), "kept meanwhile");
    let verify = json!({ "stream_id": id, "state": "are you there" });
    let asked = hold(&world, &added, "POST", "/ssf/verify", verify.clone()).await;
    assert_eq!(asked.status, 204);
    hold(&world, &added, "POST", "/ssf/verify", verify).await.refused(429, "rate_limited");
    let body = json!({ "stream_id": id, "status": "enabled" });
    hold(&world, &added, "POST", "/ssf/status", body).await.ok(200);
    let polled = poll(&world, &added, json!({})).await;
    let tokens = polled["sets"].as_object().unwrap().values();
    let mut said: Vec<Value> =
        tokens.map(|it| jws::decode(it.as_str().unwrap()).unwrap().payload).collect();
    said.retain(|token| token["events"][VERIFICATION].is_object());
    assert_eq!(said[0]["events"][VERIFICATION]["state"], "are you there");
    assert_eq!(said[0]["sub_id"], json!({ "format": "opaque", "id": id }));
    let mut stranger = added.clone();
    stranger["token"] = "bwe_nobody".into();
    let refused = hold(&world, &stranger, "GET", "/ssf/streams", Value::Null).await;
    refused.refused(401, "credential_unknown");
}

#[tokio::test]
async fn an_agent_with_the_scope_makes_and_changes_streams_of_its_own() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let wish = json!({ "events_requested": [REVOKED, "urn:other"], "aud": "ignored" });
    let send = async |method: &'static str, path: &str, body: &Value| {
        let mut draft = world.draft(method, path, &agent.key_id);
        if !body.is_null() {
            draft = draft.with_body("application/json", &body.to_string());
        }
        world.send(draft.sign(&agent.key)).await
    };
    send("POST", "/ssf/streams", &wish).await.refused(403, "scope_missing");
    let scopes = json!({ "scopes": ["signals:receive"] });
    world.operate("PATCH", "/api/v1/agents/a", scopes).await.ok(200);
    let made = send("POST", "/ssf/streams", &wish).await.ok(201);
    let id = &made["stream_id"];
    assert_eq!(made["aud"], "spiffe://acme.example/default/a");
    assert_eq!(made["events_requested"].as_array().unwrap().len(), 2);
    assert_eq!(made["events_delivered"], json!([REVOKED]));
    let described = world.get("/.well-known/ssf-configuration").await.ok(200);
    assert_eq!(described["configuration_endpoint"], format!("{ISSUER}/ssf/streams"));
    let bad = [
        json!({ "stream_id": id, "delivery": { "method": "urn:ietf:rfc:8935" } }),
        json!({ "stream_id": id, "delivery": { "method": "smoke" } }),
        json!({ "stream_id": id, "events_requested": [] }),
        json!({ "stream_id": id, "delivery":
            { "method": "urn:ietf:rfc:8935", "endpoint_url": "file:///etc/passwd" } }),
    ];
    for body in bad {
        send("PATCH", "/ssf/streams", &body).await.refused(400, "request_malformed");
    }
    let url = "https://receiver.example/events";
    let push = json!({ "method": "urn:ietf:rfc:8935", "endpoint_url": url });
    let change = json!({ "stream_id": id, "delivery": push, "description": "mine" });
    let changed = send("PATCH", "/ssf/streams", &change).await.ok(200);
    assert_eq!(changed["delivery"], push);
    assert_eq!(changed["events_delivered"], json!([REVOKED]), "it stays");
    let replaced = send("PUT", "/ssf/streams", &json!({ "stream_id": id })).await.ok(200);
    assert_eq!(replaced["delivery"]["method"], "urn:ietf:rfc:8936");
    assert_eq!(replaced["events_delivered"], json!([REVOKED, CHANGED]));
    assert!(replaced["description"].is_null());
    for _ in 0..3 {
        send("POST", "/ssf/streams", &wish).await.ok(201);
    }
    send("POST", "/ssf/streams", &wish).await.refused(409, "state_impossible");
    let path = format!("/ssf/streams?stream_id={}", id.as_str().unwrap());
    assert_eq!(send("DELETE", &path, &Value::Null).await.status, 204);
    send("GET", &path, &Value::Null).await.refused(404, "not_found");
    world.operate("POST", "/api/v1/agents/a/suspend", Value::Null).await.ok(200);
    send("GET", "/ssf/streams", &Value::Null).await.refused(403, "agent_suspended");
}

#[tokio::test]
async fn what_a_disabled_stream_had_kept_is_forgotten() {
    let world = World::new().await;
    let body = json!({ "audience": "https://receiver.example" });
    let added = world.operate("POST", "/api/v1/signal-streams", body).await.ok(201);
    world.enroll("a").await;
    for status in ["disabled", "enabled"] {
        let body = json!({ "stream_id": added["stream_id"], "status": status });
        hold(&world, &added, "POST", "/ssf/status", body).await.ok(200);
    }
    assert_eq!(poll(&world, &added, json!({})).await["sets"], json!({}));
}
