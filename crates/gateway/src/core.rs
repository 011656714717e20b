//! What one core has to itself: its journal, its verified tokens, its connections to upstreams.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::{AgentId, GrantId, KeyId, RecordId};
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_fetch::Outside;
use bailiwick_policy::slices::Slices;
use bailiwick_proof::jwt::AccessToken;
use bailiwick_proof::keys::{SigningKey, Verifier};
use bailiwick_store::fast::Fast;
use bailiwick_store::feed::Contact;
use bailiwick_store::journal::Journal;
use bailiwick_vault::seal::Sealer;

use crate::cache::Seen;
use crate::desk::Desk;
use crate::settings::Settings;
use crate::upstream::pool::Pool;
use crate::waiters::Waiters;
use crate::world::World;

/// The most texts of one kind that a core remembers.
const REMEMBERED: usize = 16 * 1024;

/// What a request is decided with: the world it began in, and the core it runs on.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    /// The world as it was when the request arrived.
    pub world: &'a World,
    /// The core.
    pub core: &'a Core,
}

/// One core's own state; never shared with another.
pub struct Core {
    /// What the gateway was told at start.
    pub settings: Arc<Settings>,
    /// The newest world.
    pub world: Arc<ArcSwap<World>>,
    /// When the store last said how the world is.
    pub contact: Contact,
    /// By what APIs are told of requests, where one wants to be.
    pub signing: Option<Arc<ArcSwap<SigningKey>>>,
    /// The present.
    pub clock: Clock,
    /// Nonces and limits.
    pub fast: Fast,
    /// Where requests are written down.
    pub journal: Rc<Journal>,
    /// Whom others are asked about: issuers, directories, chains.
    pub outside: Outside,
    /// Seals what callers keep for the gateway: the sessions of MCP, and what waits for people.
    pub sealer: Arc<Sealer>,
    /// Unpredictable bytes.
    pub entropy: Entropy,
    /// Where people's approvals are asked for.
    pub desk: Desk,
    /// Who holds a connection for one.
    pub waiters: Waiters,
    /// Connections to upstreams.
    pub pool: Pool,
    /// Access tokens that were verified.
    pub tokens: RefCell<Seen<Rc<AccessToken>>>,
    /// Workloads' tokens that were verified, and the credentials they came under.
    pub workloads: RefCell<Seen<KeyId>>,
    /// Certificates that were verified, and the credentials of the workloads they name.
    pub certificates: RefCell<Seen<KeyId>>,
    /// Derived keys that were made.
    pub derived: RefCell<Seen<Derived>>,
    /// What of the policies matters for whom.
    pub slices: RefCell<Slices>,
    numbers: Numbers,
}

impl Core {
    /// A core's state.
    pub fn new(parts: Parts) -> Self {
        Self {
            pool: Pool::new(parts.settings.bounds.first_byte),
            numbers: Numbers::new(&parts.entropy),
            settings: parts.settings,
            world: parts.world,
            contact: parts.contact,
            signing: parts.signing,
            clock: parts.clock,
            fast: parts.fast,
            outside: parts.outside,
            sealer: parts.sealer,
            entropy: parts.entropy,
            desk: parts.desk,
            waiters: Waiters::default(),
            journal: Rc::new(parts.journal),
            tokens: RefCell::new(Seen::new(REMEMBERED)),
            workloads: RefCell::new(Seen::new(REMEMBERED)),
            certificates: RefCell::new(Seen::new(REMEMBERED)),
            derived: RefCell::new(Seen::new(REMEMBERED)),
            slices: RefCell::default(),
        }
    }

    /// A fresh record id.
    pub fn next_id(&self, now: Timestamp) -> RecordId {
        RecordId::at(now, self.numbers.next())
    }

    /// A number nobody can foresee exactly and that does not repeat here.
    pub fn next_number(&self) -> u128 {
        self.numbers.next()
    }
}

/// A key that was derived, and where it descends from.
#[derive(Debug, Clone)]
pub struct Derived {
    /// What verifies.
    pub verifier: Verifier,
    /// The key whose proof bought it.
    pub parent: KeyId,
    /// The agent it signs for.
    pub agent: AgentId,
    /// The grant of the task it signs for, if it is for one.
    pub under: Option<GrantId>,
}

/// What a core's state is made of.
pub struct Parts {
    /// What the gateway was told at start.
    pub settings: Arc<Settings>,
    /// The newest world.
    pub world: Arc<ArcSwap<World>>,
    /// When the store last said how the world is.
    pub contact: Contact,
    /// By what APIs are told of requests, where one wants to be.
    pub signing: Option<Arc<ArcSwap<SigningKey>>>,
    /// The present.
    pub clock: Clock,
    /// Unpredictable bytes.
    pub entropy: Entropy,
    /// Nonces and limits.
    pub fast: Fast,
    /// Whom others are asked about.
    pub outside: Outside,
    /// Seals what callers keep for the gateway.
    pub sealer: Arc<Sealer>,
    /// Where people's approvals are asked for.
    pub desk: Desk,
    /// Where requests are written down.
    pub journal: Journal,
}

/// Numbers that do not repeat: a counter from a random start, spread over 128 bits by an odd
/// factor. Unique, cheap and not secret; nothing that has to be unguessable is made of them.
#[derive(Debug)]
struct Numbers(Cell<u128>);

impl Numbers {
    fn new(entropy: &Entropy) -> Self {
        Self(Cell::new(u128::from_be_bytes(entropy.bytes())))
    }

    fn next(&self) -> u128 {
        let number = self.0.get().wrapping_add(1);
        self.0.set(number);
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }
}
