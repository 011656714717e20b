//! What is asked of a chain, and what it says: JSON-RPC, without the transport.

use serde_json::{Value, json};

use super::account::Account;
use crate::json;
use crate::keys::Address;

/// The most bytes of an answer that are read: the largest code as hexadecimal text, several times.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// The JSON-RPC error of a call that was carried out and came to nothing.
const REVERTED: i64 = 3;
/// How nodes that have no number for it say so.
const SAID: [&str; 3] = ["execution reverted", "vm execution error", "vm exception"];

/// A question to one chain, as an Ethereum JSON-RPC request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    chain: u64,
    asked: Asked,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Code(Address),
    Call(Option<Address>, Vec<u8>),
}

/// What a chain answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These bytes.
    Returned(Vec<u8>),
    /// The call was carried out and reverted.
    Reverted,
    /// Nobody answered, or not in a way that says anything about the account.
    Unavailable,
}

impl Question {
    pub(super) fn code(chain: u64, address: Address) -> Self {
        Self { chain, asked: Asked::Code(address) }
    }

    pub(super) fn call(chain: u64, to: Option<Address>, data: Vec<u8>) -> Self {
        Self { chain, asked: Asked::Call(to, data) }
    }

    /// What code an account has, if any.
    pub fn code_of(account: &Account) -> Self {
        Self::code(account.chain, account.address)
    }

    /// The chain to ask, and no other.
    pub fn chain(&self) -> u64 {
        self.chain
    }

    /// The JSON-RPC method: `eth_getCode` or `eth_call`.
    pub fn method(&self) -> &'static str {
        match self.asked {
            Asked::Code(_) => "eth_getCode",
            Asked::Call(..) => "eth_call",
        }
    }

    /// The JSON-RPC parameters, about the latest block. A call without `to` creates a contract,
    /// and its answer is what the new contract would be: nothing is sent to the chain.
    pub fn params(&self) -> Value {
        match &self.asked {
            Asked::Code(address) => json!([address.as_str(), "latest"]),
            Asked::Call(None, data) => json!([{ "data": hexadecimal(data) }, "latest"]),
            Asked::Call(Some(to), data) => {
                json!([{ "to": to.as_str(), "data": hexadecimal(data) }, "latest"])
            }
        }
    }
}

impl Answer {
    /// Reads the body of a JSON-RPC response. Only a result, or an error that says the call was
    /// reverted, is about the account; all else is nobody's answer.
    pub fn read(response: &[u8]) -> Self {
        let response = response.get(..MAX_ANSWER_BYTES.min(response.len()));
        let Some(members) = response.and_then(json::object) else { return Self::Unavailable };
        let result = members.get("result").and_then(Value::as_str).and_then(read_hexadecimal);
        match (result, members.get("error")) {
            (Some(bytes), None | Some(Value::Null)) => Self::Returned(bytes),
            (None, Some(error)) if is_reverted(error) => Self::Reverted,
            _ => Self::Unavailable,
        }
    }
}

fn is_reverted(error: &Value) -> bool {
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let start = message.get(..message.len().min(32)).unwrap_or_default().to_ascii_lowercase();
    let said = SAID.iter().any(|said| start.starts_with(said));
    said || error.get("code").and_then(Value::as_i64) == Some(REVERTED)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    "0x".chars().chain(digits).collect()
}

fn read_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.strip_prefix("0x")?.as_bytes().as_chunks::<2>();
    let nibble = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
    let byte = |[high, low]: &[u8; 2]| Some(nibble(*high)? << 4 | nibble(*low)?);
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_a_request_about_the_latest_block() {
        let address = Address::new([0xab; 20]);
        let code = Question::code(8453, address);
        assert_eq!((code.chain(), code.method()), (8453, "eth_getCode"));
        assert_eq!(code.params(), json!([format!("0x{}", "ab".repeat(20)), "latest"]));
        let call = Question::call(1, Some(address), vec![0, 0xff]);
        assert_eq!(call.method(), "eth_call");
        assert_eq!(call.params(), json!([{"to": address.as_str(), "data": "0x00ff"}, "latest"]));
        let program = Question::call(1, None, vec![1]);
        assert_eq!(program.params(), json!([{"data": "0x01"}, "latest"]));
    }

    fn check(response: &str, expected: &Answer) {
        assert_eq!(Answer::read(response.as_bytes()), *expected, "{response}");
    }

    #[test]
    fn only_what_is_about_the_account_counts() {
        let head = r#""jsonrpc":"2.0","id":1"#;
        let result = |value: &str| format!("{{{head},\"result\":{value}}}");
        check(&result("\"0x\""), &Answer::Returned(Vec::new()));
        check(&result("\"0x16bA\""), &Answer::Returned(vec![0x16, 0xba]));
        for value in ["\"0x1\"", "\"16\"", "\"0xgg\"", "null", "[]", "\"\"", "\"0x+1\""] {
            check(&result(value), &Answer::Unavailable);
        }
        let error = |value: &str| format!("{{{head},\"error\":{value}}}");
        check(
            &error(r#"{"code":3,"message":"execution reverted","data":"0x"}"#),
            &Answer::Reverted,
        );
        check(&error(r#"{"code":-32000,"message":"Execution reverted: no"}"#), &Answer::Reverted);
        check(&error(r#"{"code":-32015,"message":"VM execution error."}"#), &Answer::Reverted);
        for value in [
            r#"{"code":-32000,"message":"header not found"}"#,
            r#"{"code":-32005,"message":"limit exceeded"}"#,
            r#"{"message":"not execution reverted"}"#,
            r#"{"code":"3"}"#,
            "null",
            "3",
        ] {
            check(&error(value), &Answer::Unavailable);
        }
        let both = format!("{{{head},\"result\":\"0x16\",\"error\":{{\"code\":3}}}}");
        check(&both, &Answer::Unavailable);
        for response in ["", "[]", "{}", "<html>", r#"{"result":"0x","result":"0x16"}"#] {
            check(response, &Answer::Unavailable);
        }
        let long = result(&format!("\"0x{}\"", "00".repeat(MAX_ANSWER_BYTES / 2)));
        check(&long, &Answer::Unavailable);
    }
}
