//! Nonces that a server gives out for proofs (RFC 9449, section 8): a proof that carries one was
//! not made long before it is used. Nothing is kept for them; each is what the secret makes of the
//! time.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use bailiwick_domain::time::Timestamp;

use crate::base64url;

/// How long one nonce is given out, in seconds. It is accepted as long again.
pub const SLOT_SECONDS: i64 = 180;
/// How many bytes of the HMAC a nonce has; 22 characters.
const TAG_BYTES: usize = 16;
/// What keeps these tags apart from whatever else the secret may be used for.
const LABEL: &[u8] = b"bailiwick dpop nonce";

/// Gives out nonces, and knows them again. Servers that share the secret share the nonces.
#[derive(Clone)]
pub struct Nonces(Key);

impl Nonces {
    /// The nonces of this secret, which only servers know.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    /// The nonce to send in `DPoP-Nonce`: the same for a whole slot, for every client.
    pub fn issue(&self, now: Timestamp) -> String {
        base64url::encode(&self.tag(slot(now)))
    }

    /// Whether the nonce was given out in this slot or the one before it.
    pub fn accepts(&self, nonce: &str, now: Timestamp) -> bool {
        let same = |slot| {
            let issued = base64url::encode(&self.tag(slot));
            verify_slices_are_equal(issued.as_bytes(), nonce.as_bytes()).is_ok()
        };
        let current = slot(now);
        same(current) || same(current.saturating_sub(1))
    }

    fn tag(&self, slot: i64) -> Vec<u8> {
        let tag = sign(&self.0, &[LABEL, &slot.to_be_bytes()].concat());
        tag.as_ref().iter().copied().take(TAG_BYTES).collect()
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces")
    }
}

fn slot(now: Timestamp) -> i64 {
    now.as_seconds().div_euclid(SLOT_SECONDS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_nonce_is_accepted_in_its_slot_and_the_next(
            secret: [u8; 32],
            start in -1_000_i64..4_000_000_000,
            later in 0..4 * SLOT_SECONDS,
        ) {
            let nonces = Nonces::new(&secret);
            let issued = Timestamp::from_seconds(start);
            let nonce = nonces.issue(issued);
            prop_assert_eq!(nonce.len(), 22);
            let now = issued.plus_seconds(later);
            let accepted = slot(now) - slot(issued) <= 1;
            prop_assert_eq!(nonces.accepts(&nonce, now), accepted);
            prop_assert_eq!(nonces.issue(now) == nonce, slot(now) == slot(issued));
            prop_assert!(!nonces.accepts(&nonce, issued.plus_seconds(-SLOT_SECONDS)));
        }

        #[test]
        fn a_nonce_of_another_secret_is_refused(secret: [u8; 32], seconds in 0_i64..4_000_000) {
            let now = Timestamp::from_seconds(seconds);
            let mut other = secret;
            other[0] ^= 1;
            prop_assert!(!Nonces::new(&secret).accepts(&Nonces::new(&other).issue(now), now));
        }

        #[test]
        fn no_text_is_taken_for_a_nonce(text in "[A-Za-z0-9_-]{0,30}|.{0,10}") {
            prop_assert!(!Nonces::new(&[7; 32]).accepts(&text, Timestamp::from_seconds(1)));
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Nonces::new(&[7; 32])), "Nonces");
    }
}
