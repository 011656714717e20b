//! The change feed: what a gateway knows of agents and keys, kept current.
//!
//! Each transaction that changes something a gateway knows has a number, without gaps, and
//! leaves it on the rows it wrote. A feed remembers the number it has seen and asks for what is
//! greater: at once when a transaction of this process says so, or PostgreSQL says so of another
//! process; every tenth of a second where nobody can, every half where somebody does.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::Key;
use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::ApprovalId;
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_domain::person::Session;
use bailiwick_domain::time::{Clock, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::api_documents::ApiDocument;
use crate::db::Store;
use crate::fault::Fault;
use crate::listener::Listener;
use crate::people::PersonState;
use crate::policies::PolicyVersion;
use crate::revoked_tokens::RevokedToken;
use crate::roots::Root;
use crate::row::Row;
use crate::signing_keys::SigningPublic;
use crate::tx::Tx;

/// A number below every transaction's, and below what a row written by hand may bear.
const NONE: i64 = i64::MIN;
const PATIENCE: Duration = Duration::from_secs(2);

/// Agents and keys as of one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the last transaction it holds.
    pub number: i64,
    /// The agents written since the number asked from, all of them at first.
    pub agents: Vec<Agent>,
    /// The keys, likewise.
    pub keys: Vec<Key>,
    /// The public sides of the installation's signing keys, likewise.
    pub signing: Vec<SigningPublic>,
    /// The root secrets, sealed, likewise, oldest first.
    pub roots: Vec<Root>,
    /// The issuers of workloads' tokens, likewise, those that have ended too.
    pub issuers: Vec<TrustedIssuer>,
    /// The grants, likewise, those that have ended too; at first only those that are live.
    pub grants: Vec<Grant>,
    /// The tokens that were taken back, likewise.
    pub revoked_tokens: Vec<RevokedToken>,
    /// The people written since, whether they are blocked; at first only those who are.
    pub people: Vec<PersonState>,
    /// The people's sign-ins written since, those that have ended too; at first only those that are
    /// live, so that one which was never told of is not.
    pub sessions: Vec<Session>,
    /// The descriptions of APIs accepted since, of each API the newest.
    pub api_documents: Vec<ApiDocument>,
    /// The approvals that somebody has decided about since; at first none, for nobody waits yet.
    pub decided: Vec<ApprovalId>,
    /// The policies in force, if they were put in force since; at first, if any ever were.
    pub policies: Option<PolicyVersion>,
}

/// Follows the changes of one store. Dropped, it no longer holds up those who save.
pub struct Feed {
    store: Store,
    clock: Clock,
    seen: i64,
    announced: watch::Receiver<i64>,
    applied: watch::Sender<i64>,
    contact: Contact,
    listener: Listener,
    asked: Instant,
}

/// When a store last answered its feed. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Contact(Arc<AtomicI64>);

impl Store {
    /// Loads everything and follows it from there.
    pub async fn follow(&self, clock: &Clock) -> Result<(Snapshot, Feed), Fault> {
        let (applied, listening) = watch::channel(0);
        let announced = self.ring.join(listening);
        let asked_at = clock.now();
        let listener = Listener::begin(&self.db);
        let asked = Instant::now();
        let snapshot = changes_since(self, NONE, asked_at).await?;
        let feed = Feed {
            store: self.clone(),
            clock: clock.clone(),
            seen: snapshot.number,
            announced,
            applied,
            contact: Contact::at(asked_at),
            listener,
            asked,
        };
        Ok((snapshot, feed))
    }
}

impl Feed {
    /// Waits for changes: everything written since the last call, each thing once, as it is now. A
    /// fault means that nobody knows; the next call tries again. Nothing is lost when the call is
    /// given up.
    pub async fn next(&mut self) -> Result<Snapshot, Fault> {
        loop {
            tokio::select! {
                () = sleep_until(self.asked + self.listener.pace()) => {}
                Ok(()) = self.announced.changed() => {}
                () = self.listener.heard() => {}
            }
            if let Some(changes) = self.ask(self.seen).await? {
                return Ok(changes);
            }
        }
    }

    /// Everything there is, read in one transaction, to be held against what the feed has told.
    /// The reading is the caller's to wait for, beside [`Self::next`], which goes on meanwhile;
    /// what has changed by the time it is done, [`Self::catch_up`] tells.
    pub fn whole(&self) -> impl Future<Output = Result<Snapshot, Fault>> + Send + 'static {
        let (store, now) = (self.store.clone(), self.clock.now());
        async move { changes_since(&store, NONE, now).await }
    }

    /// Everything written after this number, as it is now, told already or not.
    pub async fn catch_up(&mut self, number: i64) -> Result<Option<Snapshot>, Fault> {
        self.ask(number.min(self.seen)).await
    }

    /// What was written after this number, if anything was; from then on that is seen.
    async fn ask(&mut self, since: i64) -> Result<Option<Snapshot>, Fault> {
        self.asked = Instant::now();
        let asked_at = self.clock.now();
        let begun = timeout(PATIENCE, begin(&self.store)).await;
        let (mut tx, newest) = begun.map_err(Fault::unavailable)??;
        // A large change may take longer than an answer; each part of it is bounded by itself.
        let changes = if newest.number()? > since {
            Some(newest.read_since(&mut tx, since, asked_at).await?)
        } else {
            None
        };
        self.contact.0.store(asked_at.as_millis(), Ordering::Release);
        if let Some(changes) = &changes {
            self.seen = changes.number.max(self.seen);
        }
        Ok(changes)
    }

    /// Says that requests from now on see everything up to this number ([`Snapshot::number`]).
    pub fn applied(&self, number: i64) {
        self.applied.send_replace(number);
    }

    /// When the store last answered: how old what this feed has said may be.
    pub fn contact(&self) -> Contact {
        self.contact.clone()
    }
}

impl Contact {
    /// A contact that was at this instant, and is not renewed.
    pub fn at(last: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(last.as_millis())))
    }

    /// The instant of the last question that the store answered.
    pub fn last(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Acquire))
    }
}

async fn changes_since(store: &Store, seen: i64, now: Timestamp) -> Result<Snapshot, Fault> {
    let (mut tx, newest) = begin(store).await?;
    newest.read_since(&mut tx, seen, now).await
}

/// Begins to read; also what has been written last.
async fn begin(store: &Store) -> Result<(Tx, Newest), Fault> {
    let mut tx = store.read().await?;
    let row = tx.fetch_first(Newest::SQL, []).await?;
    Ok((tx, Newest(row.ok_or_else(|| Fault::corrupt("no change counter"))?)))
}

/// The number of the last transaction, and of the last that wrote into each table. Asked in one
/// question, so that only tables with something new are asked anything else: what a change costs
/// is mostly the way to the database and back.
struct Newest(Row);

impl Newest {
    const SQL: &str = "SELECT number, \
        (SELECT MAX(changed) FROM agents) AS agents, \
        (SELECT MAX(changed) FROM keys) AS keys, \
        (SELECT MAX(changed) FROM signing_keys) AS signing_keys, \
        (SELECT MAX(changed) FROM roots) AS roots, \
        (SELECT MAX(changed) FROM issuers) AS issuers, \
        (SELECT MAX(changed) FROM grants) AS grants, \
        (SELECT MAX(changed) FROM revoked_tokens) AS revoked_tokens, \
        (SELECT MAX(changed) FROM people) AS people, \
        (SELECT MAX(changed) FROM sessions) AS sessions, \
        (SELECT MAX(changed) FROM approvals) AS approvals, \
        (SELECT MAX(changed) FROM api_documents) AS api_documents, \
        (SELECT MAX(changed) FROM policies) AS policies \
        FROM change_counter WHERE id = 1";

    fn number(&self) -> Result<i64, Fault> {
        self.0.int("number")
    }

    fn has(&self, table: &str, since: i64) -> Result<bool, Fault> {
        Ok(self.0.int_or_null(table)?.is_some_and(|changed| changed > since))
    }

    async fn read_since(&self, tx: &mut Tx, seen: i64, now: Timestamp) -> Result<Snapshot, Fault> {
        let mut found = Snapshot { number: self.number()?, ..Snapshot::default() };
        if self.has("agents", seen)? {
            found.agents = tx.agents().changed_since(seen).await?;
        }
        if self.has("keys", seen)? {
            found.keys = tx.keys().changed_since(seen).await?;
        }
        if self.has("signing_keys", seen)? {
            found.signing = tx.signing_keys().changed_since(seen).await?;
        }
        if self.has("roots", seen)? {
            found.roots = tx.roots().changed_since(seen).await?;
        }
        if self.has("issuers", seen)? {
            found.issuers = tx.issuers().changed_since(seen).await?;
        }
        if self.has("grants", seen)? {
            found.grants = tx.grants().changed_since(seen, now).await?;
        }
        if self.has("revoked_tokens", seen)? {
            found.revoked_tokens = tx.revoked_tokens().changed_since(seen).await?;
        }
        if self.has("people", seen)? {
            found.people = tx.people().changed_since(seen).await?;
        }
        if self.has("sessions", seen)? {
            found.sessions = match seen {
                NONE => tx.sessions().live(now).await?,
                _ => tx.sessions().changed_since(seen).await?,
            };
        }
        if seen != NONE && self.has("approvals", seen)? {
            found.decided = tx.approvals().changed_since(seen).await?;
        }
        if self.has("api_documents", seen)? {
            found.api_documents = tx.api_documents().changed_since(seen).await?;
        }
        if self.has("policies", seen)? {
            found.policies = tx.policies().newest().await?;
        }
        Ok(found)
    }
}
