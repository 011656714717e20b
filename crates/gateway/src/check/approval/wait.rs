//! Holding the answer until people have decided. What they decide comes with the change feed;
//! the store is asked again only then.

use std::time::Duration;

use bailiwick_domain::approval::{Approval, State};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::ApprovalId;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

use crate::desk::Desk;
use crate::waiters::Seat;

/// Somebody who listens.
pub(super) struct Waiting {
    seconds: u32,
    until: Instant,
    decided: Receiver<ApprovalId>,
    _seat: Seat,
}

impl Waiting {
    /// Begins to listen, for so long.
    pub(super) fn begin(desk: &Desk, seconds: u32, seat: Seat) -> Self {
        let until = Instant::now() + Duration::from_secs(seconds.into());
        Self { seconds, until, decided: desk.listen(), _seat: seat }
    }

    /// For how long it was to wait.
    pub(super) fn seconds(&self) -> u32 {
        self.seconds
    }

    /// The approval once it waits for nobody any more, or as it is when time is up.
    pub(super) async fn until_decided(
        mut self,
        mut approval: Approval,
        desk: &Desk,
    ) -> Result<Approval, Denial> {
        while approval.state == State::Pending {
            match timeout_at(self.until, self.decided.recv()).await {
                Ok(Ok(id)) if id != approval.id => {}
                // Heard of, or not heard everything: it is looked at again.
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => {
                    let newest = desk.look(approval.id).await?;
                    approval = newest.ok_or(Denial::Unavailable)?;
                }
                Ok(Err(RecvError::Closed)) | Err(_) => break,
            }
        }
        Ok(approval)
    }
}
