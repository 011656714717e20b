//! Time that stands still until a test moves it, the time of the rest of the world, and randomness
//! that repeats.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::SystemTime;

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::{Clock, Timestamp};

/// The instant at which every test's world begins: 2026-11-21T12:00:00Z.
pub const BEGINNING: Timestamp = Timestamp::from_seconds(1_795_262_400);

/// A clock that a test moves.
#[derive(Debug, Clone)]
pub struct Hands {
    millis: Arc<AtomicI64>,
    origin: fn() -> Timestamp,
}

impl Default for Hands {
    fn default() -> Self {
        Self { millis: Arc::default(), origin: || BEGINNING }
    }
}

impl Hands {
    /// Hands that run with the system's clock, for clients that know no other time.
    pub fn running() -> Self {
        Self { millis: Arc::default(), origin: system_time }
    }

    /// The clock that these hands move.
    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::new(move || hands.now())
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        let moved = self.millis.load(Ordering::SeqCst);
        Timestamp::from_millis((self.origin)().as_millis() + moved)
    }

    /// Moves the clock forward.
    pub fn advance(&self, seconds: i64) {
        self.millis.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "a client that others wrote reads the same clock")]
fn system_time() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

/// Bytes that are the same in every run: splitmix64 from this seed.
pub fn entropy(seed: u64) -> Entropy {
    let state = AtomicU64::new(seed);
    Entropy::new(move |buffer| {
        for chunk in buffer.chunks_mut(8) {
            let mut mixed = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (mixed ^ (mixed >> 31)).to_le_bytes();
            for (byte, random) in chunk.iter_mut().zip(bytes) {
                *byte = random;
            }
        }
    })
}
