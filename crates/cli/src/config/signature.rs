//! `[signature]`: how long one signed request may be used.

use super::section::{Bounds, Section};

/// The window of a message signature (RFC 9421, section 2.3).
#[derive(Debug, Clone, Copy)]
pub struct SignatureSettings {
    /// The most that `expires` may lie after `created`.
    pub window_seconds: u64,
    /// How far the caller's clock may be ahead.
    pub skew_seconds: u64,
}

pub(super) fn read(section: &mut Section<'_>) -> SignatureSettings {
    SignatureSettings {
        window_seconds: section
            .number("window_seconds", Bounds { least: 1, default: 60, most: 300 }),
        skew_seconds: section.number("skew_seconds", Bounds { least: 0, default: 5, most: 60 }),
    }
}
