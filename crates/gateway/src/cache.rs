//! Tokens that were verified before. A token verified once is not verified again while it is valid;
//! whether its agent and key still stand is asked of the world on every request.

use std::collections::HashMap;
use std::rc::Rc;

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::AccessToken;
use foldhash::fast::RandomState;

/// Verified tokens of one core, bounded: when the newer half is full the older half is dropped.
///
/// The map compares whole tokens, so nothing but the very string that verified is found; its hash
/// is keyed at random, and only tokens that verified are kept, so nobody chooses what collides.
#[derive(Debug)]
pub struct TokenCache {
    newer: HashMap<Box<str>, Rc<AccessToken>, RandomState>,
    older: HashMap<Box<str>, Rc<AccessToken>, RandomState>,
    half: usize,
}

impl TokenCache {
    /// A cache of at most `capacity` tokens.
    pub fn new(capacity: usize) -> Self {
        Self { newer: HashMap::default(), older: HashMap::default(), half: capacity.div_ceil(2) }
    }

    /// The token, if it verified before and has not expired.
    pub fn find(&mut self, token: &str, now: Timestamp) -> Option<Rc<AccessToken>> {
        if let Some(known) = self.newer.get(token) {
            return Some(Rc::clone(known)).filter(|known| is_valid(known, now));
        }
        let (text, known) = self.older.remove_entry(token)?;
        if !is_valid(&known, now) {
            return None;
        }
        self.keep(text, Rc::clone(&known));
        Some(known)
    }

    /// Keeps a token that has just verified.
    pub fn insert(&mut self, token: &str, verified: Rc<AccessToken>) {
        self.keep(token.into(), verified);
    }

    /// Forgets everything: the issuer's keys have changed.
    pub fn clear(&mut self) {
        self.newer.clear();
        self.older.clear();
    }

    fn keep(&mut self, text: Box<str>, verified: Rc<AccessToken>) {
        if self.newer.len() >= self.half {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(text, verified);
    }
}

fn is_valid(token: &AccessToken, now: Timestamp) -> bool {
    now < token.exp
}
