//! What one request leaves behind: a record, one JSON object in canonical form (RFC 8785).
//!
//! A record is written in two steps, before the request is forwarded and after it is answered, and
//! nobody parses JSON to put the two together. Members of the canonical form are sorted, so
//! [`Opening`] writes four fragments around the three places that are known only at the end, and
//! [`Closing`] writes what belongs into these places. Fragments are separated by line feeds, which
//! canonical JSON never contains; [`join`] interleaves them.
//!
//! ```text
//! opening  {"address":…,"credential":…      ⏎  ,"id":…,"query_digest":…  ⏎  ,"resource":…  ⏎  …}
//! closing            ,"decision":…,"duration_us":…  ⏎  ,"request":…  ⏎  ,"response":…
//! ```

mod decided;
mod delegation;
mod gen_ai;
mod labels;

use std::net::IpAddr;

use aws_lc_rs::digest;
use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::{AgentId, KeyId, RecordId, TokenId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;

pub use decided::{ByPolicies, Decided, WouldBe};
pub use delegation::DelegationEntry;
pub use gen_ai::GenAi;
pub use labels::Labels;

use crate::canonical;

/// The most bytes a record has: the length of an entry is a 16-bit number (C2SP tlog-tiles).
pub const MAX_BYTES: usize = 65_535;
/// The most bytes kept of a path, a path template or an operation.
pub const MAX_PATH_BYTES: usize = 1_024;
/// The most bytes kept of any other text.
pub const MAX_TEXT_BYTES: usize = 256;

/// The closing of a request whose gateway stopped before it knew how the request ended.
pub const INTERRUPTED: &[u8] = b",\"decision\":{\"outcome\":\"interrupted\"}\n\n";

/// What is known of a request before it is forwarded or refused. Agent and credential are absent
/// when nothing was proven.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// When the request arrived.
    pub time: Timestamp,
    /// The gateway that took it.
    pub node: &'a str,
    /// The proven agent.
    pub agent: Option<AgentEntry<'a>>,
    /// The key that proved it.
    pub credential: Option<KeyId>,
    /// The access token that was used.
    pub token: Option<TokenId>,
    /// For whom it acted, and by which task.
    pub delegation: DelegationEntry<'a>,
    /// How much the proof is worth.
    pub strength: Option<Strength>,
    /// The API that was asked.
    pub api: Option<&'a str>,
    /// The operation that was named: method and path template.
    pub operation: Option<&'a str>,
    /// The path template alone.
    pub path_template: Option<&'a str>,
    /// The method.
    pub method: &'a str,
    /// The path, without the query.
    pub resource: &'a str,
    /// The query, without `?`. Only its SHA-256 digest is recorded.
    pub query: Option<&'a str>,
    /// What a model called, where the API speaks MCP.
    pub gen_ai: Option<GenAi<'a>>,
    /// The scopes the operation asked for and the agent held.
    pub scopes_used: Option<&'a ScopeSet>,
    /// Where the request came from.
    pub address: IpAddr,
    /// What the caller calls itself.
    pub user_agent: Option<&'a str>,
    /// The trace the request belongs to.
    pub trace: Option<Trace<'a>>,
    /// Beside which proxy the gateway was asked; that one saw the answer, and the gateway did not.
    /// Absent where the gateway stood in line.
    pub via: Option<&'a str>,
}

/// The agent, as it was when it asked.
#[derive(Debug, Clone, Copy)]
pub struct AgentEntry<'a> {
    /// Its identifier.
    pub id: AgentId,
    /// Its name.
    pub name: &'a str,
    /// Its project.
    pub project: &'a str,
    /// Who answers for it.
    pub owner: &'a str,
    /// Whether a person watches it work.
    pub kind: Kind,
}

/// A place in a distributed trace (W3C Trace Context), as lower-case hexadecimal text.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// The trace.
    pub trace_id: &'a str,
    /// The gateway's span in it.
    pub span_id: &'a str,
}

/// What is known of a request at its end.
#[derive(Debug, Clone, Copy)]
pub struct Closing<'a> {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, when it was not allowed: the denial's code.
    pub code: Option<&'a str>,
    /// What else is to be said of the decision.
    pub decided: Decided<'a>,
    /// The status that was sent, when one was.
    pub status: Option<u16>,
    /// The body that came in.
    pub request: Option<Body>,
    /// The body that went out.
    pub response: Option<Body>,
    /// Which labels its fields had, where any is labelled.
    pub labels: Labels<'a>,
    /// Microseconds from the request's head to the last byte of the answer.
    pub duration_us: u64,
}

/// What is kept of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// How many bytes passed.
    pub bytes: u64,
    /// Their SHA-256 digest, when it was computed.
    pub digest: Option<[u8; 32]>,
}

/// An opening and a closing that are not what this module writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an opening and a closing do not make a record")]
pub struct Malformed;

impl Opening<'_> {
    /// Writes the four fragments.
    pub fn write(&self, id: RecordId, out: &mut Vec<u8>) {
        self.before_decision(out);
        out.push(b'\n');
        self.before_request(id, out);
        out.push(b'\n');
        self.before_response(out);
        out.push(b'\n');
        self.after_response(out);
    }

    /// Writes the whole record of a request that is over.
    pub fn write_whole(&self, id: RecordId, closing: &Closing<'_>, out: &mut Vec<u8>) {
        self.before_decision(out);
        closing.decision(out);
        self.before_request(id, out);
        closing.request(out);
        self.before_response(out);
        closing.response(out);
        self.after_response(out);
    }

    fn before_decision(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"address\":");
        canonical::address(self.address, out);
        if let Some(agent) = &self.agent {
            agent.write(out);
        }
        text(b",\"api\":", self.api, MAX_TEXT_BYTES, out);
        self.delegation.write_chain(MAX_TEXT_BYTES, out);
        if let Some(credential) = self.credential {
            out.extend_from_slice(b",\"credential\":\"");
            credential.write(out);
            out.push(b'"');
        }
        self.cut(out);
    }

    /// Names the texts that are longer than what is kept of them.
    fn cut(&self, out: &mut Vec<u8>) {
        let owner = self.agent.map(|agent| agent.owner);
        let over = |text: Option<&str>, most: usize| text.is_some_and(|text| text.len() > most);
        let mut names = [
            ("agent.owner", over(owner, MAX_TEXT_BYTES)),
            ("api", over(self.api, MAX_TEXT_BYTES)),
            ("chain", self.delegation.has_cut_chain(MAX_TEXT_BYTES)),
            ("gen_ai.name", over(self.gen_ai.map(|it| it.name), MAX_PATH_BYTES)),
            ("method", self.method.len() > MAX_TEXT_BYTES),
            ("on_behalf_of", over(self.delegation.on_behalf_of, MAX_TEXT_BYTES)),
            ("operation", over(self.operation, MAX_PATH_BYTES)),
            ("path_template", over(self.path_template, MAX_PATH_BYTES)),
            ("purpose", over(self.delegation.purpose, MAX_TEXT_BYTES)),
            ("resource", self.resource.len() > MAX_PATH_BYTES),
            ("user_agent", over(self.user_agent, MAX_TEXT_BYTES)),
        ]
        .into_iter()
        .filter_map(|(name, over)| over.then_some(name));
        let Some(first) = names.next() else { return };
        out.extend_from_slice(b",\"cut\":[");
        canonical::string(first, out);
        for name in names {
            out.push(b',');
            canonical::string(name, out);
        }
        out.push(b']');
    }

    fn before_request(&self, id: RecordId, out: &mut Vec<u8>) {
        if let Some(gen_ai) = &self.gen_ai {
            gen_ai.write(out);
        }
        self.delegation.write_grant(out);
        out.extend_from_slice(b",\"id\":\"");
        id.write(out);
        out.push(b'"');
        text(b",\"method\":", Some(self.method), MAX_TEXT_BYTES, out);
        text(b",\"node\":", Some(self.node), MAX_TEXT_BYTES, out);
        let subject = self.delegation.on_behalf_of;
        text(b",\"on_behalf_of\":", subject, MAX_TEXT_BYTES, out);
        text(b",\"operation\":", self.operation, MAX_PATH_BYTES, out);
        text(b",\"path_template\":", self.path_template, MAX_PATH_BYTES, out);
        text(b",\"purpose\":", self.delegation.purpose, MAX_TEXT_BYTES, out);
        if let Some(query) = self.query {
            let digest = digest::digest(&digest::SHA256, query.as_bytes());
            out.extend_from_slice(b",\"query_digest\":\"");
            canonical::hex(digest.as_ref(), out);
            out.push(b'"');
        }
    }

    fn before_response(&self, out: &mut Vec<u8>) {
        text(b",\"resource\":", Some(self.resource), MAX_PATH_BYTES, out);
    }

    fn after_response(&self, out: &mut Vec<u8>) {
        if let Some(scopes) = self.scopes_used {
            out.extend_from_slice(b",\"scopes_used\":[");
            for (place, scope) in scopes.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                canonical::string(scope.as_str(), out);
            }
            out.push(b']');
        }
        text(b",\"strength\":", self.strength.map(Strength::as_str), MAX_TEXT_BYTES, out);
        self.delegation.write_task(out);
        out.extend_from_slice(b",\"time\":");
        canonical::instant(self.time, out);
        if let Some(token) = self.token {
            out.extend_from_slice(b",\"token\":\"");
            token.write(out);
            out.push(b'"');
        }
        if let Some(trace) = self.trace {
            text(b",\"trace\":{\"span_id\":", Some(trace.span_id), MAX_TEXT_BYTES, out);
            text(b",\"trace_id\":", Some(trace.trace_id), MAX_TEXT_BYTES, out);
            out.push(b'}');
        }
        text(b",\"user_agent\":", self.user_agent, MAX_TEXT_BYTES, out);
        text(b",\"via\":", self.via, MAX_TEXT_BYTES, out);
        out.push(b'}');
    }
}

impl AgentEntry<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"agent\":{\"id\":\"");
        self.id.write(out);
        out.push(b'"');
        text(b",\"kind\":", Some(self.kind.as_str()), MAX_TEXT_BYTES, out);
        text(b",\"name\":", Some(self.name), MAX_TEXT_BYTES, out);
        text(b",\"owner\":", Some(self.owner), MAX_TEXT_BYTES, out);
        text(b",\"project\":", Some(self.project), MAX_TEXT_BYTES, out);
        out.push(b'}');
    }
}

impl Closing<'_> {
    /// Writes the three fragments.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.decision(out);
        out.push(b'\n');
        self.request(out);
        out.push(b'\n');
        self.response(out);
    }

    fn decision(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"decision\":{");
        self.decided.write_before_code(out);
        if let Some(code) = self.code {
            text(b"\"code\":", Some(code), MAX_TEXT_BYTES, out);
            out.push(b',');
        }
        text(b"\"outcome\":", Some(self.outcome.as_str()), MAX_TEXT_BYTES, out);
        self.decided.write_after_outcome(out);
        out.extend_from_slice(b"},\"duration_us\":");
        canonical::integer(self.duration_us, out);
    }

    fn request(&self, out: &mut Vec<u8>) {
        let Some(body) = self.request else { return };
        out.extend_from_slice(b",\"request\":{");
        body.write(out);
        out.push(b'}');
    }

    fn response(&self, out: &mut Vec<u8>) {
        if self.response.is_none() && self.status.is_none() {
            return;
        }
        out.extend_from_slice(b",\"response\":{");
        let begun = out.len();
        if let Some(body) = self.response {
            body.write(out);
        }
        self.labels.write(begun, out);
        if let Some(status) = self.status {
            if out.len() > begun {
                out.push(b',');
            }
            out.extend_from_slice(b"\"status\":");
            canonical::integer(u64::from(status), out);
        }
        out.push(b'}');
    }
}

impl Body {
    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"bytes\":");
        canonical::integer(self.bytes, out);
        if let Some(digest) = self.digest {
            out.extend_from_slice(b",\"digest\":\"");
            canonical::hex(&digest, out);
            out.push(b'"');
        }
    }
}

/// Appends the record that an opening and a closing make.
pub fn join(opening: &[u8], closing: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut places = closing.split(|byte| *byte == b'\n');
    let mut fragments = opening.split(|byte| *byte == b'\n');
    let length = opening.len() + closing.len() - 5.min(opening.len() + closing.len());
    if length > MAX_BYTES {
        return Err(Malformed);
    }
    let start = out.len();
    out.extend_from_slice(fragments.next().unwrap_or_default());
    for _ in 0..3 {
        let (Some(place), Some(fragment)) = (places.next(), fragments.next()) else {
            out.truncate(start);
            return Err(Malformed);
        };
        out.extend_from_slice(place);
        out.extend_from_slice(fragment);
    }
    if places.next().is_some() || fragments.next().is_some() {
        out.truncate(start);
        return Err(Malformed);
    }
    Ok(())
}

fn text(name: &[u8], value: Option<&str>, most: usize, out: &mut Vec<u8>) {
    let Some(value) = value else { return };
    out.extend_from_slice(name);
    canonical::string(canonical::cut(value, most), out);
}

#[cfg(test)]
mod tests;
