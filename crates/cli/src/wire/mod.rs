//! The composition root: settings and sources in, a running authority and gateway out.
//!
//! [`install`] prepares a data directory once; [`start`] opens what is in it and serves. Neither
//! reads the clock, the environment or the command line: all of that comes in as [`Sources`].

mod approval_webhook;
mod authority;
mod documents;
mod fault;
mod gateway;
mod ground;
mod install;
pub(crate) mod log;
mod outside;
mod places;
mod request_lines;
mod running;
mod secret;
mod secured;
mod sign_in;

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Clock;

pub use fault::Fault;
pub use install::{Installed, install};
pub use places::Places;
pub use running::{Running, start};

/// What a process is told about the world it runs in.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The present.
    pub clock: Clock,
    /// Unpredictable bytes.
    pub entropy: Entropy,
    /// This node's name in journal and ledger: letters, digits, `.` and `-`.
    pub node: String,
    /// A variable of the environment, by its name.
    pub variable: fn(&str) -> Option<String>,
}

/// Which halves a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Both.
    All,
    /// The authority and the sequencer of the ledger.
    Authority,
    /// The gateway alone; an authority on this host sequences what it writes down.
    Gateway,
}
