//! Connections: kept open while they serve, closed when they do not, ended in order.

use std::time::Duration;

use bailiwick_gateway::settings::Bounds;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::script::{listen, read_until, write};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn behind(address: std::net::SocketAddr) -> Choices {
    Choices { upstream: Some(format!("http://{address}")), ..Choices::default() }
}

#[tokio::test]
async fn one_connection_to_the_upstream_serves_many_requests() {
    let (listener, address) = listen().await;
    let upstream = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..5 {
            read_until(&mut stream, "\r\n\r\n").await;
            write(&mut stream, OK).await;
        }
    });
    let world = World::begin_with(behind(address)).await;
    for _ in 0..5 {
        let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
        assert_eq!(world.send(&ask).await.body, b"ok");
    }
    upstream.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_the_upstream_closed_costs_no_request() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_until(&mut stream, "\r\n\r\n").await;
            write(&mut stream, OK).await;
        }
    });
    let world = World::begin_with(behind(address)).await;
    for _ in 0..5 {
        let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
        assert_eq!(world.send(&ask).await.verdict(), "200");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_does_not_look_whole() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_until(&mut stream, "\r\n\r\n").await;
        write(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    });
    let world = World::begin_with(behind(address)).await;
    let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    let reply = world.send(&ask).await;
    assert_eq!((reply.header("content-length"), reply.body.len()), (Some("100"), 4));
}

#[tokio::test]
async fn a_caller_that_falls_silent_is_let_go() {
    let bounds = Bounds { idle: Duration::from_millis(100), ..Bounds::default() };
    let world = World::begin_with(Choices { bounds, ..Choices::default() }).await;
    let half_a_head = world.send_bytes(b"GET /acme/tickets/7 HTTP/1.1\r\nhost: gate").await;
    assert!(half_a_head.status == 408 || half_a_head.status == 0, "{half_a_head:?}");
    let ask = Ask::new("POST", "/acme/tickets").json("{}").digested().signed(&world.proof());
    let whole = ask.bytes();
    let reply = world.send_bytes(&whole[..whole.len() - 1]).await;
    assert_eq!(reply.verdict(), "400 request_malformed");
    assert!(world.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_gateway_that_stops_ends_what_was_begun_and_begins_nothing() {
    let (listener, address) = listen().await;
    let (arrived, arrival) = oneshot::channel();
    let (go, gone) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_until(&mut stream, "\r\n\r\n").await;
        arrived.send(()).unwrap();
        gone.await.unwrap();
        write(&mut stream, OK).await;
    });
    let world = World::begin_with(behind(address)).await;
    let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    let gateway = world.gateway.address();
    let open =
        tokio::spawn(async move { bailiwick_testkit::raw::send(gateway, &ask.bytes()).await });
    arrival.await.unwrap();
    let mut idle = TcpStream::connect(gateway).await.unwrap();
    write(&mut idle, "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(read_until(&mut idle, "ok\n").await.starts_with("HTTP/1.1 200"));
    let stopping = tokio::spawn(world.gateway.stop());
    let mut nothing = Vec::new();
    idle.read_to_end(&mut nothing).await.unwrap();
    assert!(nothing.is_empty() && !stopping.is_finished());
    assert!(TcpStream::connect(gateway).await.is_err(), "nothing listens any more");
    go.send(()).unwrap();
    assert_eq!(open.await.unwrap().body, b"ok");
    stopping.await.unwrap();
}

/// What a caller that names itself by nothing is answered, on a connection that it keeps.
async fn refused(world: &World, head: &str) -> String {
    let mut stream = TcpStream::connect(world.gateway.address()).await.unwrap();
    write(&mut stream, &format!("{head}Host: {}\r\n\r\n", world.gateway.address())).await;
    read_until(&mut stream, "\r\n\r\n").await
}

#[tokio::test]
async fn a_refusal_before_the_body_has_come_says_that_it_is_the_last_answer() {
    let world = World::begin().await;
    for head in [
        "POST /acme/refunds HTTP/1.1\r\nContent-Length: 7\r\n",
        "POST /acme/refunds HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
        "POST /acme/../refunds HTTP/1.1\r\nContent-Length: 7\r\n",
    ] {
        let answer = refused(&world, head).await;
        assert!(answer.contains("\r\nconnection: close\r\n"), "{head}: {answer}");
    }
    for head in ["GET /acme/tickets/7 HTTP/1.1\r\n", "GET /acme/../tickets/7 HTTP/1.1\r\n"] {
        let answer = refused(&world, head).await;
        assert!(!answer.contains("connection: close"), "{head}: {answer}");
    }
}
