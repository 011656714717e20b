use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::{Expectation, JwtSvid, SvidExpectation, WorkloadToken};
use bailiwick_proof::keys::{Bounds, IssuerAlgorithm, IssuerKeys};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::any;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
const ALL: &[IssuerAlgorithm] = &IssuerAlgorithm::RSA;
const BOUNDS: Bounds<'_> = Bounds { max_bytes: 16 * 1024, max_keys: 4, rsa: ALL };

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

type Sign = dyn Fn(&[u8]) -> Vec<u8>;

/// An issuer's key, as it publishes it, and a way to sign with it.
struct Issuing {
    alg: &'static str,
    jwk: Value,
    sign: Box<Sign>,
}

impl Issuing {
    fn every() -> Vec<Self> {
        vec![
            Self::rsa("RS256"),
            Self::rsa("RS384"),
            Self::rsa("RS512"),
            Self::rsa("PS256"),
            Self::rsa("PS384"),
            Self::rsa("PS512"),
            Self::ecdsa("ES256"),
            Self::ecdsa("ES384"),
            Self::ecdsa("ES512"),
            Self::ed25519(),
        ]
    }

    fn rsa(alg: &'static str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let padding = match alg {
            "RS256" => &RSA_PKCS1_SHA256,
            "RS384" => &RSA_PKCS1_SHA384,
            "RS512" => &RSA_PKCS1_SHA512,
            "PS256" => &RSA_PSS_SHA256,
            "PS384" => &RSA_PSS_SHA384,
            _ => &RSA_PSS_SHA512,
        };
        let (n, e) = rsa_parts(pair.public_key().as_ref());
        let jwk = json!({"kty": "RSA", "n": encode(&n), "e": encode(&e)});
        let sign = move |message: &[u8]| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        };
        Self { alg, jwk, sign: Box::new(sign) }
    }

    fn ecdsa(alg: &'static str) -> Self {
        let (scheme, crv, length) = match alg {
            "ES256" => (&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256", 32),
            "ES384" => (&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384", 48),
            _ => (&ECDSA_P521_SHA512_FIXED_SIGNING, "P-521", 66),
        };
        let pair = EcdsaKeyPair::generate(scheme).unwrap();
        let point = pair.public_key().as_ref()[1..].to_vec();
        let (x, y) = point.split_at(length);
        let jwk = json!({"kty": "EC", "crv": crv, "x": encode(x), "y": encode(y)});
        let sign = move |message: &[u8]| {
            pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
        };
        Self { alg, jwk, sign: Box::new(sign) }
    }

    fn ed25519() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())});
        let sign = move |message: &[u8]| pair.sign(message).as_ref().to_vec();
        Self { alg: "EdDSA", jwk, sign: Box::new(sign) }
    }

    fn keys(&self) -> IssuerKeys {
        IssuerKeys::from_jwks(&json!({"keys": [self.jwk]}).to_string(), &BOUNDS).unwrap()
    }

    fn token(&self, claims: &Value) -> String {
        let header = encode(json!({"alg": self.alg}).to_string().as_bytes());
        let signed = format!("{header}.{}", encode(claims.to_string().as_bytes()));
        let signature = (self.sign)(signed.as_bytes());
        format!("{signed}.{}", encode(&signature))
    }
}

/// Modulus and exponent out of an `RSAPublicKey` (RFC 8017, appendix A.1.1) of 2048 bits.
fn rsa_parts(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let modulus = der[9..9 + 256].to_vec();
    (modulus, der[9 + 256 + 2..].to_vec())
}

fn claims() -> Value {
    json!({
        "iss": "https://issuer.example", "sub": "spiffe://example.org/refunds",
        "aud": "https://authority.example", "iat": 1_700_000_000, "exp": 1_700_000_300,
    })
}

fn workload(token: &str, keys: &IssuerKeys) -> Result<WorkloadToken, Denial> {
    let expected = Expectation {
        issuer: "https://issuer.example",
        audience: "https://authority.example",
        now: NOW,
        skew_seconds: 5,
        max_lifetime_seconds: 300,
    };
    WorkloadToken::verify(token, keys, &expected)
}

#[test]
fn what_an_issuer_signs_verifies_and_nothing_near_it() {
    let issuers = Issuing::every();
    for (index, issuer) in issuers.iter().enumerate() {
        let (keys, token) = (issuer.keys(), issuer.token(&claims()));
        let read = workload(&token, &keys).unwrap();
        assert_eq!(read.subject(), "spiffe://example.org/refunds", "{}", issuer.alg);
        for place in (0..token.len() * 8).step_by(97) {
            let changed = any::flip(token.as_bytes(), place);
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let read = workload(&changed, &keys);
            assert!(matches!(read, Err(Denial::TokenInvalid(_))), "{} {changed}", issuer.alg);
        }
        for (_, other) in issuers.iter().enumerate().filter(|(other, _)| *other != index) {
            assert!(workload(&token, &other.keys()).is_err(), "{} {}", issuer.alg, other.alg);
        }
    }
}

#[test]
fn a_key_that_names_its_algorithm_verifies_no_other() {
    let names = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    for signed in names {
        let mut issuer = Issuing::rsa(signed);
        let token = issuer.token(&claims());
        for pinned in names {
            issuer.jwk["alg"] = pinned.into();
            let read = workload(&token, &issuer.keys());
            assert_eq!(read.is_ok(), signed == pinned, "{signed} {pinned}");
        }
    }
}

#[test]
fn an_svid_is_signed_by_what_the_standard_lists() {
    let expected = SvidExpectation {
        trust_domain: "example.org",
        audience: "https://authority.example",
        now: NOW,
        skew_seconds: 5,
    };
    for mut issuer in Issuing::every() {
        issuer.jwk["kid"] = "1".into();
        issuer.jwk["use"] = "jwt-svid".into();
        let bundle = json!({"spiffe_sequence": 1, "keys": [issuer.jwk]}).to_string();
        let keys = IssuerKeys::from_bundle(&bundle, &BOUNDS).unwrap();
        let read = JwtSvid::verify(&issuer.token(&claims()), &keys, &expected);
        assert_eq!(read.is_ok(), issuer.alg != "EdDSA", "{} {read:?}", issuer.alg);
        let jwks = IssuerKeys::from_jwks(&bundle, &BOUNDS).unwrap();
        assert!(jwks.is_empty(), "a key for JWT-SVIDs signs nothing else");
    }
}

#[test]
fn the_signatures_of_the_standard_verify() {
    let check = |jwk: Value, alg: &str, token: &str| {
        let keys = IssuerKeys::from_jwks(&json!({"keys": [jwk]}).to_string(), &BOUNDS).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let algorithm = IssuerAlgorithm::from_name(alg).unwrap();
        let key = keys.find(None).unwrap();
        assert_eq!(key.verify(algorithm, signed.as_bytes(), &signature), Ok(()), "{alg}");
        assert!(key.verify(algorithm, &signed.as_bytes()[1..], &signature).is_err(), "{alg}");
    };
    // RFC 7515, appendix A.2.
    check(
        json!({"kty": "RSA", "e": "AQAB", "n": concat!(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz",
            "P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6",
            "3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5Zw",
            "Kh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW",
            "yuXpoQ",
        )}),
        "RS256",
        concat!(
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leG",
            "FtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJ",
            "bu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynR",
            "FdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d",
            "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98r",
            "qVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        ),
    );
    // RFC 7515, appendix A.4.
    check(
        json!({"kty": "EC", "crv": "P-521",
            "x": concat!(
                "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4",
                "qUxcWceqwQGk",
            ),
            "y": concat!(
                "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9u",
                "bmf63e3kyMj2",
            ),
        }),
        "ES512",
        concat!(
            "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI",
            "1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyq",
            "OgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
        ),
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_of_keys_panic(text in ".{0,200}") {
        prop_assert!(IssuerKeys::from_jwks(&text, &BOUNDS).is_err());
    }

    #[test]
    fn no_members_make_the_reader_of_keys_panic(
        kty in "RSA|EC|OKP|oct|X",
        crv in "P-256|P-384|P-521|Ed25519|X",
        number in "[A-Za-z0-9_-]{0,100}",
        exponent in "[A-Za-z0-9_-]{0,8}",
        alg in "RS256|ES384|EdDSA|X",
    ) {
        let jwk = json!({
            "kty": kty, "crv": crv, "x": number, "y": number, "n": number, "e": exponent,
            "alg": alg,
        });
        let _ = IssuerKeys::from_jwks(&json!({"keys": [jwk]}).to_string(), &BOUNDS);
    }
}

#[test]
fn a_key_set_is_bounded() {
    let of = |count: usize, padding: usize| {
        let key = json!({"kty": "X", "padding": "a".repeat(padding)});
        IssuerKeys::from_jwks(&json!({"keys": vec![key; count]}).to_string(), &BOUNDS)
    };
    assert!(of(4, 0).is_ok());
    assert!(of(5, 0).is_err());
    assert!(of(1, 16 * 1024).is_err());
}
