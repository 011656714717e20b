//! An answer that is read message by message: what of it goes on, and what is only looked at.

use bailiwick_contract::masker::Seen;

use super::super::events::{Events, MAX_EVENT_BYTES, Unreadable};
use crate::speak::a2a::extended::Extended;
use crate::speak::mcp::listing::Listing;
use crate::speak::mcp::masking::Masking;

/// What is done to the messages of an answer.
pub enum Edit {
    /// What it tells is cut.
    Cut(Listing),
    /// What it has is masked.
    Mask(Masking),
    /// The card that it is, is held against the one accepted.
    Card(Extended),
}

/// One answer, and what is done to it.
pub(super) struct Altering {
    gathering: Gathering,
    edit: Edit,
}

enum Gathering {
    /// Until it is whole.
    Whole(Vec<u8>),
    /// Event by event.
    Events(Box<Events>),
    /// All of it has gone on, or cannot be read.
    Over,
}

impl Edit {
    /// Whether it is about more than answers that went well: what is labelled may be in any.
    pub(super) fn masks(&self) -> bool {
        matches!(self, Self::Mask(_))
    }

    /// Whether every message goes on as it comes.
    pub(super) fn only_looks(&self) -> bool {
        matches!(self, Self::Mask(masking) if masking.only_looks())
    }

    fn apply(&mut self, message: &str) -> Result<Option<String>, Unreadable> {
        match self {
            Self::Cut(listing) => listing.cut(message),
            Self::Mask(masking) => masking.mask(message),
            Self::Card(extended) => extended.check(message),
        }
    }
}

impl Altering {
    pub(super) fn new(edit: Edit, is_stream: bool) -> Self {
        let whole = || Gathering::Whole(Vec::new());
        let gathering = if is_stream { Gathering::Events(Box::default()) } else { whole() };
        Self { gathering, edit }
    }

    /// Whether it is only looked at.
    pub(super) fn only_looks(&self) -> bool {
        self.edit.only_looks()
    }

    /// What goes on of the next bytes, which may be nothing of them; and nothing any more once all
    /// of it has.
    pub(super) fn take(&mut self, data: &[u8], last: bool) -> Result<Option<Vec<u8>>, Unreadable> {
        let edit = &mut self.edit;
        match &mut self.gathering {
            Gathering::Events(_) if data.is_empty() && last => Ok(None),
            Gathering::Events(events) => {
                let mut out = Vec::with_capacity(data.len());
                events.feed(data, &mut out, |message| edit.apply(message))?;
                Ok(Some(out))
            }
            Gathering::Whole(held) => {
                if held.len() + data.len() > MAX_EVENT_BYTES {
                    return Err(Unreadable);
                }
                held.extend_from_slice(data);
                if !last {
                    return Ok(Some(Vec::new()));
                }
                let whole = String::from_utf8(std::mem::take(held)).map_err(|_| Unreadable)?;
                let altered = edit.apply(&whole)?.unwrap_or(whole);
                self.gathering = Gathering::Over;
                Ok(Some(altered.into()))
            }
            Gathering::Over => Ok(None),
        }
    }

    /// Looks at the next bytes, as long as they can be read.
    pub(super) fn look(&mut self, data: &[u8], last: bool) {
        if self.take(data, last).is_err() {
            self.gathering = Gathering::Over;
        }
    }

    /// The labels that came by, where it is about labels.
    pub(super) fn seen(&self) -> Option<Seen> {
        match &self.edit {
            Edit::Mask(masking) => Some(masking.seen().clone()),
            Edit::Cut(_) | Edit::Card(_) => None,
        }
    }
}
