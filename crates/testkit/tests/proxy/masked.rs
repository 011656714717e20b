//! Labelled fields of answers: masked for whoever has them not cleared, and said in the record.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::world::{Choices, World};
use serde_json::json;
use tokio::net::TcpListener;

use crate::script::{listen, read_until, write};

const PERSON: &str = r#"{"id":7,"email":"a@b","notes":[{"by":"c"}]}"#;
const MASKED: &str = r#"{"id":7,"email":"***","notes":[{"by":"***"}]}"#;

async fn begin(scopes: &str) -> (World, TcpListener) {
    let (listener, address) = listen().await;
    let upstream = format!("http://{address}");
    let world = World::begin_with(Choices { upstream: Some(upstream), ..Choices::default() }).await;
    let schema = json!({"properties": {
        "email": {"x-bailiwick": {"label": "pii"}},
        "notes": {"items": {"properties": {"by": {"x-bailiwick": {"label": "pii"}}}}},
    }});
    let answer = json!({"200": {"content": {"application/json": {"schema": schema}}}});
    let item = json!({"get": {"responses": answer}});
    let document = json!({"openapi": "3.1.0", "paths": {"/tickets/{id}": item}});
    world.describe("acme", &document, false).await;
    let scopes = format!("tickets:read {scopes}");
    world.change_agent(|agent| agent.scopes = scopes.parse().unwrap()).await;
    (world, listener)
}

/// What comes of an answer of the upstream's, and what the upstream was asked.
async fn ask(
    world: &World,
    listener: &TcpListener,
    head: &str,
    pieces: &[&str],
) -> (Reply, String) {
    let ask = Ask::new("GET", "/acme/tickets/7").header("accept-encoding", "gzip");
    let ask = ask.header("range", "bytes=0-1").signed(&world.proof());
    let upstream = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = read_until(&mut stream, "\r\n\r\n").await;
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n{head}\r\n");
        write(&mut stream, &head).await;
        for piece in pieces {
            write(&mut stream, piece).await;
        }
        asked
    };
    tokio::join!(world.send(&ask), upstream)
}

const JSON: &str = "content-type: application/json\r\netag: \"1\"\r\n";

#[tokio::test]
async fn a_labelled_field_is_masked_unless_its_label_is_cleared() {
    let (world, listener) = begin("").await;
    let (reply, asked) = ask(&world, &listener, JSON, &[PERSON]).await;
    assert_eq!(String::from_utf8(reply.body.clone()).unwrap(), MASKED);
    assert_eq!((reply.header("etag"), reply.header("content-length")), (None, None));
    assert!(asked.contains("accept-encoding: identity") && !asked.contains("range:"), "{asked}");
    let pieces: Vec<&str> = PERSON.split_inclusive(|_: char| true).collect();
    let (reply, _) = ask(&world, &listener, JSON, &pieces).await;
    assert_eq!(String::from_utf8(reply.body).unwrap(), MASKED);
    let (world, listener) = begin("pii:unmask").await;
    let (reply, asked) = ask(&world, &listener, JSON, &[PERSON]).await;
    assert_eq!(String::from_utf8(reply.body.clone()).unwrap(), PERSON);
    assert_eq!(reply.header("etag"), Some("\"1\""));
    assert!(asked.contains("accept-encoding: gzip") && asked.contains("range:"), "{asked}");
}

#[tokio::test]
async fn a_policy_masks_what_a_scope_clears() {
    let (world, listener) = begin("pii:unmask").await;
    world
        .activate(
            r#"@id("strangers") @mask("pii") forbid (principal, action, resource)
               unless { context has person };"#,
        )
        .await;
    let (reply, _) = ask(&world, &listener, JSON, &[PERSON]).await;
    assert_eq!(String::from_utf8(reply.body).unwrap(), MASKED);
}

#[tokio::test]
async fn an_answer_that_cannot_be_masked_does_not_go_out() {
    let (world, listener) = begin("").await;
    for head in [
        "content-type: text/html\r\n",
        "",
        "content-type: application/json\r\ncontent-encoding: gzip\r\n",
    ] {
        let (reply, _) = ask(&world, &listener, head, &[PERSON]).await;
        assert_eq!(reply.code().as_deref(), Some("upstream_failed"), "{head}");
    }
    for broken in [r#"{"email":"a@b""#, r#"{"email":"a@b"}}"#, r#"{"id":1,email:"a@b"}"#] {
        let (reply, _) = ask(&world, &listener, JSON, &[broken]).await;
        assert!(!String::from_utf8_lossy(&reply.body).contains("a@b"), "{broken}");
    }
    let (cleared, listener) = begin("pii:unmask").await;
    let (reply, _) = ask(&cleared, &listener, "content-type: text/html\r\n", &[PERSON]).await;
    assert_eq!(reply.body, PERSON.as_bytes());
}
