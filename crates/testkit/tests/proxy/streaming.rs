//! Nothing is buffered: what one side has sent reaches the other before it sends more.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::script::{listen, read_until, write};

#[tokio::test]
async fn an_event_reaches_the_caller_before_the_next_is_sent() {
    let (listener, address) = listen().await;
    let upstream = format!("http://{address}");
    let world = World::begin_with(Choices { upstream: Some(upstream), ..Choices::default() }).await;
    let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    let mut caller = TcpStream::connect(world.gateway.address()).await.unwrap();
    caller.write_all(&ask.bytes()).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                transfer-encoding: chunked\r\n\r\n";
    write(&mut stream, head).await;
    read_until(&mut caller, "\r\n\r\n").await;
    for number in 0..3 {
        write(&mut stream, &format!("9\r\ndata: {number}\n\n\r\n")).await;
        let event = read_until(&mut caller, "\n\n\r\n").await;
        assert!(event.contains(&format!("data: {number}")), "{event}");
    }
    write(&mut stream, "0\r\n\r\n").await;
    assert_eq!(read_until(&mut caller, "0\r\n\r\n").await, "0\r\n\r\n");
}

#[tokio::test]
async fn a_large_body_is_on_its_way_before_it_has_all_been_sent() {
    let (listener, address) = listen().await;
    let upstream = format!("http://{address}");
    let world = World::begin_with(Choices { upstream: Some(upstream), ..Choices::default() }).await;
    let body = "abcdefgh".repeat(32 * 1024);
    let ask = Ask::new("POST", "/acme/tickets").json(&body).digested().signed(&world.proof());
    let bytes = ask.bytes();
    let (first, last) = bytes.split_at(bytes.len() - 8);
    let mut caller = TcpStream::connect(world.gateway.address()).await.unwrap();
    caller.write_all(first).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    assert_eq!(read_until(&mut stream, "abcdefgh").await, "abcdefgh");
    caller.write_all(last).await.unwrap();
    let mut left = body.len() - 8;
    while left > 0 {
        left -= read_until(&mut stream, "abcdefgh").await.len();
    }
    write(&mut stream, "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await;
    assert!(read_until(&mut caller, "\r\n\r\n").await.starts_with("HTTP/1.1 201"));
}
