use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::dpop::{self, Expectation, Invalid, Nonces, Refused, Signing};
use bailiwick_proof::keys::KeyError;
use bailiwick_proof::message::Window;
use bailiwick_proof::sign::Unsigned;
use http::HeaderMap;
use proptest::prelude::*;

use crate::any;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

fn signing() -> Signing<'static> {
    Signing {
        method: "POST",
        url: "https://Gateway.Example/acme/refunds?x=1#y",
        token: Some("token"),
        nonce: None,
        jti: "jti",
        now: NOW,
    }
}

fn expected() -> Expectation<'static> {
    Expectation {
        method: "POST",
        scheme: "https",
        authority: "gateway.example:443",
        path: "/acme/refunds",
        token: Some("token"),
        now: NOW,
        window: Window { window_seconds: 60, skew_seconds: 5 },
        nonces: None,
    }
}

fn asymmetric() -> impl Strategy<Value = Algorithm> {
    proptest::sample::select(&[Algorithm::Ed25519, Algorithm::EcdsaP256Sha256])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_verifies_in_its_time(
        algorithm in asymmetric(),
        seed: u8,
        jti in ".{1,64}",
        secret: [u8; 32],
        later in -10_i64..=100,
    ) {
        let key = any::key(algorithm, seed);
        let nonces = Nonces::new(&secret);
        let now = NOW.plus_seconds(later);
        let nonce = nonces.issue(now);
        let signing = Signing { jti: &jti, nonce: Some(&nonce), ..signing() };
        let proof = dpop::sign(&key, &signing).unwrap();
        let read = dpop::verify(&proof, &Expectation { now, nonces: Some(&nonces), ..expected() });
        match later {
            ..-5 => prop_assert_eq!(read, Err(Refused::InvalidProof(Invalid::NotYetValid))),
            66.. => prop_assert_eq!(read, Err(Refused::InvalidProof(Invalid::Expired))),
            _ => {
                let proven = read.unwrap();
                prop_assert_eq!(proven.jkt, key.thumbprint());
                prop_assert_eq!((proven.jti, proven.alg), (jti, algorithm));
                prop_assert_eq!((proven.iat, proven.until), (NOW, NOW.plus_seconds(65)));
            }
        }
    }

    #[test]
    fn a_proof_with_a_bit_turned_is_refused(algorithm in asymmetric(), place: usize) {
        let proof = dpop::sign(&any::key(algorithm, 1), &signing()).unwrap();
        if let Ok(changed) = String::from_utf8(any::flip(proof.as_bytes(), place)) {
            let read = dpop::verify(&changed, &expected());
            prop_assert!(matches!(read, Err(Refused::InvalidProof(_))), "{read:?}");
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([A-Za-z0-9_.=-]{0,60}|.{0,60})") {
        prop_assert!(dpop::verify(&text, &expected()).is_err());
    }
}

#[test]
fn a_proof_is_for_one_request_and_one_token() {
    let proof = dpop::sign(&any::key(Algorithm::Ed25519, 1), &signing()).unwrap();
    assert!(dpop::verify(&proof, &expected()).is_ok());
    assert!(dpop::verify(&proof, &Expectation { token: None, ..expected() }).is_ok());
    for other in [
        Expectation { method: "GET", ..expected() },
        Expectation { scheme: "http", ..expected() },
        Expectation { authority: "gateway.example:444", ..expected() },
        Expectation { path: "/acme/refunds/", ..expected() },
        Expectation { path: "/acme/refunds/../payroll", ..expected() },
        Expectation { token: Some("other"), ..expected() },
    ] {
        let read = dpop::verify(&proof, &other);
        assert!(
            matches!(read, Err(Refused::InvalidProof(Invalid::Other(_)))),
            "{other:?} {read:?}"
        );
    }
    let nonces = Nonces::new(&[7; 32]);
    let read = dpop::verify(&proof, &Expectation { nonces: Some(&nonces), ..expected() });
    assert_eq!(read, Err(Refused::UseNonce));
}

#[test]
fn there_is_at_most_one_field() {
    let mut headers = HeaderMap::new();
    assert_eq!(dpop::find(&headers), Ok(None));
    headers.append("DPoP", "a.b.c".parse().unwrap());
    assert_eq!(dpop::find(&headers), Ok(Some("a.b.c")));
    headers.append("dpop", "a.b.c".parse().unwrap());
    assert!(matches!(dpop::find(&headers), Err(Refused::InvalidProof(Invalid::Malformed(_)))));
}

#[test]
fn what_no_server_could_accept_is_not_signed() {
    let secret = any::key(Algorithm::HmacSha256, 1);
    assert_eq!(dpop::sign(&secret, &signing()), Err(Unsigned::Key(KeyError::Unsupported)));
    let key = any::key(Algorithm::Ed25519, 1);
    for url in ["/acme/refunds", "ftp://gateway.example/", "https://u@gateway.example/"] {
        let signed = dpop::sign(&key, &Signing { url, ..signing() });
        assert!(matches!(signed, Err(Unsigned::Unwritable(_))), "{url}");
    }
}
