//! Tasks are not spoken here: neither those of 2025-11-25 (Utilities, Tasks) nor those of the
//! extension of 2026-07-28 (SEP-2663). Who began one is not known here, and what it came to would
//! be told apart from the call whose labels and policies it is under.
//!
//! So neither side hears that the other speaks them, and who does not speak them answers at once,
//! as the protocol has it. Their own methods are among those that nobody knows.

use bailiwick_domain::mcp::METHODS;
use bytes::Bytes;
use serde_json::Value;

use super::agreement::CAPABILITIES;
use crate::speak::message::Calling;
use crate::speak::verbatim;

/// The extension of 2026-07-28.
const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// Takes them out of what a server says it can do, in the `result` of `initialize` or
/// `server/discover`; whether they were there.
pub fn withhold(result: &mut Value) -> bool {
    let can = result.get_mut("capabilities").and_then(Value::as_object_mut);
    let Some(can) = can else { return false };
    let in_core = can.remove("tasks").is_some();
    let extensions = can.get_mut("extensions").and_then(Value::as_object_mut);
    let extended = extensions.is_some_and(|it| it.remove(EXTENSION).is_some());
    in_core || extended
}

/// The message as one of a client that does not speak them; nothing where it already is.
pub fn rewrite(body: &[u8], calling: &Calling) -> Option<Bytes> {
    let asks = METHODS.contains(&&*calling.method) && calling.params.contains_key("task");
    let extensions = calling.meta(CAPABILITIES).and_then(|it| it.get("extensions"));
    let speaks = extensions.is_some_and(|it| it.get(EXTENSION).is_some());
    if !asks && !speaks {
        return None;
    }
    let mut text = std::str::from_utf8(body).ok()?.to_owned();
    if asks {
        text = verbatim::without(&text, &["params"], "task");
    }
    if speaks {
        let path = ["params", "_meta", CAPABILITIES, "extensions"];
        text = verbatim::without(&text, &path, EXTENSION);
    }
    Some(text.into())
}
