//! Sealing to somebody else's key: HPKE (RFC 9180) in base mode, with DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256 and AES-128-GCM.
//!
//! It hides what is sealed from whoever carries it; it does not say who sealed it (section 9.1.1).

use std::fmt;

use aws_lc_rs::agreement::{PrivateKey, X25519};
use bailiwick_domain::entropy::Entropy;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_128 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey, HpkePublicKey};
use zeroize::Zeroizing;

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The recipient's public key is one with which no secret can be shared.
    #[error("the secret was not sealed: the recipient's key is no usable X25519 key")]
    Recipient,
    /// It was changed, sealed to another key, or sealed for another purpose.
    #[error("the sealed secret does not open with this key, it cannot be used")]
    Opening,
}

/// What only the recipient can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The encapsulated secret, an X25519 public key made for this one (section 4.1, `enc`).
    pub enc: [u8; 32],
    /// The ciphertext with its tag of 16 bytes.
    pub ciphertext: Vec<u8>,
}

/// Seals bytes to a recipient's X25519 public key (section 6.1, `SealBase`). `info` says what for,
/// and `aad` for which one; the recipient has to know both. The key made for it comes from the
/// cryptographic library's own generator.
pub fn seal_to(
    recipient: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Sealed, Fault> {
    let recipient = HpkePublicKey(recipient.to_vec());
    let sealed = SUITE.seal(info, aad, plaintext, &recipient).map_err(|_| Fault::Recipient)?;
    let (EncapsulatedSecret(enc), ciphertext) = sealed;
    let enc = enc.try_into().map_err(|_| Fault::Recipient)?;
    Ok(Sealed { enc, ciphertext })
}

/// Who can open what was sealed to its public key. Never printed, and erased when dropped.
pub struct Recipient {
    secret: HpkePrivateKey,
    public: [u8; 32],
}

impl Recipient {
    /// A fresh key pair, for one answer.
    pub fn generate(entropy: &Entropy) -> Result<Self, Fault> {
        Self::from_secret(&Zeroizing::new(entropy.bytes()))
    }

    /// The pair with this private key (RFC 7748, section 5: any 32 bytes).
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, Fault> {
        let private = PrivateKey::from_private_key(&X25519, secret);
        let public = private.and_then(|it| it.compute_public_key().map_err(Into::into));
        let public = public.map_err(|_| Fault::Recipient)?;
        let public = public.as_ref().try_into().map_err(|_| Fault::Recipient)?;
        Ok(Self { secret: HpkePrivateKey::from(secret.to_vec()), public })
    }

    /// The public key to seal to.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Opens what was sealed to this key with the same `info` and `aad` (section 6.1, `OpenBase`).
    pub fn open(
        &self,
        sealed: &Sealed,
        info: &[u8],
        aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let enc = EncapsulatedSecret(sealed.enc.to_vec());
        let opened = SUITE.open(&enc, info, aad, &sealed.ciphertext, &self.secret);
        opened.map(Zeroizing::new).map_err(|_| Fault::Opening)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 9180, appendix A.1.1.
    const SECRET: &str = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";
    const PUBLIC: &str = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
    const ENC: &str = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";
    const INFO: &[u8] = b"Ode on a Grecian Urn";
    const AAD: &[u8] = b"Count-0";
    const PLAIN: &[u8] = b"Beauty is truth, truth beauty";
    const CIPHERTEXT: &str = "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9\
                              6d8770ac83d07bea87e13c512a";

    fn bytes(hex: &str) -> Vec<u8> {
        let pair = |place: usize| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(pair).collect()
    }

    fn array(hex: &str) -> [u8; 32] {
        bytes(hex).try_into().unwrap()
    }

    fn published() -> (Recipient, Sealed) {
        let sealed = Sealed { enc: array(ENC), ciphertext: bytes(CIPHERTEXT) };
        (Recipient::from_secret(&array(SECRET)).unwrap(), sealed)
    }

    fn recipient(seed: u8) -> Recipient {
        Recipient::generate(&Entropy::new(move |buffer| buffer.fill(seed))).unwrap()
    }

    #[test]
    fn the_published_example_opens() {
        let (recipient, sealed) = published();
        assert_eq!(recipient.public(), &array(PUBLIC));
        assert_eq!(&*recipient.open(&sealed, INFO, AAD).unwrap(), PLAIN);
    }

    #[test]
    fn another_key_info_aad_or_text_opens_nothing() {
        let (published, sealed) = published();
        let shorter = Sealed { ciphertext: sealed.ciphertext[..15].to_vec(), ..sealed.clone() };
        let none = Sealed { ciphertext: Vec::new(), ..sealed.clone() };
        let zero = Sealed { enc: [0; 32], ..sealed.clone() };
        let other = recipient(7);
        let cases = [
            (&other, &sealed, INFO, AAD),
            (&published, &sealed, AAD, AAD),
            (&published, &sealed, INFO, INFO),
            (&published, &shorter, INFO, AAD),
            (&published, &none, INFO, AAD),
            (&published, &zero, INFO, AAD),
        ];
        for (recipient, sealed, info, aad) in cases {
            assert_eq!(recipient.open(sealed, info, aad), Err(Fault::Opening));
        }
    }

    #[test]
    fn a_public_key_of_small_order_shares_no_secret() {
        let one = array(&format!("01{}", "00".repeat(31)));
        for public in [[0; 32], one] {
            assert_eq!(seal_to(&public, INFO, AAD, PLAIN), Err(Fault::Recipient));
        }
    }

    #[test]
    fn sealing_twice_looks_different_and_shows_nothing() {
        let recipient = recipient(7);
        let seal = || seal_to(recipient.public(), INFO, AAD, PLAIN).unwrap();
        let (once, again) = (seal(), seal());
        assert_ne!(once, again);
        assert_ne!(once.enc, again.enc);
        assert!(!once.ciphertext.windows(6).any(|window| window == b"Beauty"));
        assert_eq!(format!("{recipient:?}"), "Recipient");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_was_sealed_opens_unless_a_bit_changes(
            (seed, plain, info, aad) in any::<(u8, Vec<u8>, Vec<u8>, Vec<u8>)>(),
            place in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let recipient = recipient(seed);
            let mut sealed = seal_to(recipient.public(), &info, &aad, &plain).unwrap();
            prop_assert_eq!(&*recipient.open(&sealed, &info, &aad).unwrap(), &plain);
            let place = place.index(sealed.ciphertext.len());
            sealed.ciphertext[place] ^= 1 << bit;
            prop_assert_eq!(recipient.open(&sealed, &info, &aad), Err(Fault::Opening));
        }
    }
}
