//! What was asked for, and what came of it.

use crate::load::Measured;
use crate::rows::Row;

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Which rows.
    pub(crate) rows: Vec<Row>,
    /// How often each.
    pub(crate) rounds: usize,
    /// How many requests a round.
    pub(crate) requests: usize,
    /// How many agents are registered.
    pub(crate) agents: usize,
    /// Over how many connections.
    pub(crate) connections: usize,
    /// Whether the table is kept.
    pub(crate) write: bool,
}

/// One row's rounds.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The row.
    pub(crate) row: Row,
    /// What each round measured.
    pub(crate) rounds: Vec<Measured>,
}
