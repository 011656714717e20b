//! What can go wrong: each says what, and what to do.

use std::error::Error as StdError;
use std::fmt;

use crate::denial::Denial;

/// Any error, as the edges of this crate take and give it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Whatever this crate fails with. Never has a private key, a token or a secret in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The gateway or the authority refused.
    Denied(Box<Denial>),
    /// Nobody answered there.
    Unreachable {
        /// The origin that was asked.
        origin: String,
        /// What the transport says of it.
        source: BoxError,
    },
    /// Somebody answered, but not as the authority does.
    Unreadable {
        /// What was wrong with the answer.
        what: String,
    },
    /// This machine's clock is further off than is made up for.
    ClockOff {
        /// How many seconds it is ahead of the server's; negative where it is behind.
        seconds: i64,
    },
    /// A key, or what should be one, cannot be used.
    Key {
        /// Why.
        why: String,
    },
    /// What keeps the identity cannot be read or written, or holds another's.
    Store {
        /// What went wrong.
        what: String,
        /// What to do.
        hint: String,
    },
    /// The agent is not one that may act: `pending`, `suspended` or `retired`.
    NotActive {
        /// Its name.
        name: String,
        /// Its state.
        state: String,
        /// Why an operator refused it, where one said.
        because: Option<String>,
    },
    /// A token would have gone to a place that is not the agent's gateway.
    Elsewhere {
        /// The origin of that place.
        origin: String,
    },
    /// A redirect that is not followed.
    Redirected {
        /// Where from and where to.
        what: String,
    },
    /// The body is a stream: it has no digest, or was sent once already.
    Body {
        /// Which of both.
        what: &'static str,
    },
    /// What was asked for makes no client or no request.
    Misused {
        /// Why not.
        what: String,
    },
    /// Whoever was to register a new key, or to give a token, failed.
    Asked {
        /// What was asked of it.
        what: &'static str,
        /// What it says.
        source: BoxError,
    },
}

impl Error {
    /// For a [`Store`](crate::Store) of one's own: what went wrong, and what to do. Neither may
    /// have in it what is kept.
    pub fn store(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Store { what: what.into(), hint: hint.into() }
    }

    /// What programs go by: the code of a refusal, or one of this crate's own.
    pub fn code(&self) -> &str {
        match self {
            Self::Denied(denial) => &denial.code,
            Self::Unreachable { .. } => "server_unreachable",
            Self::Unreadable { .. } => "answer_unreadable",
            Self::ClockOff { .. } => "clock_off",
            Self::Key { .. } => "key_unusable",
            Self::Store { .. } => "store_unusable",
            Self::NotActive { state, .. } => match state.as_str() {
                "pending" => "agent_pending",
                "suspended" => "agent_suspended",
                _ => "agent_retired",
            },
            Self::Elsewhere { .. } => "token_elsewhere",
            Self::Redirected { .. } => "redirect_refused",
            Self::Body { .. } => "body_unusable",
            Self::Misused { .. } => "configuration",
            Self::Asked { .. } => "callback_failed",
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<&str> {
        Some(match self {
            Self::Denied(denial) => return denial.hint.as_deref(),
            Self::Unreachable { .. } => "check the address, and that `bailiwick serve` runs there",
            Self::Unreadable { .. } => {
                "give the authority's address (its issuer), not the gateway's, and check that \
                 nothing in between changes its answers"
            }
            Self::ClockOff { .. } => {
                "set the clock (NTP), or raise `max_skew` if the server's is known to be wrong"
            }
            Self::Key { .. } => "`bailiwick key new FILE` or `Key::generate()` makes one",
            Self::Store { hint, .. } => hint,
            Self::NotActive { state, .. } => match state.as_str() {
                "pending" => {
                    "`bailiwick agent approve NAME` does; with a store, starting again goes on \
                     waiting"
                }
                "suspended" => "ask the agent's owner; an operator can resume it",
                _ => "ask the operator why; a new request takes a new key",
            },
            Self::Elsewhere { .. } => {
                "name that address in `Options::origin` if the gateway answers there as well"
            }
            Self::Redirected { .. } => "ask at the address that it redirects to, if it is right",
            Self::Body { .. } => "give bytes, or the stream's `Content-Digest` with it",
            Self::Misused { .. } | Self::Asked { .. } => return None,
        })
    }

    /// The refusal, where it is one.
    pub fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Denied(denial) => Some(denial),
            _ => None,
        }
    }

    pub(crate) fn misused(what: impl Into<String>) -> Self {
        Self::Misused { what: what.into() }
    }

    fn say(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(denial) => write!(f, "{denial}"),
            Self::Unreachable { origin, .. } => write!(f, "{origin} does not answer"),
            Self::ClockOff { seconds } => {
                let side = if *seconds < 0 { "behind" } else { "ahead of" };
                write!(f, "this machine's clock is {} s {side} the server's", seconds.abs())
            }
            Self::NotActive { name, state, because: None } if state == "pending" => {
                write!(f, "no operator has approved {name} yet")
            }
            Self::NotActive { name, state, because: None } => {
                write!(f, "the agent {name} is {state}")
            }
            Self::NotActive { name, state, because: Some(because) } => {
                write!(f, "the agent {name} is {state}: {because}")
            }
            Self::Elsewhere { origin } => {
                write!(f, "a token would go to {origin}, which is not this agent's gateway")
            }
            Self::Key { why } => f.write_str(why),
            Self::Unreadable { what }
            | Self::Store { what, .. }
            | Self::Redirected { what }
            | Self::Misused { what } => f.write_str(what),
            Self::Body { what } => f.write_str(what),
            Self::Asked { what, source } => write!(f, "{what} failed: {source}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.say(f)?;
        match self.hint() {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unreachable { source, .. } | Self::Asked { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

impl From<Denial> for Error {
    fn from(denial: Denial) -> Self {
        Self::Denied(Box::new(denial))
    }
}

impl From<bailiwick_proof::keys::KeyError> for Error {
    fn from(error: bailiwick_proof::keys::KeyError) -> Self {
        Self::Key { why: error.to_string() }
    }
}

impl From<bailiwick_proof::sign::Unsigned> for Error {
    fn from(error: bailiwick_proof::sign::Unsigned) -> Self {
        Self::misused(error.to_string())
    }
}
