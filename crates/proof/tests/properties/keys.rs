use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;
use bailiwick_proof::keys::{KeyError, MacKey, PublicKey, SigningKey, Verifier};
use proptest::prelude::*;

use crate::any;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_key_signs_its_verifier_accepts_and_nothing_near_it(
        algorithm in any::algorithm(),
        seed: u8,
        message: Vec<u8>,
        place: usize,
    ) {
        let key = any::key(algorithm, seed);
        let verifier = key.verifier();
        let signature = key.sign(&message).unwrap();
        prop_assert_eq!(verifier.algorithm(), algorithm);
        prop_assert_eq!(verifier.verify(&message, &signature), Ok(()));
        let refused = Err(Denial::SignatureInvalid);
        prop_assert_eq!(verifier.verify(&message, &any::flip(&signature, place)), refused.clone());
        prop_assert_eq!(verifier.verify(&message, &signature[1..]), refused.clone());
        let longer = [&signature[..], &[0]].concat();
        prop_assert_eq!(verifier.verify(&message, &longer), refused.clone());
        let other = any::key(algorithm, seed.wrapping_add(1)).verifier();
        prop_assert_eq!(other.verify(&message, &signature), refused.clone());
        let message = [&message[..], &[0]].concat();
        prop_assert_eq!(verifier.verify(&message, &signature), refused);
    }

    #[test]
    fn a_written_key_reads_back(algorithm in any::algorithm(), seed: u8) {
        let key = any::key(algorithm, seed);
        let again = SigningKey::from_jwk(&key.to_jwk()).unwrap();
        prop_assert_eq!(again.to_jwk(), key.to_jwk());
        prop_assert_eq!(again.thumbprint(), key.thumbprint());
        prop_assert_eq!(again.algorithm(), algorithm);
        if let Some(public) = key.public() {
            let read = PublicKey::from_jwk(&public.to_jwk()).unwrap();
            prop_assert_eq!(&read, public);
            prop_assert_eq!(read.thumbprint(), key.thumbprint());
            let refused = PublicKey::from_jwk(&key.to_jwk()).unwrap_err();
            prop_assert_eq!(refused, KeyError::Private);
        }
    }

    #[test]
    fn a_key_is_never_printed(algorithm in any::algorithm(), seed: u8) {
        let key = any::key(algorithm, seed);
        let printed = format!("{key:?} {:?}", key.verifier());
        let jwk = key.to_jwk();
        let secret = jwk.split("\"d\":\"").nth(1).or(jwk.split("\"k\":\"").nth(1)).unwrap();
        let secret = secret.split('"').next().unwrap();
        prop_assert!(secret.len() == 43 && !printed.contains(secret));
        prop_assert!(printed.contains(key.thumbprint()));
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in ".{0,200}") {
        prop_assert!(PublicKey::from_jwk(&text).is_err());
        prop_assert!(SigningKey::from_jwk(&text).is_err());
    }

    #[test]
    fn no_coordinates_make_the_readers_panic(kind in "OKP|EC|oct|RSA", x in "[A-Za-z0-9_-]{43}") {
        let jwk = format!(
            r#"{{"kty":"{kind}","crv":"{}","x":"{x}","y":"{x}","d":"{x}","k":"{x}"}}"#,
            if kind == "EC" { "P-256" } else { "Ed25519" },
        );
        let _ = SigningKey::from_jwk(&jwk);
        let public = jwk.replace("\"d\"", "\"e\"").replace("\"k\"", "\"l\"");
        let _ = PublicKey::from_jwk(&public);
    }
}

#[test]
fn the_same_entropy_makes_the_same_key() {
    for algorithm in any::ALGORITHMS {
        assert_eq!(any::key(algorithm, 1).to_jwk(), any::key(algorithm, 1).to_jwk());
        assert_ne!(any::key(algorithm, 1).to_jwk(), any::key(algorithm, 2).to_jwk());
    }
}

#[test]
fn a_shared_secret_has_a_length_that_is_neither_weak_nor_a_burden() {
    for (length, fine) in [(0, false), (31, false), (32, true), (128, true), (129, false)] {
        assert_eq!(MacKey::new(&vec![7; length]).is_ok(), fine, "{length}");
    }
}

#[test]
fn a_thumbprint_tells_nothing_of_a_shared_secret_but_which_it_is() {
    let (one, other) = (MacKey::new(&[1; 32]).unwrap(), MacKey::new(&[2; 32]).unwrap());
    assert_ne!(one.thumbprint(), other.thumbprint());
    assert_eq!(one.thumbprint(), MacKey::new(&[1; 32]).unwrap().thumbprint());
    assert_eq!(Verifier::Mac(one).algorithm(), Algorithm::HmacSha256);
}
