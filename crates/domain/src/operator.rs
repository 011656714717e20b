//! Operators: programs and people who administer with a token.

use crate::id::OperatorId;
use crate::person::Role;
use crate::time::Timestamp;

/// The holder of an admin token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Its identifier.
    pub id: OperatorId,
    /// What it is called, for people to read.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When the token was made.
    pub created_at: Timestamp,
    /// Since when it opens nothing.
    pub revoked_at: Option<Timestamp>,
}
