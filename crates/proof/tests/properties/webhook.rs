use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::MacKey;
use bailiwick_proof::webhook::{self, Presented, Signing, X_SIGNATURE};
use http::{HeaderMap, HeaderValue, Method};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::any;

fn key() -> MacKey {
    MacKey::new(&[7; 32]).unwrap()
}

fn method() -> impl Strategy<Value = Method> {
    let extension = Method::from_bytes(b"X.GET").unwrap();
    select(vec![Method::GET, Method::HEAD, Method::DELETE, Method::POST, Method::PUT, extension])
}

/// Targets and bodies in which a dot is likely, and could be on either side.
fn target() -> impl Strategy<Value = String> {
    "/[a./?=]{0,6}"
}

fn body() -> impl Strategy<Value = String> {
    "[a./?=]{0,6}"
}

fn find(value: &[u8]) -> Result<Option<Presented>, Denial> {
    let mut headers = HeaderMap::new();
    headers.insert(X_SIGNATURE, HeaderValue::from_bytes(value).unwrap());
    Presented::find(&headers)
}

fn check(value: &[u8], method: &Method, target: &str, pieces: &[&[u8]]) -> Result<(), Denial> {
    let presented = find(value)?.unwrap();
    let mut checking = presented.begin(&key(), method, target)?;
    for piece in pieces {
        checking.update(piece);
    }
    checking.finish()
}

fn signing<'a>(method: &'a Method, target: &'a str, named: Option<KeyId>) -> Signing<'a> {
    let at = Timestamp::from_seconds(1_618_884_473);
    Signing { at, nonce: "b3k2pp5k7z-50gnwp_yemd", key: named, method, target }
}

proptest! {
    #[test]
    fn what_is_signed_verifies_however_the_body_is_cut(
        (method, target, body) in (method(), target(), vec(any::<u8>(), 0..200)),
        named in any::<Option<u128>>(),
        cut: usize,
    ) {
        let named = named.map(KeyId::from_bits);
        let signed = webhook::sign(&key(), &signing(&method, &target, named), &body);
        prop_assume!(signed.is_ok());
        let value = signed.unwrap();
        let (front, back) = body.split_at(cut % (body.len() + 1));
        prop_assert_eq!(find(value.as_bytes()).unwrap().unwrap().key(), named);
        prop_assert_eq!(check(value.as_bytes(), &method, &target, &[front, back]), Ok(()));
    }

    #[test]
    fn one_signature_is_good_for_one_request(
        (method, target, body) in (method(), target(), body()),
        (other_method, other_target, other_body) in (method(), target(), body()),
    ) {
        let signed = webhook::sign(&key(), &signing(&method, &target, None), body.as_bytes());
        prop_assume!(signed.is_ok());
        let pieces: [&[u8]; 1] = [other_body.as_bytes()];
        let outcome = check(signed.unwrap().as_bytes(), &other_method, &other_target, &pieces);
        let same = (method, target, body) == (other_method, other_target, other_body);
        prop_assert_eq!(outcome.is_ok(), same);
    }

    /// The same bytes under the HMAC, split at another dot than the one the signer split them at.
    #[test]
    fn no_dot_moves_between_target_and_body(
        method in method(),
        text in "/a{0,3}[.][a.]{0,8}[.]",
        index: prop::sample::Index,
    ) {
        let mut dots: Vec<usize> = text.match_indices('.').map(|(place, _)| place).collect();
        let bodiless = [Method::GET, Method::HEAD, Method::DELETE].contains(&method);
        let own = dots.remove(if bodiless { dots.len() - 1 } else { 0 });
        let split = |dot: usize| (&text[..dot], &text.as_bytes()[dot + 1..]);
        let (target, body) = split(own);
        let signed = webhook::sign(&key(), &signing(&method, target, None), body).unwrap();
        prop_assert_eq!(check(signed.as_bytes(), &method, target, &[body]), Ok(()));
        let (target, body) = split(*index.get(&dots));
        prop_assert!(check(signed.as_bytes(), &method, target, &[body]).is_err());
    }

    #[test]
    fn a_changed_field_verifies_no_more(place: usize, body in vec(any::<u8>(), 0..50)) {
        let signed = webhook::sign(&key(), &signing(&Method::POST, "/a", None), &body).unwrap();
        let changed = any::flip(signed.as_bytes(), place);
        prop_assume!(HeaderValue::from_bytes(&changed).is_ok());
        prop_assert!(check(&changed, &Method::POST, "/a", &[&body]).is_err());
    }

    #[test]
    fn no_field_makes_the_reader_panic(value in "([tnvk]1?=[ -~]{0,40},?){0,5}") {
        let _ = find(value.as_bytes());
    }
}
