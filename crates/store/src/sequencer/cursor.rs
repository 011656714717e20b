//! How far one journal file has been read.

use crate::fault::Fault;

/// How far a file has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursor {
    pub(super) read: u64,
    /// What lies before this is in the ledger already, except for openings without a closing.
    pub(super) seen: u64,
    pub(super) state: State,
    /// What the last transaction said about `low` and `high`.
    pub(super) saved: Option<(u64, u64)>,
}

/// What is to become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// It may grow.
    #[default]
    Live,
    /// It is wholly read and can go.
    Read,
    /// It is read up to something that no writer wrote; it is kept aside.
    Damaged,
}

/// How far a file has been read, as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileState {
    pub(super) name: String,
    pub(super) low: u64,
    pub(super) high: u64,
    pub(super) state: State,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Read => "read",
            Self::Damaged => "damaged",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        [Self::Live, Self::Read, Self::Damaged]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Fault::corrupt("the state of a journal file"))
    }

    pub(super) fn is_final(self) -> bool {
        self != Self::Live
    }
}
