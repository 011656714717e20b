//! What the tests have in common: a clock that is moved by hand, and a guard that may ask this
//! very machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_fetch::{Client, Guard, Resolver, Upkeep, Url};

pub(crate) const START: i64 = 1_800_000_000;

/// A clock moved by hand, in seconds.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.0);
        Clock::new(move || Timestamp::from_seconds(hands.load(Ordering::Relaxed)))
    }

    /// Upkeep by this clock, whose retries come as late as they may.
    pub(crate) fn upkeep(&self) -> Upkeep {
        Upkeep::new(self.clock(), Entropy::new(|buffer| buffer.fill(255)))
    }
}

/// Rules under which this machine may be asked, also without TLS.
pub(crate) fn guard() -> Guard {
    let allowed = vec!["127.0.0.1/32".parse().unwrap()];
    // Trusts nobody's certificate, so that no test depends on the system's.
    let made = rcgen::generate_simple_self_signed(["unused.example".to_owned()]).unwrap();
    let authorities = Some(made.cert.pem().into_bytes());
    Guard { allowed, allow_http: true, authorities, ..Guard::default() }
}

pub(crate) fn client() -> Client {
    Client::new(guard(), nowhere()).unwrap()
}

/// A resolver that knows no name.
pub(crate) fn nowhere() -> Resolver {
    Resolver::new(|_| Box::pin(async { Ok(Vec::new()) }))
}

pub(crate) fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// Reads any key as the JWK it is.
pub(crate) fn jwk(text: &str) -> Option<String> {
    text.starts_with('{').then(|| text.to_owned())
}

/// A JWK Set of symbolic keys with these `kid`s.
pub(crate) fn set(kids: &[&str]) -> String {
    let keys: Vec<_> = kids.iter().map(|kid| format!(r#"{{"kid":"{kid}","kty":"X"}}"#)).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}
