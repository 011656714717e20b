//! Keeps the world current: what the store says has changed is in the next request's world.

use std::sync::Arc;

use arc_swap::ArcSwap;
use bailiwick_domain::time::Clock;
use bailiwick_proof::jwt::Issuer;
use bailiwick_proof::keys::PublicKey;
use bailiwick_store::Store;
use bailiwick_store::feed::{Feed, Snapshot};
use bailiwick_store::signing_keys::Duty;
use bailiwick_vault::seal::Sealer;

use super::World;
use crate::routes::Apis;

/// A world that follows the store for as long as this is held.
pub struct Keeper {
    /// The newest world.
    pub world: Arc<ArcSwap<World>>,
    task: tokio::task::JoinHandle<()>,
}

/// What a world is made of, beside what the store says.
#[derive(Clone)]
pub struct Origin {
    /// Opens sealed secrets.
    pub sealer: Arc<Sealer>,
    /// The issuer whose tokens are accepted.
    pub issuer: String,
    /// The trust domain of agents' subjects.
    pub trust_domain: String,
    /// The APIs behind the gateway.
    pub apis: Arc<Apis>,
}

impl Keeper {
    /// Loads the world and follows the store from there.
    pub async fn start(
        store: &Store,
        origin: Origin,
        clock: &Clock,
    ) -> Result<Self, bailiwick_store::Fault> {
        let (snapshot, feed) = store.follow(clock).await?;
        let issuer = Issuer { issuer: origin.issuer.clone(), keys: Vec::new() };
        let world = World::empty(issuer, Arc::clone(&origin.apis), &origin.trust_domain);
        let number = snapshot.number;
        let world = Arc::new(ArcSwap::from_pointee(take_in(world, snapshot, &origin)));
        feed.applied(number);
        let task = tokio::spawn(follow(feed, Arc::clone(&world), origin));
        Ok(Self { world, task })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(mut feed: Feed, world: Arc<ArcSwap<World>>, origin: Origin) {
    loop {
        match feed.next().await {
            Ok(changes) => {
                let number = changes.number;
                let changed = take_in(World::clone(&world.load()), changes, &origin);
                world.store(Arc::new(changed));
                feed.applied(number);
            }
            Err(fault) => tracing::warn!(%fault, "the store does not say what has changed"),
        }
    }
}

fn take_in(mut world: World, changes: Snapshot, origin: &Origin) -> World {
    for agent in changes.agents {
        world.put_agent(agent);
    }
    // Each is gone once it is taken in: of a large fleet, what is known is held, not what was read.
    for key in changes.keys {
        world.put_key(&key, &origin.sealer);
    }
    for issuer in changes.issuers {
        world.put_trusted_issuer(issuer);
    }
    if !changes.roots.is_empty() {
        world.put_roots(&changes.roots, &origin.sealer);
    }
    let added: Vec<PublicKey> = changes
        .signing
        .iter()
        .filter(|signing| signing.duty == Duty::Token)
        .filter_map(|signing| PublicKey::from_jwk(&signing.jwk).ok())
        .collect();
    if !added.is_empty() {
        let mut keys = world.issuer.keys.clone();
        keys.extend(added);
        world.put_issuer(Issuer { issuer: origin.issuer.clone(), keys });
    }
    world
}
