use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::{AgentId, GrantId, KeyId, TaskId, TokenId};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::jwt::{AccessToken, ClientAssertion, Confirmation, Issuer, StatusReference};
use bailiwick_proof::keys::KeyError;
use proptest::prelude::*;
use serde_json::json;

use crate::any;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

fn access(bits: u128, lifetime: i64) -> AccessToken {
    AccessToken {
        iss: "https://authority.example".into(),
        sub: "spiffe://acme.example/default/refund-processor".into(),
        aud: vec!["https://gateway.example/acme".into()],
        client_id: AgentId::from_bits(bits),
        iat: NOW,
        exp: NOW.plus_seconds(lifetime),
        jti: TokenId::from_bits(bits ^ 1),
        scope: "refunds:write tickets:read".parse().unwrap(),
        cnf: bound(bits),
        agent: "refund-processor".parse().unwrap(),
        project: "default".parse().unwrap(),
        owner: "billing \"team\"".into(),
        kind: "autonomous".parse().unwrap(),
        rate_limit: bits.is_multiple_of(3).then_some(30),
        key_id: bits.is_multiple_of(2).then_some(KeyId::from_bits(bits ^ 2)),
        grant: Some(GrantId::from_bits(bits ^ 3)),
        task: bits.is_multiple_of(3).then_some(TaskId::from_bits(bits ^ 4)),
        purpose: bits.is_multiple_of(3).then(|| "close \"stale\" tickets".into()),
        act: ["spiffe://b", "spiffe://a"].map(str::to_owned).into_iter().take(many(bits)).collect(),
        may_act: bits.is_multiple_of(5).then(|| "spiffe://c".into()),
        authorization_details: "https://a GET /x\nhttps://a GET /y/{id} /y/7"
            .lines()
            .take(many(bits))
            .collect::<Vec<_>>()
            .join("\n")
            .parse()
            .unwrap(),
        status: bits.is_multiple_of(7).then(|| StatusReference {
            uri: "https://authority.example/status-lists/1".into(),
            place: 7,
        }),
    }
}

fn many(bits: u128) -> usize {
    usize::try_from(bits % 3).unwrap()
}

fn bound(bits: u128) -> Option<Confirmation> {
    match bits % 3 {
        0 => None,
        1 => Some(Confirmation::Key("thumbprint".into())),
        _ => Some(Confirmation::Certificate("digest".into())),
    }
}

fn asymmetric() -> impl Strategy<Value = Algorithm> {
    proptest::sample::select(&[Algorithm::Ed25519, Algorithm::EcdsaP256Sha256])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_access_token_reads_back_while_it_lives(
        algorithm in asymmetric(),
        bits: u128,
        lifetime in 1_i64..=86_400,
        later in 0_i64..=90_000,
    ) {
        let key = any::key(algorithm, 1);
        let token = access(bits, lifetime);
        let text = token.sign(&key).unwrap();
        let public = |seed| any::key(algorithm, seed).public().unwrap().clone();
        let keys = vec![public(2), public(1)];
        let issuer = Issuer { issuer: token.iss.clone(), keys };
        let read = AccessToken::verify(&text, &issuer, NOW.plus_seconds(later));
        prop_assert_eq!(read, if later < lifetime { Ok(token) } else { Err(Denial::TokenExpired) });
    }

    #[test]
    fn a_token_with_a_bit_turned_is_refused(algorithm in asymmetric(), bits: u128, place: usize) {
        let key = any::key(algorithm, 1);
        let token = access(bits, 900);
        let changed = any::flip(token.sign(&key).unwrap().as_bytes(), place);
        let issuer = Issuer { issuer: token.iss, keys: vec![key.public().unwrap().clone()] };
        if let Ok(changed) = String::from_utf8(changed) {
            let read = AccessToken::verify(&changed, &issuer, NOW);
            prop_assert!(matches!(read, Err(Denial::TokenInvalid(_))), "{read:?}");
        }
    }

    #[test]
    fn an_assertion_reads_back_for_its_audience_alone(algorithm in asymmetric(), bits: u128) {
        let key = any::key(algorithm, 1);
        let exp = NOW.plus_seconds(60);
        let said = ClientAssertion { client_id: AgentId::from_bits(bits), jti: "j".into(), exp };
        let text = said.sign(&key, "https://authority.example", NOW).unwrap();
        let verify = |audience, now| {
            ClientAssertion::verify(&text, key.public().unwrap(), audience, now)
        };
        prop_assert!(verify("https://other.example", NOW).is_err());
        prop_assert_eq!(verify("https://authority.example", exp), Err(Denial::TokenExpired));
        prop_assert_eq!(verify("https://authority.example", NOW), Ok(said));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([A-Za-z0-9_.=-]{0,60}|.{0,60})") {
        prop_assert!(jws::decode(&text).is_err() && jws::header(&text).is_err());
    }
}

#[test]
fn a_shared_secret_and_a_wallet_sign_no_token() {
    for algorithm in [Algorithm::HmacSha256, Algorithm::Eip191Secp256k1] {
        let key = any::key(algorithm, 1);
        assert_eq!(jws::sign(&key, "at+jwt", &json!({})), Err(KeyError::Unsupported));
    }
}

#[test]
fn a_token_of_any_length_is_bounded() {
    let key = any::key(Algorithm::Ed25519, 1);
    for (length, fine) in [(1_000, true), (16 * 1024, false), (1024 * 1024, false)] {
        let token = jws::sign(&key, "at+jwt", &json!({"a": "a".repeat(length)})).unwrap();
        let verified = jws::verify(&token, &[Some("at+jwt")], |_| key.public());
        assert_eq!(verified.is_ok(), fine, "{length}");
    }
}

#[test]
fn a_token_whose_key_nobody_knows_is_refused() {
    let key = any::key(Algorithm::Ed25519, 1);
    let token = jws::sign(&key, "at+jwt", &json!({})).unwrap();
    assert_eq!(jws::header(&token).unwrap().kid.as_deref(), Some(key.thumbprint()));
    let verified = jws::verify(&token, &[Some("at+jwt")], |_| None);
    assert!(matches!(verified, Err(Denial::TokenInvalid(_))));
}
