//! Questions to an Ethereum node.

use bailiwick_fetch::Chains;
use bailiwick_proof::wallet::{Answer as Said, Question};

use crate::scene::{client, url};
use crate::server::{Answer, Server};

fn result(text: &str) -> Answer {
    Answer::json(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":"{text}"}}"#))
}

async fn node() -> (Server, Chains) {
    let server = Server::start().await;
    server.on("eth_chainId", result("0x1"));
    let chains = Chains::new(client(), [(1, url(&server.at("/v3/secret")))]);
    (server, chains)
}

fn question(chain: u64) -> Question {
    let account = format!("eip155:{chain}:0x{}", "ab".repeat(20));
    Question::code_of(&account.parse().unwrap())
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn the_chain_is_asked_once_and_then_the_question() {
    let (server, chains) = node().await;
    let account = format!("0x{}", "ab".repeat(20));
    server.on("eth_getCode", result("0xef0100"));
    assert_eq!(chains.ask(&question(1)).await, Said::Returned(vec![0xef, 1, 0]));
    let sent: serde_json::Value = serde_json::from_str(body(&server.last())).unwrap();
    let params = serde_json::json!([account, "latest"]);
    let expected =
        serde_json::json!({"id": 1, "jsonrpc": "2.0", "method": "eth_getCode", "params": params});
    assert_eq!(sent, expected);
    assert!(server.last().starts_with("POST /v3/secret HTTP/1.1\r\n"));
    assert!(server.last().contains("content-type: application/json\r\n"));
    chains.ask(&question(1)).await;
    assert_eq!(server.count(), 3, "the chain does not change");
    assert_eq!(chains.ask(&question(2)).await, Said::Unavailable);
    assert_eq!(server.count(), 3, "a chain without a node is not asked of another's");
}

#[tokio::test]
async fn a_node_of_another_chain_is_not_believed() {
    let (server, chains) = node().await;
    server.on("eth_chainId", result("0xa"));
    server.on("eth_getCode", result("0x"));
    assert_eq!(chains.ask(&question(1)).await, Said::Unavailable);
    assert_eq!(server.count(), 1, "nothing else was asked");
    server.on("eth_chainId", result("0x1"));
    assert_eq!(chains.ask(&question(1)).await, Said::Returned(Vec::new()));
}

#[tokio::test]
async fn what_goes_wrong_is_no_verdict() {
    let (server, chains) = node().await;
    for answer in [Answer::status("429 Too Many"), Answer::raw(""), Answer::json("{}"), result("1")]
    {
        server.on("eth_getCode", answer);
        assert_eq!(chains.ask(&question(1)).await, Said::Unavailable);
    }
}

#[tokio::test]
async fn the_path_of_a_nodes_url_is_not_printed() {
    let (server, chains) = node().await;
    let expected = format!("{{1: Url(127.0.0.1:{})}}", server.port());
    assert_eq!(format!("{chains:?}"), expected);
}
