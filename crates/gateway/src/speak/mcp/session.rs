//! `Mcp-Session-Id` of the revisions that have sessions: the server's own id goes out sealed, with
//! whose it is, and comes back only from them. Nothing is kept, and any node can read it.

use std::fmt;

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::AgentId;
use bailiwick_proof::opaque::sha256;
use bailiwick_vault::seal::{Fault, Sealer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::HeaderName;

/// The field that names a session.
pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// The longest id of a server, in bytes.
const MAX_BYTES: usize = 512;
/// The longest id that is looked at: what the longest of a server's becomes.
const MAX_SEALED: usize = 1_024;
/// What goes before the server's id: what the client can do, the agent, and for whom.
const HEAD: usize = 33;

/// Whose a session is: an agent's, on its own or for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    agent: u128,
    subject: [u8; 16],
}

/// A session of a server's.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    id: String,
    owner: Owner,
    elicits: bool,
}

impl Owner {
    /// The agent, and the subject on whose behalf it acts.
    pub fn new(agent: AgentId, on_behalf_of: Option<&str>) -> Self {
        let subject = on_behalf_of.map(|subject| {
            let digest = sha256(subject.as_bytes());
            digest.first_chunk().copied().unwrap_or_default()
        });
        Self { agent: agent.bits(), subject: subject.unwrap_or_default() }
    }
}

impl Session {
    /// The session that a server has begun; nothing when its id is not one (MCP 2025-11-25,
    /// Session Management: visible ASCII), or is longer than 512 bytes. `elicits` says that the
    /// client shows its person a page when asked to.
    pub fn begun(id: &str, owner: Owner, elicits: bool) -> Option<Self> {
        let is_one = !id.is_empty() && id.len() <= MAX_BYTES;
        let visible = id.bytes().all(|byte| byte.is_ascii_graphic());
        (is_one && visible).then(|| Self { id: id.to_owned(), owner, elicits })
    }

    /// The id that the client gets, for one API.
    pub fn seal(&self, api: &str, sealer: &Sealer, entropy: &Entropy) -> Result<String, Fault> {
        let mut plain = vec![u8::from(self.elicits)];
        plain.extend_from_slice(&self.owner.agent.to_be_bytes());
        plain.extend_from_slice(&self.owner.subject);
        plain.extend_from_slice(self.id.as_bytes());
        Ok(URL_SAFE_NO_PAD.encode(sealer.seal(&plain, &purpose(api), entropy)?))
    }

    /// The session that a client names; nothing when it was not begun through this API here.
    pub fn open(sealed: &str, api: &str, sealer: &Sealer) -> Option<Self> {
        if sealed.len() > MAX_SEALED {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let plain = sealer.open(&sealed, &purpose(api)).ok()?;
        let (head, id) = plain.split_first_chunk::<HEAD>()?;
        let (elicits, owner) = head.split_first()?;
        let (agent, subject) = owner.split_first_chunk()?;
        let subject = subject.first_chunk().copied()?;
        let owner = Owner { agent: u128::from_be_bytes(*agent), subject };
        let id = std::str::from_utf8(id).ok()?.to_owned();
        Some(Self { id, owner, elicits: *elicits == 1 })
    }

    /// Whether it is theirs.
    pub fn is_of(&self, owner: Owner) -> bool {
        self.owner == owner
    }

    /// The server's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the client shows its person a page when asked to.
    pub fn elicits(&self) -> bool {
        self.elicits
    }
}

fn purpose(api: &str) -> String {
    format!("mcp session {api}")
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("owner", &self.owner).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        Sealer::new([7; 32]).unwrap()
    }

    fn owner(agent: u128, subject: Option<&str>) -> Owner {
        Owner::new(AgentId::from_bits(agent), subject)
    }

    #[test]
    fn a_session_comes_back_from_its_own_agent_through_its_own_api() {
        let entropy = Entropy::new(|buffer| buffer.fill(3));
        let session = Session::begun("1868-a", owner(1, Some("psn_1")), true).unwrap();
        let sealed = session.seal("acme", &sealer(), &entropy).unwrap();
        assert!(!sealed.contains("1868") && sealed.bytes().all(|byte| byte.is_ascii_graphic()));
        let opened = Session::open(&sealed, "acme", &sealer()).unwrap();
        assert_eq!((opened.id(), opened.elicits()), ("1868-a", true));
        assert!(opened.is_of(owner(1, Some("psn_1"))));
        for other in [owner(2, Some("psn_1")), owner(1, Some("psn_2")), owner(1, None)] {
            assert!(!opened.is_of(other));
        }
        assert_eq!(Session::open(&sealed, "other", &sealer()), None);
        assert_eq!(Session::open(&sealed, "acme", &Sealer::new([8; 32]).unwrap()), None);
        let mut changed = sealed.clone().into_bytes();
        changed[40] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(Session::open(&changed, "acme", &sealer()), None);
        for text in ["", "1868-a", "=", &"a".repeat(2_000)] {
            assert_eq!(Session::open(text, "acme", &sealer()), None);
        }
    }

    #[test]
    fn an_id_that_is_none_begins_no_session() {
        for id in ["", "a b", "a\n", "é", &"a".repeat(513)] {
            assert_eq!(Session::begun(id, owner(1, None), false), None, "{id}");
        }
        let entropy = Entropy::new(|buffer| buffer.fill(3));
        let longest = Session::begun(&"a".repeat(512), owner(1, None), false).unwrap();
        let sealed = longest.seal("acme", &sealer(), &entropy).unwrap();
        assert_eq!(Session::open(&sealed, "acme", &sealer()), Some(longest));
    }
}
