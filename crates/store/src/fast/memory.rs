//! Nonces, limits and budgets in the memory of one process.

use bailiwick_domain::time::Timestamp;

use super::budgets::Budgets;
use super::nonces::Nonces;
use super::tallies::Tallies;

/// What one process remembers, shared by its cores. Every lock is held for one look-up.
pub struct Memory {
    pub(super) nonces: Nonces,
    pub(super) budgets: Budgets,
    pub(super) tallies: Tallies,
}

impl Memory {
    pub(super) fn new(since: Timestamp) -> Self {
        Self {
            nonces: Nonces::new(since),
            budgets: Budgets::default(),
            tallies: Tallies::new(since),
        }
    }
}
