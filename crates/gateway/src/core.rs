//! What one core has to itself: its journal, its verified tokens, its connections to upstreams.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::RecordId;
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_store::fast::Fast;
use bailiwick_store::journal::Journal;

use crate::cache::TokenCache;
use crate::settings::Settings;
use crate::upstream::pool::Pool;
use crate::world::World;

/// The most tokens a core remembers.
const TOKENS: usize = 16 * 1024;

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
    /// The present.
    pub clock: Clock,
    /// Nonces and limits.
    pub fast: Fast,
    /// Where requests are written down.
    pub journal: Rc<Journal>,
    /// Connections to upstreams.
    pub pool: Pool,
    tokens: RefCell<(u64, TokenCache)>,
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
            clock: parts.clock,
            fast: parts.fast,
            journal: Rc::new(parts.journal),
            tokens: RefCell::new((0, TokenCache::new(TOKENS))),
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

    /// The tokens verified by this edition of the issuer's keys.
    pub fn with_tokens<T>(&self, edition: u64, act: impl FnOnce(&mut TokenCache) -> T) -> T {
        let mut tokens = self.tokens.borrow_mut();
        if tokens.0 != edition {
            tokens.0 = edition;
            tokens.1.clear();
        }
        act(&mut tokens.1)
    }
}

/// What a core's state is made of.
pub struct Parts {
    /// What the gateway was told at start.
    pub settings: Arc<Settings>,
    /// The newest world.
    pub world: Arc<ArcSwap<World>>,
    /// The present.
    pub clock: Clock,
    /// Unpredictable bytes.
    pub entropy: Entropy,
    /// Nonces and limits.
    pub fast: Fast,
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
