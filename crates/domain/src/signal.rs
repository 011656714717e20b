//! Signals: what other systems are told when a credential or a sign-in ends here (`OpenID` Shared
//! Signals Framework 1.0), and to whom.

use std::str::FromStr;

use crate::agent::Unknown;
use crate::id::{AgentId, Id, KeyId, Named, PersonId, SessionId};
use crate::time::Timestamp;

/// Names a stream of signals.
pub enum OfStream {}
/// Names a signal to one receiver.
pub enum OfSignal {}

impl Named for OfStream {
    const PREFIX: &'static str = "str_";
}
impl Named for OfSignal {
    const PREFIX: &'static str = "sig_";
}

/// A stream of signals to one receiver.
pub type StreamId = Id<OfStream>;
/// One signal to one receiver; the `jti` of its token, however often that is sent.
pub type SignalId = Id<OfSignal>;

/// What signals can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Sign-ins have ended, or all that an agent holds is good for nothing (CAEP 1.0, section 3.1).
    SessionRevoked,
    /// A credential was added or is no more (CAEP 1.0, section 3.3).
    CredentialChange,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::SessionRevoked, Self::CredentialChange];

    /// The URI of its events.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::SessionRevoked => {
                "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
            }
            Self::CredentialChange => {
                "https://schemas.openid.net/secevent/caep/event-type/credential-change"
            }
        }
    }

    /// The kind of events with this URI.
    pub fn of(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.uri() == uri)
    }
}

/// What a stream does with signals (SSF 1.0, section 8.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    /// They are delivered.
    Enabled,
    /// They are kept, and delivered once it is enabled again.
    Paused,
    /// They are neither kept nor delivered.
    Disabled,
}

impl Flow {
    /// The state as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }
}

impl FromStr for Flow {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let all = [Self::Enabled, Self::Paused, Self::Disabled];
        let found = all.into_iter().find(|flow| flow.as_str() == text);
        found.ok_or_else(|| Unknown::word(text, "a stream's status: enabled, paused or disabled"))
    }
}

/// How signals reach a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// They are sent to it (RFC 8935).
    Push {
        /// Where.
        endpoint: String,
        /// The `Authorization` to send along, sealed.
        authorization: Option<Vec<u8>>,
    },
    /// It asks for them (RFC 8936).
    Poll,
}

/// A stream of signals, and who receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its identifier.
    pub id: StreamId,
    /// The agent that made it, and alone may change it; without, an operator did.
    pub agent: Option<AgentId>,
    /// The SHA-256 of the token by which the receiver of an operator's stream is known.
    pub digest: Option<[u8; 32]>,
    /// Whom its signals are for: their `aud`.
    pub audience: String,
    /// What it is for, for people to read.
    pub description: String,
    /// How signals reach the receiver.
    pub delivery: Delivery,
    /// The events the receiver asked for, by their URIs, known here or not; all when empty.
    pub requested: Vec<String>,
    /// Whether signals flow.
    pub flow: Flow,
    /// Why they do not.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its receiver last asked to be sent a verification.
    pub verified_at: Option<Timestamp>,
    /// How delivery went.
    pub progress: Progress,
}

/// How the delivery of a stream goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How often in a row the receiver could not be reached, or did not acknowledge.
    pub failures: u32,
    /// How many signals the receiver said it cannot take.
    pub refused: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl Stream {
    /// Whether signals of a kind are kept for it.
    pub fn takes(&self, kind: Kind) -> bool {
        let asked = self.requested.is_empty() || self.requested.iter().any(|it| it == kind.uri());
        asked && self.flow != Flow::Disabled
    }
}

/// How a credential changed (CAEP 1.0, section 3.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was added.
    Create,
    /// It is good for nothing any more.
    Revoke,
}

impl Change {
    /// The change as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Revoke => "revoke",
        }
    }
}

impl FromStr for Change {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "create" => Ok(Self::Create),
            "revoke" => Ok(Self::Revoke),
            _ => Err(Unknown::word(text, "a credential's change: create or revoke")),
        }
    }
}

/// What a signal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// An agent was suspended or retired.
    AgentStopped(AgentId),
    /// A person's sign-in ended; all of theirs where none is named.
    SignedOut(PersonId, Option<SessionId>),
    /// A credential of an agent changed; of which kind it is.
    Credential(AgentId, KeyId, String, Change),
    /// The receiver asked for a sign of life, and may have said what to repeat in it.
    Verification(Option<String>),
}

impl Happening {
    /// What it is about; a verification is about the stream itself.
    pub const fn kind(&self) -> Option<Kind> {
        match self {
            Self::AgentStopped(_) | Self::SignedOut(..) => Some(Kind::SessionRevoked),
            Self::Credential(..) => Some(Kind::CredentialChange),
            Self::Verification(_) => None,
        }
    }
}

/// Who brought something about (CAEP 1.0, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Initiator {
    /// An operator.
    Admin,
    /// Whom it is about: the person, or the agent itself.
    User,
    /// A rule, such as another system's signal.
    Policy,
}

impl Initiator {
    /// The initiator as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
            Self::Policy => "policy",
        }
    }
}

impl FromStr for Initiator {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let all = [Self::Admin, Self::User, Self::Policy];
        let found = all.into_iter().find(|initiator| initiator.as_str() == text);
        found.ok_or_else(|| Unknown::word(text, "an initiator: admin, user or policy"))
    }
}

/// Why something happens, as receivers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Who brought it about.
    pub initiator: Initiator,
    /// Why, in words for administrators.
    pub reason: String,
}

/// A signal on its way to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Its identifier.
    pub id: SignalId,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// What all signals of one act have in common.
    pub transaction: i64,
    /// What happened.
    pub happening: Happening,
    /// When.
    pub at: Timestamp,
    /// Why, where that is known.
    pub cause: Option<Cause>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for flow in [Flow::Enabled, Flow::Paused, Flow::Disabled] {
            assert_eq!(flow.as_str().parse(), Ok(flow));
        }
        for change in [Change::Create, Change::Revoke] {
            assert_eq!(change.as_str().parse(), Ok(change));
        }
        for initiator in [Initiator::Admin, Initiator::User, Initiator::Policy] {
            assert_eq!(initiator.as_str().parse(), Ok(initiator));
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.uri()), Some(kind));
        }
        assert_eq!(Kind::of(""), None);
        assert!("".parse::<Flow>().is_err() && "update".parse::<Change>().is_err());
    }

    #[test]
    fn a_stream_takes_what_was_asked_for_unless_it_is_disabled() {
        let stream = |requested: &[&str], flow| Stream {
            id: StreamId::from_bits(1),
            agent: None,
            digest: None,
            audience: "https://receiver.example".to_owned(),
            description: String::new(),
            delivery: Delivery::Poll,
            requested: requested.iter().map(|it| (*it).to_owned()).collect(),
            flow,
            reason: None,
            created_at: Timestamp::from_seconds(1),
            verified_at: None,
            progress: Progress::default(),
        };
        let kind = Kind::SessionRevoked;
        assert!(stream(&[], Flow::Enabled).takes(kind));
        assert!(stream(&["urn:other", kind.uri()], Flow::Paused).takes(kind));
        assert!(!stream(&["urn:other"], Flow::Enabled).takes(kind));
        assert!(!stream(&[], Flow::Disabled).takes(kind));
    }
}
