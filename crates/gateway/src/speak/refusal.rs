//! A refusal in the words of the protocol that an API speaks.

use bailiwick_domain::api::Kind;
use bailiwick_domain::denial::Denial;
use http::StatusCode;
use serde_json::{Map, Value};

use super::heard::Heard;
use super::{a2a, mcp};

/// The status, the body and the type of the answer to a refused message; nothing over plain HTTP.
/// `state` is what a client of MCP sends back once people have decided.
pub fn answer(
    denial: &Denial,
    (kind, heard): (Kind, Option<&Heard>),
    problem: (StatusCode, Map<String, Value>),
    state: Option<&str>,
) -> Option<(StatusCode, Vec<u8>, &'static str)> {
    let (status, body, media_type) = match kind {
        Kind::Http => return None,
        Kind::Mcp => {
            let heard = heard.and_then(Heard::mcp);
            let (status, body) = mcp::refusal::answer(denial, heard, problem, state);
            (status, body, "application/json")
        }
        Kind::A2a => a2a::refusal::answer(denial, heard.and_then(Heard::a2a), problem),
    };
    Some((status, body.to_string().into_bytes(), media_type))
}
