//! What secrets of the authority's own are made with.

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Clock;
use bailiwick_vault::seal::Sealer;

/// What a key is made with.
#[derive(Debug, Clone, Copy)]
pub struct Making<'a> {
    /// Seals the private part.
    pub sealer: &'a Sealer,
    /// Says when it was made.
    pub clock: &'a Clock,
    /// What it is made of.
    pub entropy: &'a Entropy,
}
