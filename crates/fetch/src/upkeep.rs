//! How what was fetched is kept.

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Clock;

/// What a cache works with, and its bounds.
#[derive(Debug, Clone)]
pub struct Upkeep {
    /// Where the present comes from.
    pub clock: Clock,
    /// What spreads retries, so that many nodes do not ask at the same moment.
    pub entropy: Entropy,
    /// How many documents are kept; the one not used for longest makes room.
    pub max_documents: usize,
    /// How many fetches may begin in a second, over all documents of the cache.
    pub fetches_per_second: u32,
    /// Seconds for which the last good document is used while it cannot be fetched anew. After
    /// that nothing is known.
    pub keep_seconds: u32,
}

impl Upkeep {
    /// A thousand documents, twenty fetches a second, the last good document for a day.
    pub fn new(clock: Clock, entropy: Entropy) -> Self {
        let keep_seconds = 24 * 60 * 60;
        Self { clock, entropy, max_documents: 1_000, fetches_per_second: 20, keep_seconds }
    }
}
