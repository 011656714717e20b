//! What header fields say of a message is what the message says (MCP 2026-07-28, Streamable HTTP,
//! Request Metadata and Server Validation): somebody on the way may have gone by the one, and the
//! server goes by the other.
//!
//! Earlier revisions do not know the fields; where a request of theirs has them all the same, they
//! have to be right.

use bailiwick_domain::mcp::{METHODS, RESOURCES_READ};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::revision::Revision;
use crate::speak::message::{Calling, Message};

/// The field that names the revision.
pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Where a stateless request says of which revision it is.
const OF_REVISION: &str = "io.modelcontextprotocol/protocolVersion";
/// Where it says what its client can do.
pub const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Why a message is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disagreement {
    /// A field is missing, or says something else than the message.
    Mismatch(&'static str),
    /// A revision that is not spoken here.
    Unsupported {
        /// What was asked for, cut to 64 characters.
        requested: String,
    },
    /// `_meta` lacks what a stateless request has to say.
    Incomplete(&'static str),
}

/// The revision that a message is of, once everything agrees; 2025-03-26 where nothing says.
pub fn check(headers: &HeaderMap, message: &Message) -> Result<Revision, Disagreement> {
    let said = message.calling().and_then(|call| call.meta(OF_REVISION));
    let named = one(headers, &PROTOCOL_VERSION)?;
    let revision = revision(named, said)?;
    let Some(call) = message.calling() else {
        if revision.is_stateless() {
            return Err(Disagreement::Mismatch("this revision has no answers of clients"));
        }
        return Ok(revision);
    };
    let is_request = message.id().is_some();
    let demands = revision.is_stateless() && is_request;
    check_method(headers, call, demands)?;
    check_name(headers, call, demands)?;
    if demands {
        check_meta(call, said)?;
    }
    Ok(revision)
}

/// The revision that a request without a message names.
pub fn named_revision(headers: &HeaderMap) -> Result<Revision, Disagreement> {
    revision(one(headers, &PROTOCOL_VERSION)?, None)
}

fn revision(named: Option<&str>, said: Option<&Value>) -> Result<Revision, Disagreement> {
    let Some(named) = named else {
        return match said {
            None => Ok(Revision::V2025_03_26),
            Some(_) => Err(Disagreement::Mismatch("MCP-Protocol-Version is missing")),
        };
    };
    if said.is_some_and(|said| said.as_str() != Some(named)) {
        return Err(Disagreement::Mismatch("MCP-Protocol-Version is not what `_meta` says"));
    }
    Revision::named(named)
        .ok_or_else(|| Disagreement::Unsupported { requested: named.chars().take(64).collect() })
}

fn check_method(headers: &HeaderMap, call: &Calling, demands: bool) -> Result<(), Disagreement> {
    match one(headers, &METHOD)? {
        Some(named) if named == call.method => Ok(()),
        Some(_) => Err(Disagreement::Mismatch("Mcp-Method is not the message's method")),
        None if demands => Err(Disagreement::Mismatch("Mcp-Method is missing")),
        None => Ok(()),
    }
}

fn check_name(headers: &HeaderMap, call: &Calling, demands: bool) -> Result<(), Disagreement> {
    if !METHODS.contains(&call.method.as_str()) {
        return Ok(());
    }
    let named = match one(headers, &NAME)? {
        Some(named) => named,
        None if demands => return Err(Disagreement::Mismatch("Mcp-Name is missing")),
        None => return Ok(()),
    };
    let named = decode(named).ok_or(Disagreement::Mismatch("Mcp-Name cannot be read"))?;
    match call.text(named_by(&call.method)) {
        Some(name) if name == named => Ok(()),
        _ => Err(Disagreement::Mismatch("Mcp-Name is not what the message names")),
    }
}

/// The parameter that names what a method is about.
pub fn named_by(method: &str) -> &'static str {
    if method == RESOURCES_READ { "uri" } else { "name" }
}

/// What every request has to say (MCP 2026-07-28, Base Protocol, Per-request protocol fields).
fn check_meta(call: &Calling, said: Option<&Value>) -> Result<(), Disagreement> {
    if said.is_none() {
        return Err(Disagreement::Incomplete("`_meta` does not say the protocol version"));
    }
    match call.meta(CAPABILITIES) {
        Some(Value::Object(_)) => Ok(()),
        _ => Err(Disagreement::Incomplete("`_meta` does not say what the client can do")),
    }
}

/// The one value of a field, if there is one.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Disagreement> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let unreadable = |_| Disagreement::Mismatch("a field of the protocol is not readable");
            value.to_str().map(Some).map_err(unreadable)
        }
        (Some(_), Some(_)) => Err(Disagreement::Mismatch("a field of the protocol is there twice")),
    }
}

/// A value as it was before it was put into a field: as it is, or in base64 between markers (MCP
/// 2026-07-28, Streamable HTTP, Value Encoding).
pub fn decode(value: &str) -> Option<String> {
    let encoded = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    match encoded {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

/// The value of a field as text, where it is that.
pub(super) fn text(value: &HeaderValue) -> Option<String> {
    value.to_str().ok().and_then(decode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(method: &str, params: &Value) -> Message {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        Message::read(body.to_string().as_bytes()).unwrap()
    }

    fn stateless(method: &str, mut params: Value) -> Message {
        params["_meta"] = json!({OF_REVISION: "2026-07-28", CAPABILITIES: {}});
        message(method, &params)
    }

    fn agree(message: &Message, fields: &[(&'static str, &str)]) -> Result<Revision, Disagreement> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        check(&headers, message)
    }

    const NEW: (&str, &str) = ("mcp-protocol-version", "2026-07-28");
    const CALL: (&str, &str) = ("mcp-method", "tools/call");

    fn is_mismatch(message: &Message, fields: &[(&'static str, &str)]) {
        let agreed = agree(message, fields);
        assert!(matches!(agreed, Err(Disagreement::Mismatch(_))), "{fields:?}: {agreed:?}");
    }

    #[test]
    fn a_stateless_request_says_everything_twice_and_alike() {
        let call = stateless("tools/call", json!({"name": "search"}));
        let fine = agree(&call, &[NEW, CALL, ("mcp-name", "search")]);
        assert_eq!(fine, Ok(Revision::V2026_07_28));
        let encoded = agree(&call, &[NEW, CALL, ("mcp-name", "=?base64?c2VhcmNo?=")]);
        assert_eq!(encoded, Ok(Revision::V2026_07_28));
        is_mismatch(&call, &[CALL, ("mcp-name", "search")]);
        is_mismatch(&call, &[("mcp-protocol-version", "2025-11-25"), CALL, ("mcp-name", "search")]);
        is_mismatch(&call, &[NEW, ("mcp-name", "search")]);
        is_mismatch(&call, &[NEW, CALL]);
        is_mismatch(&call, &[NEW, ("mcp-method", "tools/list"), ("mcp-name", "search")]);
        is_mismatch(&call, &[NEW, ("mcp-method", "Tools/Call"), ("mcp-name", "search")]);
        for name in ["Search", "other", "=?base64?b3RoZXI=?=", "=?base64?!?=", "=?base64?/w==?="] {
            is_mismatch(&call, &[NEW, CALL, ("mcp-name", name)]);
        }
        is_mismatch(&call, &[NEW, CALL, ("mcp-name", "search"), ("mcp-name", "other")]);
        is_mismatch(&call, &[NEW, NEW, CALL, ("mcp-name", "search")]);
        let read = stateless("resources/read", json!({"uri": "x://a", "name": "b"}));
        let fields = |uri| [NEW, ("mcp-method", "resources/read"), ("mcp-name", uri)];
        assert!(agree(&read, &fields("x://a")).is_ok());
        is_mismatch(&read, &fields("b"));
    }

    #[test]
    fn a_revision_that_is_not_spoken_is_named_and_not_guessed() {
        let mut call = stateless("tools/list", json!({}));
        let Message::Request { call: calling, .. } = &mut call else { panic!() };
        calling.params["_meta"][OF_REVISION] = json!("v999");
        let fields = [("mcp-protocol-version", "v999"), ("mcp-method", "tools/list")];
        let requested = "v999".to_owned();
        assert_eq!(agree(&call, &fields), Err(Disagreement::Unsupported { requested }));
        is_mismatch(&call, &[NEW, ("mcp-method", "tools/list")]);
        let old = message("tools/list", &json!({}));
        let unsupported = agree(&old, &[("mcp-protocol-version", "2024-11-05")]);
        assert!(matches!(unsupported, Err(Disagreement::Unsupported { .. })));
    }

    #[test]
    fn what_every_stateless_request_has_to_say_is_there() {
        let fields = [NEW, ("mcp-method", "tools/list")];
        for params in [
            json!({}),
            json!({"_meta": {CAPABILITIES: {}}}),
            json!({"_meta": {OF_REVISION: "2026-07-28"}}),
            json!({"_meta": {OF_REVISION: "2026-07-28", CAPABILITIES: []}}),
        ] {
            let agreed = agree(&message("tools/list", &params), &fields);
            assert!(matches!(agreed, Err(Disagreement::Incomplete(_))), "{agreed:?}");
        }
    }

    #[test]
    fn earlier_revisions_need_no_fields_and_have_right_ones() {
        let call = message("tools/call", &json!({"name": "search"}));
        assert_eq!(agree(&call, &[]), Ok(Revision::V2025_03_26));
        let named = agree(&call, &[("mcp-protocol-version", "2025-11-25"), CALL]);
        assert_eq!(named, Ok(Revision::V2025_11_25));
        is_mismatch(&call, &[("mcp-method", "tools/list")]);
        is_mismatch(&call, &[("mcp-name", "other")]);
        assert_eq!(agree(&Message::Response, &[]), Ok(Revision::V2025_03_26));
        is_mismatch(&Message::Response, &[NEW]);
    }
}
