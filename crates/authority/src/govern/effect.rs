//! When a change takes effect.

use bailiwick_domain::signal::{Cause, Initiator};
use bailiwick_store::{Saved, Tx};

use crate::fault::Fault;

/// Saves a change and waits until the gateways of this process go by it. One that does not say so
/// in time still goes by what it knew before, and the log says that it does.
pub(crate) async fn save(tx: Tx) -> Result<(), Fault> {
    match tx.save().await? {
        Saved::InEffect => {}
        Saved::Committed => {
            tracing::warn!("a change is saved that a gateway of this process does not go by yet");
        }
    }
    Ok(())
}

/// What receivers of signals are told about an operator's doing.
pub(crate) fn governed(reason: &str) -> Cause {
    Cause { initiator: Initiator::Admin, reason: reason.to_owned() }
}
