//! The answer to one message: JSON, or a stream of events of which one is it.

use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::events::Events;
use crate::client::unreachable;
use crate::failure::Failure;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The session that it opened.
    pub(crate) session: Option<String>,
    /// The response of JSON-RPC, where there was one.
    pub(crate) message: Option<Value>,
}

/// A result that was not given.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// The error's code, where there was an error of JSON-RPC.
    pub(crate) code: Option<i64>,
    /// What it said.
    pub(crate) message: String,
    /// What it said to programs.
    pub(crate) data: Value,
}

/// The most bytes of another party's words that are shown.
const SHOWN: usize = 200;

impl Answer {
    /// Reads the answer to the message with this id; of all answers so many bytes are left.
    pub(crate) async fn read(
        mut response: Response,
        id: u64,
        left: &mut usize,
    ) -> Result<Self, Failure> {
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let kind = header("content-type").unwrap_or_default().to_ascii_lowercase();
        let mut answer =
            Self { status: response.status(), session: header("mcp-session-id"), message: None };
        let streams = kind.starts_with("text/event-stream");
        let (mut events, mut whole) = (Events::default(), Vec::new());
        let url = response.url().to_string();
        while let Some(piece) = response.chunk().await.map_err(|it| unreachable(&url, &it))? {
            let rest = left.checked_sub(piece.len());
            *left = rest.ok_or_else(|| Failure::refused(format!("{url} answers too much")))?;
            if !streams {
                whole.extend_from_slice(&piece);
                continue;
            }
            answer.message = events.read(&piece).iter().find_map(|data| response_in(data, id));
            if answer.message.is_some() {
                return Ok(answer);
            }
        }
        answer.message = response_in(&whole, id);
        Ok(answer)
    }

    /// The result, or why there is none.
    pub(crate) fn result(self) -> Result<Value, Refused> {
        let Self { status, message, .. } = self;
        let member = |name: &str| message.as_ref().and_then(|message| message.get(name)).cloned();
        if let Some(result) = member("result").filter(|_| status.is_success()) {
            return Ok(result);
        }
        let error = member("error").unwrap_or_default();
        let said = error.get("message").and_then(Value::as_str).unwrap_or("nothing that is read");
        Err(Refused {
            status,
            code: error.get("code").and_then(Value::as_i64),
            message: said.chars().filter(|it| !it.is_control()).take(SHOWN).collect(),
            data: error.get("data").cloned().unwrap_or_default(),
        })
    }
}

impl Refused {
    /// The failure of a question that had to be answered.
    pub(crate) fn failure(&self, method: &str) -> Failure {
        let failure = Failure::refused(format!(
            "`{method}` was answered with {}: {}",
            self.status.as_u16(),
            self.message
        ));
        match self.status {
            StatusCode::UNAUTHORIZED => {
                failure.hint("set BAILIWICK_MCP_TOKEN to a bearer token that the server takes")
            }
            _ => failure,
        }
    }
}

/// The response to the message with this id; an error may have none (JSON-RPC 2.0, section 5).
fn response_in(data: &[u8], id: u64) -> Option<Value> {
    let message: Value = serde_json::from_slice(data).ok()?;
    let named = message.get("id");
    let is_error = message.get("error").is_some();
    let ours = named.and_then(Value::as_u64) == Some(id);
    let nobodys = is_error && named.is_none_or(Value::is_null);
    let answers = ours && (is_error || message.get("result").is_some());
    (answers || nobodys).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_response_to_the_message_is_taken() {
        for (data, expected) in [
            (r#"{"jsonrpc":"2.0","id":7,"result":{}}"#, true),
            (r#"{"jsonrpc":"2.0","id":7,"error":{"code":1}}"#, true),
            (r#"{"jsonrpc":"2.0","id":null,"error":{"code":1}}"#, true),
            (r#"{"jsonrpc":"2.0","error":{"code":1}}"#, true),
            (r#"{"jsonrpc":"2.0","id":8,"result":{}}"#, false),
            (r#"{"jsonrpc":"2.0","id":"7","result":{}}"#, false),
            (r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#, false),
            (r#"{"jsonrpc":"2.0","method":"notifications/message"}"#, false),
            (r#"{"jsonrpc":"2.0","result":{}}"#, false),
            ("[]", false),
            ("{", false),
        ] {
            assert_eq!(response_in(data.as_bytes(), 7).is_some(), expected, "{data}");
        }
    }
}
