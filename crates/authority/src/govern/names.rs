//! Who holds a name.

use bailiwick_domain::agent::{Agent, Name};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::Tx;

use crate::fault::Fault;

/// Why a request is refused that nobody has approved in time.
const LAPSED: &str = "nobody approved it within 7 days";

/// The agent that has this name in the project, or one that looks like it, retired ones included. A
/// request that nobody has approved in time gives its name up here.
pub(crate) async fn holder(
    tx: &mut Tx,
    project: &Name,
    name: &Name,
    now: Timestamp,
) -> Result<Option<Agent>, Fault> {
    let Some(holder) = tx.agents().find_alike(project, name).await? else { return Ok(None) };
    if !holder.has_lapsed(now) {
        return Ok(Some(holder));
    }
    match holder.clone().refuse(LAPSED.to_owned(), now) {
        Ok(refused) => {
            tx.agents().update(&refused).await?;
            Ok(None)
        }
        Err(_) => Ok(Some(holder)),
    }
}
