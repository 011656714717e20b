//! `[gateway.limits]`: what one request may cost before it is refused.

use super::section::{Bounds, Section};

/// Bounds on everything a caller chooses.
#[derive(Debug, Clone, Copy)]
pub struct LimitSettings {
    /// The most bytes of a request's head.
    pub max_header_bytes: u64,
    /// The most header fields.
    pub max_headers: u64,
    /// The most bytes of a body.
    pub max_body_bytes: u64,
    /// How long an upstream may take to begin its answer.
    pub first_byte_timeout_seconds: u64,
    /// How long a connection may say nothing.
    pub idle_timeout_seconds: u64,
    /// How long open requests may take to end after a stop was asked for.
    pub drain_seconds: u64,
}

pub(super) fn read(section: &mut Section<'_>) -> LimitSettings {
    let mut number =
        |key, least, default, most| section.number(key, Bounds { least, default, most });
    LimitSettings {
        max_header_bytes: number("max_header_bytes", 8_192, 32_768, 1_048_576),
        max_headers: number("max_headers", 16, 64, 1_000),
        max_body_bytes: number("max_body_bytes", 1, 67_108_864, 1 << 40),
        first_byte_timeout_seconds: number("first_byte_timeout_seconds", 1, 30, 3_600),
        idle_timeout_seconds: number("idle_timeout_seconds", 1, 60, 86_400),
        drain_seconds: number("drain_seconds", 0, 30, 3_600),
    }
}
