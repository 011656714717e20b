//! The root secrets of this installation: made at first start, replaced every day, and forgotten
//! when nothing that descends from them can be in use any more.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::derived;
use bailiwick_proof::dpop::Nonces;
use bailiwick_store::roots::Root;
use bailiwick_store::{Store, Tx};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::making::Making;

/// How long a root is the newest, in seconds.
const TURN_SECONDS: i64 = 86_400;

/// The roots as they were when last looked at.
#[derive(Default)]
pub(crate) struct Roots {
    known: ArcSwapOption<Known>,
}

/// The newest root, and what follows from it.
pub(crate) struct Known {
    /// What keys are derived from.
    pub(crate) roots: derived::Roots,
    /// The nonces that DPoP proofs are to carry (RFC 9449, section 8).
    pub(crate) nonces: Nonces,
    created_at: Timestamp,
}

impl Roots {
    /// The newest roots; another is made when the newest is a day old. Several processes may find
    /// that at once: whoever comes first makes it.
    pub(crate) async fn current(
        &self,
        store: &Store,
        making: Making<'_>,
    ) -> Result<Arc<Known>, Fault> {
        let since = making.clock.now().plus_seconds(-TURN_SECONDS);
        if let Some(known) = self.known.load_full().filter(|known| known.created_at > since) {
            return Ok(known);
        }
        let mut tx = store.begin().await?;
        let found = newest_two(&mut tx, making, since).await?;
        tx.save().await?;
        let known = Arc::new(open(&found, making)?);
        self.known.store(Some(Arc::clone(&known)));
        Ok(known)
    }
}

/// The newest root and the one before, once there is one that is younger than a day. A key that
/// descends from the one before is good for an hour at most, so that two are enough.
async fn newest_two(tx: &mut Tx, making: Making<'_>, since: Timestamp) -> Result<Vec<Root>, Fault> {
    let mut found = tx.roots().list().await?;
    let newest = found.first().map(|root| (root.epoch, root.created_at));
    if newest.is_none_or(|(_, created_at)| created_at <= since) {
        let epoch = newest.map_or(1, |(epoch, _)| epoch.saturating_add(1));
        let secret = Zeroizing::new(making.entropy.bytes::<32>());
        let mut root = Root { epoch, sealed: Vec::new(), created_at: making.clock.now() };
        root.sealed = making.sealer.seal(&*secret, &root.purpose(), making.entropy)?;
        tx.roots().insert(&root).await?;
        tx.roots().forget_before(epoch.saturating_sub(1)).await?;
        found.insert(0, root);
    }
    found.truncate(2);
    Ok(found)
}

fn open(found: &[Root], making: Making<'_>) -> Result<Known, Fault> {
    let mut secrets = Vec::new();
    for root in found {
        let opened = making.sealer.open(&root.sealed, &root.purpose())?;
        let secret = <[u8; 32]>::try_from(opened.as_slice());
        secrets.push((root.epoch, Zeroizing::new(secret.map_err(|_| corrupt())?)));
    }
    let Some(newest) = found.first() else { return Err(corrupt()) };
    let roots = derived::Roots::new(newest.epoch, secrets).map_err(|_| corrupt())?;
    let branch = roots.branch("dpop nonces").map_err(|_| corrupt())?;
    Ok(Known { nonces: Nonces::new(&branch), roots, created_at: newest.created_at })
}

const fn corrupt() -> Fault {
    Fault::Corrupt("a root secret")
}
