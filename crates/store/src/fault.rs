//! What goes wrong here: never the caller's doing, except where a name is already taken.

use std::error::Error;

use bailiwick_domain::denial::Denial;
use sqlx::error::DatabaseError;

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Something that must be unique exists already; says what.
    #[error("{0} is already taken")]
    Conflict(&'static str),
    /// The store did not answer, or refused to work; nothing may be concluded from it.
    #[error("the store does not answer: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
    /// The store answered with something that cannot be read back; says what.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

impl Fault {
    /// The store did not answer, for this reason.
    pub fn unavailable(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(reason.into())
    }

    /// The store holds something unreadable.
    pub fn corrupt(what: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Corrupt(what.into().to_string())
    }

    /// A conflict, said to be about `what`; any other fault as it is.
    #[must_use]
    pub fn about(self, what: &'static str) -> Self {
        match self {
            Self::Conflict(_) => Self::Conflict(what),
            Self::Unavailable(_) | Self::Corrupt(_) => self,
        }
    }
}

/// The only conversion a check can use: a store that fails refuses the request. The reason is
/// logged here, since the caller is not told.
impl From<Fault> for Denial {
    fn from(fault: Fault) -> Self {
        tracing::error!(%fault, "the store failed; refusing");
        Self::Unavailable
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let unique = error.as_database_error().is_some_and(DatabaseError::is_unique_violation);
        if unique { Self::Conflict("a unique value") } else { Self::unavailable(error) }
    }
}
