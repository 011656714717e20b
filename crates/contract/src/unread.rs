//! What of a document cannot be read, and where.

use std::fmt;

/// The most bytes of a reason.
const REASON_BYTES: usize = 240;

/// A part of a document that is not served because it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where it stands, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// Why not, in a few words.
    pub reason: String,
}

impl Unread {
    pub(crate) fn new(pointer: &str, reason: impl fmt::Display) -> Self {
        Self { pointer: pointer.to_owned(), reason: shorten(&reason.to_string(), REASON_BYTES) }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.pointer, self.reason)
    }
}

/// Why a text is not a document at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotADocument {
    /// More than [`crate::document::MAX_BYTES`].
    #[error("the document is longer than {} MiB", crate::source::MAX_BYTES >> 20)]
    TooLong,
    /// Neither JSON nor YAML, or nested too deep.
    #[error("the document cannot be read: {0}")]
    Malformed(String),
    /// Not OpenAPI 3.0 or 3.1, nor a catalog of a revision of MCP that is spoken, nor a card.
    #[error("the document is neither OpenAPI 3.0 or 3.1, a catalog of MCP, nor a card of A2A")]
    Version,
    /// A catalog that is not made as one.
    #[error("{0}")]
    Catalog(Unread),
    /// A card that is not made as one.
    #[error("the card cannot be read: {0}")]
    Card(Unread),
    /// More than [`crate::document::MAX_OPERATIONS`].
    #[error("the document describes more than {} operations", crate::operation::MAX_OPERATIONS)]
    TooMany,
    /// `x-bailiwick` that says what cannot be understood; nothing of it is guessed.
    #[error("{0}")]
    Extension(Unread),
}

/// The text, cut to so many bytes at most.
pub(crate) fn shorten(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let mut short = String::with_capacity(bytes);
    for character in text.chars() {
        if short.len() + character.len_utf8() + '…'.len_utf8() > bytes {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}
