//! The keys that this installation's access tokens are signed with, and until when each counts.

use std::sync::Arc;

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::Issuer;
use bailiwick_proof::keys::PublicKey;
use bailiwick_store::signing_keys::{Duty, SigningPublic};

/// The issuer's keys: those published ahead, the one that signs, and those whose tokens may be
/// valid still. A revoked one is not among them.
#[derive(Debug, Clone)]
pub struct Signing {
    published: Arc<[SigningPublic]>,
    /// With the keys that count until an instant, from the nearest on.
    ending: Arc<[(Timestamp, Issuer)]>,
    /// With the keys of which no end is known.
    lasting: Arc<Issuer>,
    edition: u64,
}

impl Signing {
    /// An issuer whose keys are not known yet: none of its tokens verifies.
    pub(super) fn of(issuer: &str) -> Self {
        let lasting = Issuer { issuer: issuer.to_owned(), keys: Vec::new() };
        Self {
            published: Arc::new([]),
            ending: Arc::new([]),
            lasting: Arc::new(lasting),
            edition: 0,
        }
    }

    /// The issuer's name.
    pub fn name(&self) -> &str {
        &self.lasting.issuer
    }

    /// How often the keys have changed: tokens verified before are then verified again.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// The issuer with the keys that count at this instant, and until when they are the same. A key
    /// ends here by the clock, whether or not any authority is there to say so.
    pub fn at(&self, now: Timestamp) -> (&Issuer, Timestamp) {
        let ending = self.ending.iter().find(|(until, _)| *until > now);
        match ending {
            Some((until, issuer)) => (issuer, *until),
            None => (&self.lasting, Timestamp::from_millis(i64::MAX)),
        }
    }

    /// Takes in keys as they are now. One that cannot be read is left out, and what it signed is
    /// refused.
    pub(super) fn put(&mut self, changed: &[SigningPublic]) {
        let changed: Vec<_> = changed.iter().filter(|key| key.duty == Duty::Token).collect();
        if changed.is_empty() {
            return;
        }
        let is_new = |id: &str| changed.iter().any(|key| key.id == id);
        let kept = self.published.iter().filter(|key| !is_new(&key.id));
        let all = kept.chain(changed.iter().copied());
        let mut published: Vec<_> =
            all.filter(|key| key.life.revoked_at.is_none()).cloned().collect();
        forget_ended(&mut published);
        published.sort_by(|one, other| one.id.cmp(&other.id));
        let mut ends: Vec<_> = published.iter().filter_map(|key| key.life.ends_at()).collect();
        ends.sort_unstable();
        ends.dedup();
        let ending = ends.iter().map(|until| (*until, self.of_keys(&published, Some(*until))));
        self.ending = ending.collect();
        self.lasting = Arc::new(self.of_keys(&published, None));
        self.published = published.into();
        self.edition += 1;
    }

    /// The issuer with the keys that count until an instant at least, or for ever.
    fn of_keys(&self, published: &[SigningPublic], until: Option<Timestamp>) -> Issuer {
        let counts = |key: &&SigningPublic| match (key.life.ends_at(), until) {
            (None, _) => true,
            (Some(end), Some(until)) => end >= until,
            (Some(_), None) => false,
        };
        let keys = published.iter().filter(counts);
        let keys = keys.filter_map(|key| match PublicKey::from_jwk(&key.jwk) {
            Ok(public) => Some(public),
            Err(error) => {
                tracing::error!(kid = %key.id, %error, "a signing key cannot be read");
                None
            }
        });
        Issuer { issuer: self.lasting.issuer.clone(), keys: keys.collect() }
    }

    /// Whether both are the same keys at the same points of their lives.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.published == other.published
    }

    /// Goes on counting where `before` is: what was verified by it is good still if the keys are.
    pub(super) fn succeed(&mut self, before: &Self) {
        self.edition = before.edition + u64::from(!self.is_like(before));
    }
}

/// Forgets the keys that have ended by what has happened to others since: of a history of years the
/// last few turns are kept.
fn forget_ended(published: &mut Vec<SigningPublic>) {
    let instants = |key: &SigningPublic| {
        [Some(key.created_at), key.life.signs_from, key.life.stopped_at].into_iter().flatten()
    };
    let Some(newest) = published.iter().flat_map(instants).max() else { return };
    published.retain(|key| key.life.ends_at().is_none_or(|end| end > newest));
}

#[cfg(test)]
mod tests {
    use bailiwick_domain::credential::Algorithm;
    use bailiwick_domain::entropy::Entropy;
    use bailiwick_domain::signing::{Life, OVERLAP_SECONDS};
    use bailiwick_proof::keys::SigningKey;

    use super::*;

    fn key(seed: u8, [created, stopped]: [Option<i64>; 2]) -> SigningPublic {
        let entropy = Entropy::new(move |buffer| buffer.fill(seed));
        let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy).unwrap();
        let at = |seconds: Option<i64>| seconds.map(Timestamp::from_seconds);
        SigningPublic {
            id: key.thumbprint().to_owned(),
            duty: Duty::Token,
            algorithm: key.algorithm(),
            jwk: key.public().unwrap().to_jwk(),
            created_at: at(created).unwrap(),
            life: Life { signs_from: at(created), stopped_at: at(stopped), revoked_at: None },
        }
    }

    fn count(signing: &Signing, seconds: i64) -> (usize, i64) {
        let (issuer, until) = signing.at(Timestamp::from_seconds(seconds));
        (issuer.keys.len(), until.as_seconds())
    }

    #[test]
    fn keys_end_one_after_the_other_by_the_clock_alone() {
        let mut signing = Signing::of("http://issuer.test");
        let (first, second) = (key(1, [Some(0), Some(10)]), key(2, [Some(10), Some(20)]));
        signing.put(&[first, second, key(3, [Some(20), None])]);
        let (one, two) = (10 + OVERLAP_SECONDS, 20 + OVERLAP_SECONDS);
        let never = Timestamp::from_millis(i64::MAX).as_seconds();
        assert_eq!(count(&signing, 20), (3, one));
        assert_eq!(count(&signing, one - 1), (3, one));
        assert_eq!(count(&signing, one), (2, two));
        assert_eq!(count(&signing, two), (1, never));
    }

    #[test]
    fn what_has_ended_long_ago_is_forgotten_whether_told_at_once_or_in_turn() {
        let old = key(1, [Some(0), Some(10)]);
        let new = key(2, [Some(10 + OVERLAP_SECONDS), None]);
        let (mut at_once, mut in_turn) = (Signing::of("a"), Signing::of("a"));
        at_once.put(&[old.clone(), new.clone()]);
        in_turn.put(&[old]);
        assert_eq!(in_turn.published.len(), 1);
        in_turn.put(&[new]);
        assert!(at_once.is_like(&in_turn) && at_once.published.len() == 1);
        at_once.succeed(&in_turn);
        assert_eq!(at_once.edition(), in_turn.edition());
        at_once.put(&[key(3, [Some(0), None])]);
        assert_ne!(at_once.edition(), in_turn.edition());
    }
}
