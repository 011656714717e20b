//! Questions to an Ethereum node.

use bailiwick_fetch::Unfetched;
use bailiwick_fetch::ethereum::{Block, Node, Unanswered};

use crate::scene::{client, url};
use crate::server::{Answer, Server};

const ACCOUNT: [u8; 20] = [0xab; 20];

fn result(text: &str) -> Answer {
    Answer::json(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":"{text}"}}"#))
}

fn error(code: i64) -> Answer {
    let error = format!(r#"{{"code":{code},"message":"m"}}"#);
    Answer::json(&format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#))
}

async fn node() -> (Server, Node) {
    let server = Server::start().await;
    server.on("eth_chainId", result("0x1"));
    let node = Node::new(client(), url(&server.at("/v3/secret")), 1);
    (server, node)
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn the_chain_is_asked_once_and_then_the_question() {
    let (server, node) = node().await;
    let account = format!("0x{}", "ab".repeat(20));
    server.on("eth_getCode", result("0xef0100"));
    let code = node.code(&ACCOUNT, Block::Latest).await.unwrap();
    assert_eq!(code, [0xef, 1, 0]);
    let expected = format!(
        r#"{{"id":1,"jsonrpc":"2.0","method":"eth_getCode","params":["{account}","latest"]}}"#
    );
    assert_eq!(body(&server.last()), expected);
    assert!(server.last().starts_with("POST /v3/secret HTTP/1.1\r\n"));
    assert!(server.last().contains("content-type: application/json\r\n"));
    server.on("eth_call", result("0x1626ba7e"));
    let returned = node.call(Some(&ACCOUNT), &[0x16, 0x26], Block::Safe).await.unwrap();
    assert_eq!(returned, [0x16, 0x26, 0xba, 0x7e]);
    let expected = format!(
        r#"{{"id":1,"jsonrpc":"2.0","method":"eth_call","params":[{{"data":"0x1626","to":"{account}"}},"safe"]}}"#
    );
    assert_eq!(body(&server.last()), expected);
    node.call(None, &[0x60], Block::Finalized).await.unwrap();
    assert!(body(&server.last()).ends_with(r#""params":[{"data":"0x60"},"finalized"]}"#));
    assert_eq!(server.count(), 4, "the chain does not change");
}

#[tokio::test]
async fn a_node_of_another_chain_is_not_believed() {
    let (server, node) = node().await;
    server.on("eth_chainId", result("0xa"));
    server.on("eth_getCode", result("0x"));
    let answered = node.code(&ACCOUNT, Block::Latest).await;
    assert_eq!(answered, Err(Unanswered::AnotherChain { expected: 1, found: 10 }));
    assert_eq!(server.count(), 1, "nothing else was asked");
    server.on("eth_chainId", result("0x1"));
    assert_eq!(node.code(&ACCOUNT, Block::Latest).await, Ok(Vec::new()));
}

#[tokio::test]
async fn what_goes_wrong_is_no_verdict() {
    let (server, node) = node().await;
    for (answer, expected) in [
        (Answer::status("429 Too Many"), Unanswered::Unfetched(Unfetched::Status(429))),
        (Answer::raw(""), Unanswered::Unfetched(Unfetched::Unreachable)),
        (Answer::json("{}"), Unanswered::Malformed),
        (result("1"), Unanswered::Malformed),
        (error(3), Unanswered::Reverted),
        (error(-32_000), Unanswered::Refused(-32_000)),
    ] {
        server.on("eth_call", answer);
        let answered = node.call(Some(&ACCOUNT), &[], Block::Latest).await;
        assert_eq!(answered, Err(expected));
    }
    let answered = node.call(None, &vec![0; 64 * 1024 + 1], Block::Latest).await;
    assert_eq!(answered, Err(Unanswered::TooLong));
}

#[tokio::test]
async fn its_url_is_not_printed() {
    let (server, node) = node().await;
    let expected = format!("Node(chain 1 at Url(127.0.0.1:{}))", server.port());
    assert_eq!(format!("{node:?}"), expected);
}
