//! What of a call is kept that a model made.

use super::{MAX_PATH_BYTES, MAX_TEXT_BYTES};
use crate::canonical;

/// What a model called: a tool, a resource or a prompt. By its id and its digest the call is found
/// again on the side of the client, and by the trace what led to it.
#[derive(Debug, Clone, Copy)]
pub struct GenAi<'a> {
    /// The SHA-256 of the arguments, as they were sent without white space.
    pub arguments_digest: &'a [u8; 32],
    /// The name or the URI that was called.
    pub name: &'a str,
    /// The id that the client gave the call.
    pub tool_call: &'a str,
}

impl GenAi<'_> {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"gen_ai\":{\"arguments_digest\":\"");
        canonical::hex(self.arguments_digest, out);
        out.push(b'"');
        text(b",\"name\":", self.name, MAX_PATH_BYTES, out);
        text(b",\"tool_call\":", self.tool_call, MAX_TEXT_BYTES, out);
        out.push(b'}');
    }
}

fn text(name: &[u8], value: &str, most: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    canonical::string(canonical::cut(value, most), out);
}
