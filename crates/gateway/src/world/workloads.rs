//! Other issuers' tokens for workloads: whose are believed, and for which credential each stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use bailiwick_domain::id::KeyId;
use bailiwick_domain::issuer::TrustedIssuer;
use rpds::HashTrieMapSync;

use super::known_key::KnownKey;

/// The trusted issuers, and the rules over their tokens.
#[derive(Debug, Clone)]
pub struct Workloads {
    issuers: HashTrieMapSync<Arc<str>, Arc<TrustedIssuer>>,
    rules: HashTrieMapSync<Arc<str>, Vec<Arc<KnownKey>>>,
    edition: u64,
}

impl Default for Workloads {
    fn default() -> Self {
        let (issuers, rules) = (HashTrieMapSync::new_sync(), HashTrieMapSync::new_sync());
        Self { issuers, rules, edition: 0 }
    }
}

impl Workloads {
    /// The issuer of this name, if it is trusted.
    pub fn issuer(&self, url: &str) -> Option<&Arc<TrustedIssuer>> {
        self.issuers.get(url)
    }

    /// The credentials that are rules over this issuer's tokens.
    pub fn rules_of(&self, url: &str) -> &[Arc<KnownKey>] {
        self.rules.get(url).map_or(&[], Vec::as_slice)
    }

    /// How often issuers or rules have changed: tokens seen before are then verified again.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Whether both trust the same issuers by the same rules.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let ids = |rules: &[Arc<KnownKey>]| -> BTreeSet<KeyId> {
            rules.iter().map(|key| key.id).collect()
        };
        self.issuers == other.issuers
            && self.rules.size() == other.rules.size()
            && self.rules.iter().all(|(url, rules)| ids(rules) == ids(other.rules_of(url)))
    }

    /// Goes on counting where `before` is: a token seen there is good still if nothing differs.
    pub(super) fn succeed(&mut self, before: &Self) {
        self.edition = before.edition + u64::from(!self.is_like(before));
    }

    pub(super) fn put_issuer(&mut self, issuer: TrustedIssuer) {
        self.edition += 1;
        if issuer.ended_at.is_some() {
            self.issuers.remove_mut(issuer.url.as_str());
        } else {
            self.issuers.insert_mut(issuer.url.as_str().into(), Arc::new(issuer));
        }
    }

    pub(super) fn put_rule(&mut self, issuer: &str, key: &Arc<KnownKey>) {
        self.edition += 1;
        let mut rules = self.rules.get(issuer).cloned().unwrap_or_default();
        rules.retain(|known| known.id != key.id);
        rules.push(Arc::clone(key));
        self.rules.insert_mut(issuer.into(), rules);
    }
}
