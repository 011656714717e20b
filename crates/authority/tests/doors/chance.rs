//! Chance that is none.

use std::sync::atomic::{AtomicU64, Ordering};

use bailiwick_domain::entropy::Entropy;

/// The same bytes in every run (`SplitMix64`).
pub(crate) fn entropy() -> Entropy {
    let state = AtomicU64::new(1);
    Entropy::new(move |buffer| {
        for chunk in buffer.chunks_mut(8) {
            let mut word = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (word ^ (word >> 31)).to_be_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    })
}
