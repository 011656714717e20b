//! Sealed bytes: AES-256-GCM (NIST SP 800-38D) under the installation's key.
//!
//! A sealed value is a version byte, a random nonce of 96 bits, the ciphertext and a tag of 128
//! bits. Version and purpose are authenticated with it: what was sealed for one purpose opens for
//! no other. With random nonces one key is good for 2³² seals (section 8.3), far beyond the number
//! of an installation's secrets.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use bailiwick_domain::entropy::Entropy;
use zeroize::{Zeroize as _, Zeroizing};

const VERSION: u8 = 1;

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The cipher refused to work.
    #[error("the secret could not be sealed")]
    Sealing,
    /// It was sealed by a program of another version, or it is no sealed value.
    #[error("the sealed value has an unknown form, the secret cannot be used")]
    Form,
    /// It was changed, sealed under another key, or sealed for another purpose.
    #[error(
        "the sealed value does not open with this installation's key, the secret cannot be used"
    )]
    Opening,
}

/// Seals and opens with the installation's key.
pub struct Sealer(LessSafeKey);

impl Sealer {
    /// A sealer with this key, which must be unpredictable and stay so.
    pub fn new(mut key: [u8; 32]) -> Result<Self, Fault> {
        let unbound = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| Fault::Sealing);
        key.zeroize();
        Ok(Self(LessSafeKey::new(unbound?)))
    }

    /// Seals bytes for one purpose, say `key key_01h…`.
    pub fn seal(&self, plain: &[u8], purpose: &str, entropy: &Entropy) -> Result<Vec<u8>, Fault> {
        let nonce: [u8; NONCE_LEN] = entropy.bytes();
        let mut text = Zeroizing::new(plain.to_vec());
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::from(&nonce), bind(purpose), &mut text)
            .map_err(|_| Fault::Sealing)?;
        Ok([&[VERSION], &nonce[..], &text, tag.as_ref()].concat())
    }

    /// Opens what was sealed for the same purpose.
    pub fn open(&self, sealed: &[u8], purpose: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let (version, rest) = sealed.split_first().ok_or(Fault::Form)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Fault::Form)?;
        if *version != VERSION || text.len() < AES_256_GCM.tag_len() {
            return Err(Fault::Form);
        }
        let mut text = Zeroizing::new(text.to_vec());
        let opened = self.0.open_in_place(Nonce::from(nonce), bind(purpose), &mut text);
        let length = opened.map_err(|_| Fault::Opening)?.len();
        text.truncate(length);
        Ok(text)
    }
}

fn bind(purpose: &str) -> Aad<Vec<u8>> {
    Aad::from([&[VERSION], purpose.as_bytes()].concat())
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    fn entropy() -> Entropy {
        let next = AtomicU8::new(0);
        Entropy::new(move |buffer| buffer.fill(next.fetch_add(1, Ordering::Relaxed)))
    }

    fn sealer(key: u8) -> Sealer {
        Sealer::new([key; 32]).unwrap()
    }

    fn check(sealed: &[u8], purpose: &str, expected: Result<&[u8], Fault>) {
        let opened = sealer(7).open(sealed, purpose);
        assert_eq!(opened.as_ref().map(|plain| plain.as_slice()), expected.as_ref().copied());
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(plain: Vec<u8>, purpose: String) {
            let sealed = sealer(7).seal(&plain, &purpose, &entropy()).unwrap();
            prop_assert_eq!(&*sealer(7).open(&sealed, &purpose).unwrap(), &plain);
        }

        #[test]
        fn any_changed_bit_is_noticed(plain: Vec<u8>, place: prop::sample::Index, bit in 0..8_u8) {
            let mut sealed = sealer(7).seal(&plain, "x", &entropy()).unwrap();
            let place = place.index(sealed.len());
            sealed[place] ^= 1 << bit;
            prop_assert!(sealer(7).open(&sealed, "x").is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(sealed: Vec<u8>) {
            prop_assert!(sealer(7).open(&sealed, "x").is_err());
        }
    }

    #[test]
    fn another_key_purpose_or_form_opens_nothing() {
        let sealed = sealer(7).seal(b"secret", "key a", &entropy()).unwrap();
        check(&sealed, "key a", Ok(b"secret"));
        check(&sealed, "key b", Err(Fault::Opening));
        check(&sealed, "", Err(Fault::Opening));
        check(&sealed[..sealed.len() - 1], "key a", Err(Fault::Opening));
        check(&[&sealed[..], b"x"].concat(), "key a", Err(Fault::Opening));
        check(&sealed[..28], "key a", Err(Fault::Form));
        check(b"", "key a", Err(Fault::Form));
        check(&[&[2], &sealed[1..]].concat(), "key a", Err(Fault::Form));
        assert_eq!(sealer(8).open(&sealed, "key a").map(drop), Err(Fault::Opening));
    }

    #[test]
    fn sealing_twice_looks_different_and_shows_nothing() {
        let (sealer, entropy) = (sealer(7), entropy());
        let once = sealer.seal(b"secret", "x", &entropy).unwrap();
        assert_ne!(once, sealer.seal(b"secret", "x", &entropy).unwrap());
        assert!(!once.windows(6).any(|window| window == b"secret"));
        assert_eq!(format!("{sealer:?}"), "Sealer");
    }
}
