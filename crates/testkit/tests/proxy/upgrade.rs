//! Upgrades pass once they are admitted, and not before.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::script::{listen, read_until, write};

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\
                      upgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n";

fn upgrading(ask: &Ask) -> Vec<u8> {
    let text = String::from_utf8(ask.bytes()).unwrap();
    text.replace("connection: close", "connection: Upgrade\r\nupgrade: websocket").into_bytes()
}

#[tokio::test]
async fn an_admitted_upgrade_becomes_a_tunnel_in_both_directions() {
    let (listener, address) = listen().await;
    let upstream = format!("http://{address}");
    let world = World::begin_with(Choices { upstream: Some(upstream), ..Choices::default() }).await;
    let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    let mut caller = TcpStream::connect(world.gateway.address()).await.unwrap();
    caller.write_all(&upgrading(&ask)).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.contains("upgrade: websocket") && head.contains("x-agent-id"), "{head}");
    assert!(!head.contains("signature"), "{head}");
    write(&mut stream, SWITCH).await;
    let head = read_until(&mut caller, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101") && head.contains("sec-websocket-accept"), "{head}");
    write(&mut caller, "ping|").await;
    assert_eq!(read_until(&mut stream, "|").await, "ping|");
    write(&mut stream, "pong|").await;
    assert_eq!(read_until(&mut caller, "|").await, "pong|");
    drop(stream);
    assert_eq!(read_until(&mut caller, "|").await, "");
}

#[tokio::test]
async fn an_upgrade_that_is_not_admitted_or_not_asked_for_is_none() {
    let world = World::begin().await;
    let unsigned = Ask::new("GET", "/acme/tickets/7").header("upgrade", "websocket");
    let reply = world.send(&unsigned.header("connection", "upgrade")).await;
    assert_eq!(reply.verdict(), "401 credential_missing");
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_until(&mut stream, "\r\n\r\n").await;
        write(&mut stream, SWITCH).await;
    });
    let upstream = format!("http://{address}");
    let world = World::begin_with(Choices { upstream: Some(upstream), ..Choices::default() }).await;
    let plain = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    assert_eq!(world.send(&plain).await.verdict(), "502 upstream_failed");
}
