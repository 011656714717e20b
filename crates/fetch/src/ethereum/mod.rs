//! What a contract account says of a signature, asked of a node of one chain (JSON-RPC 2.0;
//! Ethereum execution API).

mod answer;
mod hex;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::client::{Ask, Client};
use crate::unfetched::Unfetched;
use crate::url::Url;

/// The longest answer: code and return values are far below it.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// The longest call, in bytes before it is written in hexadecimal.
const MAX_CALL_BYTES: usize = 64 * 1024;

/// An account: the twenty bytes of its address.
pub type Account = [u8; 20];

/// The state of the chain that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// The newest block the node has; it may yet be undone.
    Latest,
    /// The newest block that honest validators would not undo.
    Safe,
    /// The newest block that cannot be undone without destroying a third of all stake.
    Finalized,
}

impl Block {
    fn tag(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::Safe => "safe",
            Self::Finalized => "finalized",
        }
    }
}

/// Why the node did not answer the question. None of these says that a signature is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The node could not be asked.
    #[error(transparent)]
    Unfetched(#[from] Unfetched),
    /// The node is of another chain than the one it is configured for.
    #[error("the node is of chain {found} and not of chain {expected}")]
    AnotherChain {
        /// The chain that was to be asked (EIP-155).
        expected: u64,
        /// The chain the node says it is of.
        found: u64,
    },
    /// What it answered is not JSON-RPC, or not of the right kind.
    #[error("the node's answer cannot be read")]
    Malformed,
    /// The contract gave up: the call was made and reverted.
    #[error("the call was reverted by the contract")]
    Reverted,
    /// The node refused, with the code of JSON-RPC that it gave.
    #[error("the node refused with code {0}")]
    Refused(i64),
    /// The call is longer than 64 KiB.
    #[error("the call is too long")]
    TooLong,
}

/// A node of one chain.
#[derive(Clone)]
pub struct Node(Arc<Parts>);

struct Parts {
    client: Client,
    url: Url,
    chain: u64,
    is_of_chain: AtomicBool,
}

impl Node {
    /// The node at `url`, which has to be of the chain with this id (EIP-155). That is asked before
    /// the first question and until it has been answered.
    pub fn new(client: Client, url: Url, chain: u64) -> Self {
        Self(Arc::new(Parts { client, url, chain, is_of_chain: AtomicBool::new(false) }))
    }

    /// The id of the chain.
    pub fn chain(&self) -> u64 {
        self.0.chain
    }

    /// The code of an account (`eth_getCode`); empty when it has none.
    pub async fn code(&self, account: &Account, block: Block) -> Result<Vec<u8>, Unanswered> {
        self.check_chain().await?;
        let answer = self.ask("eth_getCode", &json!([hex::encode(account), block.tag()])).await?;
        hex::decode(&answer).ok_or(Unanswered::Malformed)
    }

    /// What a call returns (`eth_call`), which changes nothing. Without `to`, `data` is run as the
    /// code that would create a contract (ERC-6492, its validator that is never deployed).
    pub async fn call(
        &self,
        to: Option<&Account>,
        data: &[u8],
        block: Block,
    ) -> Result<Vec<u8>, Unanswered> {
        if data.len() > MAX_CALL_BYTES {
            return Err(Unanswered::TooLong);
        }
        self.check_chain().await?;
        let mut call = json!({ "data": hex::encode(data) });
        if let (Some(to), Some(members)) = (to, call.as_object_mut()) {
            members.insert("to".to_owned(), hex::encode(to).into());
        }
        let answer = self.ask("eth_call", &json!([call, block.tag()])).await?;
        hex::decode(&answer).ok_or(Unanswered::Malformed)
    }

    async fn check_chain(&self) -> Result<(), Unanswered> {
        let Parts { chain, is_of_chain, .. } = &*self.0;
        if is_of_chain.load(Ordering::Relaxed) {
            return Ok(());
        }
        let answer = self.ask("eth_chainId", &json!([])).await?;
        let found = hex::quantity(&answer).ok_or(Unanswered::Malformed)?;
        if found != *chain {
            return Err(Unanswered::AnotherChain { expected: *chain, found });
        }
        is_of_chain.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn ask(&self, method: &str, params: &Value) -> Result<String, Unanswered> {
        let Parts { client, url, .. } = &*self.0;
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let ask = Ask { max_bytes: MAX_ANSWER_BYTES, ..Ask::new(url, &["application/json"]) };
        let fetched = client.post_json(ask, question.to_string().into_bytes()).await?;
        answer::read(&fetched.body)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node(chain {} at {:?})", self.0.chain, self.0.url)
    }
}
