//! What the world outside gives: the time, randomness, the environment. Nothing else in the product
//! reads any of it; it arrives there as an argument.
#![expect(clippy::disallowed_methods, reason = "the one place where ambient things come in")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::{Clock, Timestamp};

/// The operating system's clock.
pub(crate) fn clock() -> Clock {
    Clock::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

/// The operating system's randomness. A system that gives none stops the process: nothing may be
/// signed with a guessable key or nonce.
pub(crate) fn entropy() -> Entropy {
    Entropy::new(|buffer| {
        if aws_lc_rs::rand::fill(buffer).is_err() {
            std::process::abort();
        }
    })
}

/// A variable of the environment; an empty one counts as absent.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The arguments the process was started with.
pub(crate) fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// The user's own configuration directory of this product (XDG Base Directory Specification).
pub(crate) fn user_directory() -> Option<PathBuf> {
    let base = match variable("XDG_CONFIG_HOME") {
        Some(directory) => PathBuf::from(directory),
        None => PathBuf::from(variable("HOME")?).join(".config"),
    };
    Some(base.join("bailiwick"))
}

/// This host's name, in letters that fit a file name and a record.
pub(crate) fn node() -> String {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = named.or_else(|| variable("HOSTNAME")).unwrap_or_default();
    let plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    let name: String = named.trim().chars().filter(plain).take(63).collect();
    if name.is_empty() { "node".to_owned() } else { name.to_ascii_lowercase() }
}
