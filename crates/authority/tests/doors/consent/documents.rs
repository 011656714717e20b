//! Clients that are known by a document which they publish
//! (draft-ietf-oauth-client-id-metadata-document).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bailiwick_authority::ClientDocuments;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::consent::flow::{
    Browser, Client, REDIRECT, challenge, claims, encode, parameter, refused,
};
use crate::world::World;

/// A server that answers every request with what `answer` makes of its own origin; and how often it
/// was asked.
pub(crate) async fn publish(
    answer: impl Fn(&str) -> (String, String) + Send + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let id = format!("http://{}/client.json", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let (own, count) = (id.clone(), Arc::clone(&asked));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4_096]).await;
            let (head, body) = answer(&own);
            let length = body.len();
            let text = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    (id, asked)
}

/// What a server makes of its own URL.
type Answering = Box<dyn Fn(&str) -> (String, String) + Send>;

pub(crate) fn document(id: &str) -> Value {
    json!({
        "client_id": id,
        "client_name": "Published",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    })
}

pub(crate) fn json_of(document: &Value) -> (String, String) {
    ("200 OK\r\ncontent-type: application/json".to_owned(), document.to_string())
}

async fn taking() -> World {
    World::with(|settings| {
        settings.client_documents = Some(ClientDocuments {
            project: "default".parse().unwrap(),
            scopes: "refunds:write".parse().unwrap(),
        });
    })
    .await
}

async fn agents(world: &World) -> usize {
    let listed = world.operate("GET", "/api/v1/agents", Value::Null).await.ok(200);
    listed["agents"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_client_that_nobody_registered_is_let_in_by_a_persons_consent() {
    let world = taking().await;
    let metadata = world.get("/.well-known/oauth-authorization-server").await.ok(200);
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    let (id, asked) = publish(|id| json_of(&document(id))).await;
    let (client, browser) =
        (Client { id: id.clone(), agent: None }, Browser::sign_in(&world, "zoe").await);
    let target = client.target(&[("scope", "refunds:write offline_access")]);
    let page = browser.get(&world, &target).await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains("Published") && text.contains("127.0.0.1"), "{text}");
    assert_eq!(agents(&world).await, 0, "a page that was looked at leaves nothing behind");
    let answer = browser.allow(&world, &target, &["refunds:write"]).await;
    let tokens = client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    assert_eq!(claims(&tokens)["project"], "default");
    client.refresh(&world, tokens["refresh_token"].as_str().unwrap()).await.ok(200);
    // The same agent the next time, and one fetch for all of it.
    let answer = browser.allow(&world, &target, &["refunds:write"]).await;
    let again = client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
    assert_eq!(claims(&again)["client_id"], claims(&tokens)["client_id"]);
    assert_eq!((agents(&world).await, asked.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn such_a_client_pushes_its_request() {
    let world = taking().await;
    let (id, _) = publish(|id| json_of(&document(id))).await;
    let (client, browser) = (Client { id, agent: None }, Browser::sign_in(&world, "zoe").await);
    let challenge = challenge();
    let form = client.parameters(&[], &challenge);
    let pushed = client.post(&world, "/oauth/par", &form).await.ok(201);
    let pairs =
        [("client_id", &*client.id), ("request_uri", pushed["request_uri"].as_str().unwrap())];
    let target = format!("/oauth/authorize?{}", encode(&pairs));
    let answer = browser.allow(&world, &target, &["refunds:write"]).await;
    client.redeem(&world, &parameter(&answer, "code").unwrap()).await.ok(200);
}

#[tokio::test]
async fn a_document_that_is_wrong_makes_no_client() {
    let world = taking().await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let check = async |answer: Answering| {
        let (id, _) = publish(answer).await;
        let client = Client { id, agent: None };
        let page = browser.get(&world, &client.target(&[])).await;
        assert_eq!(page.status.as_u16(), 400);
        assert!(page.headers.get("location").is_none());
    };
    for (name, value) in [
        ("client_id", json!("http://127.0.0.1:1/client.json")),
        ("client_id", Value::Null),
        ("client_secret", json!("x")),
        ("token_endpoint_auth_method", json!("client_secret_post")),
        ("redirect_uris", json!(["https://other.example/cb"])),
        ("redirect_uris", json!(["javascript:x"])),
        ("redirect_uris", json!([])),
        ("client_name", json!("a".repeat(6_000))),
    ] {
        check(Box::new(move |id| {
            let mut document = document(id);
            document[name] = value.clone();
            json_of(&document)
        }))
        .await;
    }
    let moved = "302 Found\r\nlocation: https://evil.test/client.json".to_owned();
    check(Box::new(move |_| (moved.clone(), String::new()))).await;
    check(Box::new(|id| {
        ("404 Not Found\r\ncontent-type: application/json".to_owned(), document(id).to_string())
    }))
    .await;
    check(Box::new(|id| {
        ("200 OK\r\ncontent-type: text/html".to_owned(), document(id).to_string())
    }))
    .await;
    check(Box::new(|_| json_of(&json!([])))).await;
}

#[tokio::test]
async fn documents_are_taken_only_where_that_is_said() {
    let world = World::new().await;
    let (id, asked) = publish(|id| json_of(&document(id))).await;
    let (client, browser) = (Client { id, agent: None }, Browser::sign_in(&world, "zoe").await);
    assert_eq!(browser.get(&world, &client.target(&[])).await.status.as_u16(), 400);
    client.refresh(&world, "x").await.refused(401, "credential_missing");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nobody was asked");
}

/// RFC 9700, section 4.11.2: anybody can publish a document, so that nobody is sent on to where it
/// says before they have signed in.
#[tokio::test]
async fn a_stranger_is_not_sent_on_by_an_error() {
    let world = taking().await;
    let (id, _) = publish(|id| json_of(&document(id))).await;
    let (client, browser) = (Client { id, agent: None }, Browser::sign_in(&world, "zoe").await);
    let target = client.target(&[("scope", "admin")]);
    let page = world.get(&target).await;
    assert_eq!(page.status.as_u16(), 400);
    refused(&browser.get(&world, &target).await, "invalid_scope");
}

#[tokio::test]
async fn addresses_that_may_not_be_asked_are_not() {
    let world = taking().await;
    let browser = Browser::sign_in(&world, "zoe").await;
    for id in
        ["http://10.0.0.1/c", "http://169.254.169.254/c", "https://[::1]/c", "https://a.example"]
    {
        let client = Client { id: id.to_owned(), agent: None };
        assert_eq!(browser.get(&world, &client.target(&[])).await.status.as_u16(), 400, "{id}");
    }
}
