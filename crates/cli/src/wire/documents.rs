//! The descriptions of APIs: those the configuration names are taken in at the start, and what
//! others accept is followed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_authority::{Adopted, Authority};
use bailiwick_proof::card_signature::CardKeys;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::Fault;
use crate::config::ApiSettings;

/// How often the authority asks whether another process has accepted a description.
const LOOK: Duration = Duration::from_secs(1);

/// Follows what is accepted for as long as it is held.
pub(super) struct Following(AbortHandle);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The keys that the cards of agents are taken from, by the names of their APIs.
pub(super) fn card_keys(apis: &[ApiSettings]) -> BTreeMap<Arc<str>, Arc<CardKeys>> {
    let pinned = |api: &ApiSettings| Some((Arc::clone(&api.name), api.card_keys.clone()?));
    apis.iter().filter_map(pinned).collect()
}

/// The command that lets it.
fn accept(api: &ApiSettings, path: &Path) -> String {
    format!("bailiwick api accept {} {} --because …", api.name, path.display())
}

/// Takes in the descriptions that the configuration names. One that lets somebody do more than the
/// one in force stays out, and what it would change is said.
pub(super) async fn adopt(authority: &Authority, apis: &[ApiSettings]) -> Result<(), Fault> {
    for api in apis {
        let Some(path) = &api.description else { continue };
        let text = tokio::fs::read_to_string(path).await.map_err(Fault::file(path))?;
        match authority.adopt(&api.name, &text).await? {
            Adopted::Known => {}
            Adopted::Accepted { version, waiting } => {
                tracing::info!(api = %api.name, version, "the description of an API is accepted");
                if waiting > 0 {
                    let command = format!("{} --confirm-scopes", accept(api, path));
                    tracing::warn!(
                        api = %api.name, waiting, command,
                        "operations whose scopes the description does not state are not served"
                    );
                }
            }
            Adopted::Waiting(changes) => {
                let command = accept(api, path);
                tracing::warn!(
                    api = %api.name, command,
                    "the description of an API lets somebody do more, and is not in force"
                );
                for change in changes {
                    let (operation, change) = (change.operation, change.sentence);
                    tracing::warn!(api = %api.name, operation, change, "would be let through");
                }
            }
        }
    }
    Ok(authority.read_documents().await?)
}

/// Follows what is accepted, here or by another process.
pub(super) fn follow(authority: Authority) -> Following {
    let task = tokio::spawn(async move {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            if let Err(fault) = authority.read_documents().await {
                tracing::warn!(%fault, "which descriptions of APIs are in force is not known");
            }
        }
    });
    Following(task.abort_handle())
}
