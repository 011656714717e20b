//! The trace that a message says it belongs to, in `_meta` (MCP 2026-07-28, Base Protocol,
//! OpenTelemetry trace context; W3C Trace Context, level 1).
//!
//! Header fields and message may each name one. The fields go before, since whoever is on the way
//! writes those; where they name none, the message's goes on. To the server both name the same
//! trace, and the span that was added here as the parent. What is malformed is as if it were not
//! there, and `tracestate` with it (section 3.3); what a caller says as `baggage` ends here, in
//! a message as in a field.

use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;

use crate::asked::Asked;
use crate::asked::trace::TRACESTATE;
use crate::speak::message::Calling;
use crate::speak::verbatim;

const OF_TRACE: [&str; 3] = [PARENT, STATE, "baggage"];
const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";

/// Hears which trace a message names.
pub fn hear(asked: &Asked, calling: &Calling) {
    let said = |name| calling.meta(name).and_then(Value::as_str);
    if let Some(parent) = said(PARENT) {
        asked.hear_trace(parent, said(STATE));
    }
}

/// The message in the trace that the request belongs to; nothing where it says nothing of traces.
pub fn rewrite(body: &[u8], calling: &Calling, asked: &Asked) -> Option<Bytes> {
    let said = calling.params.get("_meta")?.as_object()?;
    said.keys().find(|name| is_of_trace(name))?;
    let body = std::str::from_utf8(body).ok()?;
    let params = verbatim::member(body, "params")?;
    let others = verbatim::retain(verbatim::member(params, "_meta")?, |name| !is_of_trace(name));
    let parent = std::str::from_utf8(asked.trace().traceparent()).ok()?;
    let mut meta = verbatim::add(&others, PARENT, &parent.into());
    if let Some(state) = state(asked) {
        meta = verbatim::add(&meta, STATE, &state.into());
    }
    let params = verbatim::replace(params, "_meta", &meta);
    Some(verbatim::replace(body, "params", &params).into())
}

/// Whether a member speaks of traces, whatever its case: some readers do not mind.
fn is_of_trace(name: &str) -> bool {
    OF_TRACE.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The `tracestate` that goes with the trace.
fn state(asked: &Asked) -> Option<String> {
    let trace = asked.trace();
    if !trace.is_continued() {
        return trace.state().and_then(|it| it.to_str().ok()).map(str::to_owned);
    }
    // Several fields are one (section 3.3).
    let values = asked.headers().get_all(TRACESTATE).iter().map(HeaderValue::to_str);
    let values: Vec<&str> = values.collect::<Result<_, _>>().ok()?;
    Some(values.join(",")).filter(|it| !it.is_empty())
}
