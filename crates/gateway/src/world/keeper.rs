//! Keeps the world current: what the store says has changed is in the next request's world.
//!
//! Every few minutes all of it is read again, beside the changes that go on coming, and a world is
//! made of that alone. It takes the place of the one that the changes have made, and should be the
//! same; where it is not, something was written without a number, or here is a mistake.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bailiwick_domain::id::ApprovalId;
use bailiwick_domain::time::Clock;
use bailiwick_store::feed::{Contact, Feed, Snapshot};
use bailiwick_store::{Fault, Store};
use bailiwick_vault::seal::Sealer;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

pub use super::difference::Differences;
use super::{Granted, World};
use crate::routes::Apis;

/// How often everything is read again. Reading 100,000 agents takes a core two seconds or so: at
/// this pace less than a hundredth of one core.
const RECONCILE: Duration = Duration::from_mins(5);
/// How many decisions may wait to be heard of; whoever is further behind looks for itself.
const UNHEARD: usize = 64;

/// A world that follows the store for as long as this is held.
pub struct Keeper {
    /// The newest world.
    pub world: Arc<ArcSwap<World>>,
    /// When the store last said how the world is.
    pub contact: Contact,
    /// Tells of approvals that somebody has decided about.
    pub decided: broadcast::Sender<ApprovalId>,
    orders: mpsc::Sender<Order>,
    task: AbortHandle,
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
    /// The present: what has run out is dropped.
    pub clock: Clock,
}

impl Keeper {
    /// Loads the world and follows the store from there.
    pub async fn start(store: &Store, origin: Origin) -> Result<Self, Fault> {
        let (snapshot, feed) = store.follow(&origin.clock).await?;
        let number = snapshot.number;
        let world = Arc::new(ArcSwap::from_pointee(origin.world_of(snapshot)));
        feed.applied(number);
        let contact = feed.contact();
        let (orders, ordered) = mpsc::channel(1);
        let (decided, _) = broadcast::channel(UNHEARD);
        let follower = Follower {
            feed,
            world: Arc::clone(&world),
            origin,
            reading: None,
            decided: decided.clone(),
        };
        let task = tokio::spawn(follower.follow(ordered)).abort_handle();
        Ok(Self { world, contact, decided, orders, task })
    }

    /// Reads everything again now, as happens by itself every five minutes, and puts the world
    /// right; what was wrong.
    pub async fn reconcile(&self) -> Result<Differences, Fault> {
        let (tell, told) = oneshot::channel();
        let gone = || Fault::unavailable("the store is not followed any more");
        self.orders.send(tell).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Somebody who wants everything to be read again, and to hear what came of it.
type Order = oneshot::Sender<Result<Differences, Fault>>;

struct Follower {
    feed: Feed,
    world: Arc<ArcSwap<World>>,
    origin: Origin,
    reading: Option<Reading>,
    decided: broadcast::Sender<ApprovalId>,
}

/// A world that is being made of everything, as of a number.
struct Reading {
    task: JoinHandle<Result<(i64, World), Fault>>,
    order: Option<Order>,
}

impl Follower {
    async fn follow(mut self, mut ordered: mpsc::Receiver<Order>) {
        let mut due = interval_at(Instant::now() + RECONCILE, RECONCILE);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_idle = self.reading.is_none();
            tokio::select! {
                told = self.feed.next() => self.apply(told),
                read = finished(&mut self.reading) => self.put_right(read).await,
                Some(order) = ordered.recv(), if is_idle => self.read_again(Some(order)),
                _ = due.tick(), if is_idle => self.read_again(None),
            }
        }
    }

    fn apply(&mut self, told: Result<Snapshot, Fault>) {
        match told {
            Ok(changes) => {
                let number = changes.number;
                self.tell(&changes);
                let changed = self.origin.with(World::clone(&self.world.load()), changes);
                self.world.store(Arc::new(changed));
                self.feed.applied(number);
            }
            Err(fault) => tracing::warn!(%fault, "the store does not say what has changed"),
        }
    }

    /// Tells those who wait for people's decisions of these. That nobody waits is no fault.
    fn tell(&self, changes: &Snapshot) {
        for id in &changes.decided {
            let _ = self.decided.send(*id);
        }
    }

    /// Begins to read everything, beside the changes: a fleet may take longer than a gateway may be
    /// without contact. Making the world of it is work for another thread.
    fn read_again(&mut self, order: Option<Order>) {
        let (whole, origin) = (self.feed.whole(), self.origin.clone());
        let task = tokio::spawn(async move {
            let whole = whole.await?;
            let number = whole.number;
            let made = tokio::task::spawn_blocking(move || origin.world_of(whole)).await;
            Ok((number, made.map_err(Fault::unavailable)?))
        });
        self.reading = Some(Reading { task, order });
    }

    async fn put_right(&mut self, read: Read) {
        let Read { made, order } = read;
        let done = match made {
            Ok((number, stored)) => self.succeed(stored, number).await,
            Err(fault) => Err(fault),
        };
        match &done {
            Ok(wrong) if wrong.is_empty() => tracing::debug!("the world is as it is stored"),
            Ok(Differences { count, named }) => tracing::error!(
                count,
                differences = ?named,
                "the world was not as it is stored, and is put right"
            ),
            Err(fault) => tracing::warn!(%fault, "what is stored could not be read again"),
        }
        if let Some(order) = order {
            // Whoever asked may have gone.
            let _ = order.send(done);
        }
    }

    /// Puts a world that was made of everything up to a number in the place of the present one,
    /// once both have what was written since: no change that was told of is lost again.
    async fn succeed(&mut self, mut stored: World, number: i64) -> Result<Differences, Fault> {
        let mut known = World::clone(&self.world.load());
        let since = self.feed.catch_up(number).await?;
        let newest = since.as_ref().map(|since| since.number);
        if let Some(since) = since {
            self.tell(&since);
            known = self.origin.with(known, since.clone());
            stored = self.origin.with(stored, since);
        }
        let wrong = Differences::between(&known, &stored);
        stored.succeed(&known);
        self.world.store(Arc::new(stored));
        if let Some(number) = newest {
            self.feed.applied(number);
        }
        Ok(wrong)
    }
}

/// A reading that has come to its end.
struct Read {
    made: Result<(i64, World), Fault>,
    order: Option<Order>,
}

/// The reading that is under way, once it has ended. Nothing is lost when the call is given up.
async fn finished(reading: &mut Option<Reading>) -> Read {
    let Some(under_way) = reading else { return std::future::pending().await };
    let made = (&mut under_way.task).await.map_err(Fault::unavailable).and_then(|made| made);
    let order = reading.take().and_then(|reading| reading.order);
    Read { made, order }
}

impl Origin {
    fn world_of(&self, whole: Snapshot) -> World {
        let world = World::empty(&self.issuer, Arc::clone(&self.apis), &self.trust_domain);
        self.with(world, whole)
    }

    fn with(&self, mut world: World, changes: Snapshot) -> World {
        for agent in changes.agents {
            world.put_agent(agent);
        }
        // Each is gone once it is taken in: of a large fleet, what is known is held, not what was
        // read.
        for key in changes.keys {
            world.put_key(&key, &self.sealer);
        }
        for issuer in changes.issuers {
            world.put_trusted_issuer(issuer);
        }
        if !changes.roots.is_empty() {
            world.put_roots(&changes.roots, &self.sealer);
        }
        for document in &changes.api_documents {
            world.put_api_document(document);
        }
        world.put_signing(&changes.signing);
        if let Some(version) = &changes.policies {
            world.put_policies(version);
        }
        let granted = Granted {
            grants: changes.grants,
            revoked: changes.revoked_tokens,
            sessions: changes.sessions,
            people: changes.people,
        };
        world.put_grants(granted, self.clock.now());
        world
    }
}
