//! What a contract account says of a signature, asked of a node of its chain (JSON-RPC 2.0;
//! Ethereum execution API).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bailiwick_proof::json;
use bailiwick_proof::wallet::{Answer, Means, Progress, Question, Refused};
use serde_json::{Value, json};

use crate::client::{Ask, Client};
use crate::url::Url;

/// The longest answer: code and return values are far below it.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The nodes that are asked, each for one chain. Whatever goes wrong is no verdict.
#[derive(Clone)]
pub struct Chains {
    client: Client,
    nodes: Arc<BTreeMap<u64, Node>>,
}

struct Node {
    url: Url,
    is_of_chain: AtomicBool,
}

impl Chains {
    /// Nodes by the number of their chain (EIP-155). That a node is of its chain is asked before
    /// the first question and until it has been answered.
    pub fn new(client: Client, nodes: impl IntoIterator<Item = (u64, Url)>) -> Self {
        let node = |(chain, url)| (chain, Node { url, is_of_chain: AtomicBool::new(false) });
        Self { client, nodes: Arc::new(nodes.into_iter().map(node).collect()) }
    }

    /// Asks the chain that the question is for, and no other.
    pub async fn ask(&self, question: &Question) -> Answer {
        let Some(node) = self.nodes.get(&question.chain()) else { return Answer::Unavailable };
        if !self.is_of_chain(node, question.chain()).await {
            return Answer::Unavailable;
        }
        let response = self.exchange(node, question.method(), &question.params()).await;
        response.map_or(Answer::Unavailable, |response| Answer::read(&response))
    }

    /// Brings a verification to its end, asking as often as it wants to know something.
    pub async fn settle(&self, mut progress: Progress) -> Result<Means, Refused> {
        loop {
            progress = match progress {
                Progress::Verified(means) => return Ok(means),
                Progress::Ask(pending) => {
                    let answer = self.ask(pending.question()).await;
                    pending.answer(&answer)?
                }
            };
        }
    }

    async fn is_of_chain(&self, node: &Node, chain: u64) -> bool {
        if node.is_of_chain.load(Ordering::Relaxed) {
            return true;
        }
        let response = self.exchange(node, "eth_chainId", &json!([])).await;
        let members = response.as_deref().and_then(json::object);
        let members = members.filter(|it| it.get("error").is_none_or(Value::is_null));
        let result = members.as_ref().and_then(|members| members.get("result"));
        let digits = result.and_then(Value::as_str).and_then(|text| text.strip_prefix("0x"));
        let found = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        node.is_of_chain.store(found == Some(chain), Ordering::Relaxed);
        found == Some(chain)
    }

    async fn exchange(&self, node: &Node, method: &str, params: &Value) -> Option<Vec<u8>> {
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let ask = Ask { max_bytes: MAX_ANSWER_BYTES, ..Ask::new(&node.url, &["application/json"]) };
        let fetched = self.client.post_json(ask, question.to_string().into_bytes()).await;
        fetched.ok().map(|fetched| fetched.body)
    }
}

impl fmt::Debug for Chains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.nodes.iter().map(|(chain, node)| (chain, &node.url))).finish()
    }
}
