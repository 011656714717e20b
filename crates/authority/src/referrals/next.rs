//! What comes after a look at what was put before somebody.

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing.
    Done,
    /// Another look, after so many seconds.
    After(u32),
    /// The same again, since the other side did not take it; why.
    Again(String),
}
