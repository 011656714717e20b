//! What a message calls, and with what.

use std::cell::OnceCell;

use bailiwick_proof::opaque::sha256;
use bytes::Bytes;
use serde_json::Value;

/// What a tool, a resource, a prompt or a skill is called with.
#[derive(Debug)]
pub struct Content {
    /// The name or the URI.
    pub name: String,
    /// The arguments; an empty object where there are none.
    pub arguments: Value,
    /// The arguments as they were sent, without the white space that means nothing.
    pub text: String,
    /// The id of the request, as the record says it.
    pub id: String,
    digest: OnceCell<[u8; 32]>,
}

impl Content {
    /// What is called with this.
    pub fn new(name: String, (arguments, text): (Value, String), id: &Value) -> Self {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        Self { name, arguments, text, id, digest: OnceCell::new() }
    }

    /// The SHA-256 of the arguments.
    pub fn digest(&self) -> &[u8; 32] {
        self.digest.get_or_init(|| sha256(self.text.as_bytes()))
    }

    /// What an approval is bound to and people are shown: method, name and arguments, however the
    /// message around them differs from one attempt to the next.
    pub fn bound(&self, method: &str) -> Bytes {
        let name = Value::from(self.name.as_str());
        let text =
            format!("{{\"method\":\"{method}\",\"name\":{name},\"arguments\":{}}}", self.text);
        Bytes::from(text)
    }
}
