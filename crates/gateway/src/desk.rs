//! Where people's approvals are asked for and used. Here, and nowhere else in a gateway, is SQL
//! asked for a request: an approval is rare, and it is exact, whatever node a request comes to and
//! whatever is restarted.
//!
//! What is asked runs on the runtime that the store was opened on, and comes to its end also when
//! the caller has gone.

use std::future::Future;
use std::sync::Arc;

use bailiwick_domain::approval::State;
use bailiwick_domain::approval::{Approval, Bound, MOST_A_MINUTE, MOST_PENDING, PENDING_SECONDS};
use bailiwick_domain::approved::{self, Found, Mismatch};
use bailiwick_domain::denial::{Denial, Exhausted};
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::ApprovalId;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::{Fault, Store, Tx};
use bailiwick_vault::seal::Sealer;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, broadcast};

/// How many requests may ask at once; one more is refused.
const MOST_AT_ONCE: usize = 64;

/// Where approvals are asked for.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    runtime: Handle,
    sealer: Arc<Sealer>,
    entropy: Entropy,
    decided: broadcast::Sender<ApprovalId>,
    busy: Arc<Semaphore>,
}

/// What a desk is made of.
pub struct Parts {
    /// Where approvals are kept; the desk is made on the runtime that it was opened on.
    pub store: Store,
    /// Seals what people are shown of a body.
    pub sealer: Arc<Sealer>,
    /// Makes ids.
    pub entropy: Entropy,
    /// Tells of approvals that somebody has decided about.
    pub decided: broadcast::Sender<ApprovalId>,
}

/// A request that people decide about, as it is put before them if nobody has.
#[derive(Debug)]
pub struct Draft {
    /// The approval as it would be.
    pub approval: Approval,
    /// What people are shown of the body.
    pub body: Option<String>,
    /// The approval that the request says it goes by.
    pub named: Option<ApprovalId>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was approved, and is used with this.
    Used(ApprovalId),
    /// It waits for people, or was approved a moment ago.
    Waiting(Approval),
    /// Somebody refused it.
    Denied(Approval),
    /// What was approved is something else.
    Mismatch(Mismatch),
    /// The agent asks for too much at once.
    Full(Exhausted),
}

impl Desk {
    /// A desk. Must be made on the runtime that the store was opened on.
    pub fn new(parts: Parts) -> Self {
        let Parts { store, sealer, entropy, decided } = parts;
        let busy = Arc::new(Semaphore::new(MOST_AT_ONCE));
        Self { store, runtime: Handle::current(), sealer, entropy, decided, busy }
    }

    /// Whoever listens hears of every approval that somebody decides about from now on.
    pub fn listen(&self) -> broadcast::Receiver<ApprovalId> {
        self.decided.subscribe()
    }

    /// A fresh id.
    pub fn next_id(&self, now: Timestamp) -> ApprovalId {
        ApprovalId::fresh(now, &self.entropy)
    }

    /// Uses the approval that there is for a request, or puts the request before people.
    pub async fn settle(&self, draft: Draft, now: Timestamp) -> Result<Settled, Denial> {
        let (store, sealed) = (self.store.clone(), self.seal(&draft)?);
        self.run(async move { Counter { store, draft, sealed, now }.settle().await }).await
    }

    /// An approval as it is now.
    pub async fn look(&self, id: ApprovalId) -> Result<Option<Approval>, Denial> {
        let store = self.store.clone();
        self.run(async move { store.read().await?.approvals().find(id).await }).await
    }

    async fn run<T: Send + 'static>(
        &self,
        question: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Denial> {
        let Ok(turn) = Arc::clone(&self.busy).try_acquire_owned() else {
            tracing::warn!("too many requests ask for approvals at once; one more is refused");
            return Err(Denial::Unavailable);
        };
        let asked = self.runtime.spawn(async move {
            let _turn = turn;
            question.await
        });
        match asked.await {
            Ok(answer) => Ok(answer?),
            Err(error) => {
                tracing::error!(%error, "approvals cannot be asked for; refusing");
                Err(Denial::Unavailable)
            }
        }
    }

    fn seal(&self, draft: &Draft) -> Result<Option<Vec<u8>>, Denial> {
        let Some(body) = &draft.body else { return Ok(None) };
        let purpose = draft.approval.id.sealed_for();
        let sealed = self.sealer.seal(body.as_bytes(), &purpose, &self.entropy);
        sealed.map(Some).map_err(|fault| {
            tracing::error!(%fault, "a body cannot be sealed; refusing");
            Denial::Unavailable
        })
    }
}

/// One request at the desk.
struct Counter {
    store: Store,
    draft: Draft,
    sealed: Option<Vec<u8>>,
    now: Timestamp,
}

impl Counter {
    async fn settle(self) -> Result<Settled, Fault> {
        let mut tx = self.store.read().await?;
        let found = self.find(&mut tx).await?;
        drop(tx);
        match found {
            Found::Approved(approval) => {
                let mut tx = self.store.begin_append().await?;
                let taken = tx.approvals().take(approval.id, self.now).await?;
                tx.save().await?;
                if taken { Ok(Settled::Used(approval.id)) } else { self.too_late().await }
            }
            Found::Nothing => self.ask().await,
            found => Ok(settled(found)),
        }
    }

    async fn find(&self, tx: &mut Tx) -> Result<Found, Fault> {
        let (bound, approvers): (&Bound, u8) =
            (&self.draft.approval.bound, self.draft.approval.approvers);
        if let Some(id) = self.draft.named {
            let known = tx.approvals().find(id).await?;
            return Ok(approved::named(known, bound, approvers, self.now));
        }
        let known = tx.approvals().live_like(bound, self.now).await?;
        Ok(approved::find(known, bound, approvers, self.now))
    }

    /// Another request was faster: this one is put before people anew, unless it says which one it
    /// goes by.
    async fn too_late(self) -> Result<Settled, Fault> {
        match self.draft.named {
            Some(_) => Ok(Settled::Mismatch(Mismatch::Over(State::Used))),
            None => self.ask().await,
        }
    }

    /// Puts the request before people. Such transactions take turns, so that what is counted stays
    /// true, and that of several that ask the same at once one is put.
    async fn ask(self) -> Result<Settled, Fault> {
        let mut tx = self.store.begin().await?;
        match self.find(&mut tx).await? {
            Found::Nothing => {}
            found => return Ok(settled(found)),
        }
        tx.approvals().sweep(self.now).await?;
        if let Some(exhausted) = self.overflow(&mut tx).await? {
            tx.save().await?;
            return Ok(Settled::Full(exhausted));
        }
        tx.approvals().insert(&self.draft.approval, self.sealed.as_deref()).await?;
        tx.save().await?;
        Ok(Settled::Waiting(self.draft.approval))
    }

    /// What of the inbox is full for this agent, if anything is.
    async fn overflow(&self, tx: &mut Tx) -> Result<Option<Exhausted>, Fault> {
        let inbox = tx.approvals().inbox(self.draft.approval.bound.agent, self.now).await?;
        let waiting = u32::try_from(PENDING_SECONDS).unwrap_or(u32::MAX);
        let recent_until = inbox.first_at.map(|at| at.plus_seconds(60));
        let full = [
            ("approvals_waiting", MOST_PENDING, waiting, inbox.pending, inbox.frees_at),
            ("approvals_asked", MOST_A_MINUTE, 60, inbox.recent, recent_until),
        ];
        let first = full.into_iter().find(|(_, most, _, count, _)| count >= most);
        Ok(first.map(|(policy, quota, window_seconds, _, until)| {
            let left = until.map_or(1, |until| until.millis_since(self.now).max(1));
            let retry_after_seconds = u64::try_from(left).unwrap_or(1).div_ceil(1_000);
            Exhausted { policy, quota, window_seconds, retry_after_seconds }
        }))
    }
}

fn settled(found: Found) -> Settled {
    match found {
        Found::Approved(approval) | Found::Pending(approval) => Settled::Waiting(approval),
        Found::Denied(approval) => Settled::Denied(approval),
        Found::Mismatch(mismatch) => Settled::Mismatch(mismatch),
        Found::Nothing => Settled::Mismatch(Mismatch::Unknown),
    }
}
