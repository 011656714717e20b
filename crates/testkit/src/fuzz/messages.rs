//! Messages of MCP from clients, and what servers answer.

use std::collections::BTreeSet;

use bailiwick_gateway::speak::a2a::parameters::Parameters;
use bailiwick_gateway::speak::a2a::skill;
use bailiwick_gateway::speak::events::Events;
use bailiwick_gateway::speak::mcp::agreement;
use bailiwick_gateway::speak::message::Message;
use bailiwick_gateway::speak::verbatim;
use serde_json::Value;

use super::headers;

/// Fields, an empty line, and a message. Whatever is a request is called by one name, and what its
/// parameters are as text is what they are as values.
pub fn message(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (fields, body) = text.split_once("\n\n").unwrap_or(("", &text));
    let Ok(message) = Message::read(body.as_bytes()) else { return };
    let _ = agreement::check(&headers(fields), &message);
    let Some(call) = message.calling() else { return };
    let named: BTreeSet<String> =
        call.params.keys().map(|name| name.to_ascii_lowercase()).collect();
    assert!(!named.contains("name") || call.params.contains_key("name"), "{text}");
    if let Ok(parameters) = Parameters::read(call.params.clone()) {
        assert!(!named.contains("message") || call.params.contains_key("message"), "{text}");
        let _ = (parameters.message().map(skill::named), parameters.tenant());
    }
    let Some(params) = verbatim::member(body, "params") else { return };
    for (name, value) in &call.params {
        let found = verbatim::member(params, name).and_then(|it| serde_json::from_str(it).ok());
        assert_eq!(found.as_ref(), Some(value), "{text}");
        let squeezed = verbatim::squeeze(verbatim::member(params, name).unwrap_or_default());
        let read: Option<Value> = serde_json::from_str(&squeezed).ok();
        assert_eq!(read.as_ref(), Some(value), "{text}");
    }
}

/// A stream of events. In pieces or whole, the same is heard of it, and the same goes on.
pub fn events(data: &[u8]) {
    let heard = |size: usize| {
        let (mut events, mut out, mut heard) = (Events::default(), Vec::new(), Vec::new());
        for piece in data.chunks(size) {
            let fed = events.feed(piece, &mut out, |said| {
                heard.push(said.to_owned());
                Ok(said.contains("hide").then(|| "{}".to_owned()))
            });
            if fed.is_err() {
                return None;
            }
        }
        Some((heard, out))
    };
    let whole = heard(data.len().max(1));
    assert_eq!(whole, heard(3));
}
