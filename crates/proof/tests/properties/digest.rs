use bailiwick_domain::denial::Denial;
use bailiwick_proof::digest::{CONTENT_DIGEST, Expected, Hashing, header_value};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use crate::any;

fn expected(value: &[u8]) -> Result<Option<Expected>, Denial> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_DIGEST, HeaderValue::from_bytes(value).unwrap());
    Expected::find(&headers)
}

fn finish(expected: Option<Expected>, pieces: &[&[u8]]) -> Result<[u8; 32], Denial> {
    let mut hashing = Hashing::new(expected);
    for piece in pieces {
        hashing.update(piece);
    }
    hashing.finish()
}

proptest! {
    #[test]
    fn a_body_has_its_digest_however_it_is_cut(body: Vec<u8>, cut: usize) {
        let written = header_value(&body);
        let (front, back) = body.split_at(cut % (body.len() + 1));
        let whole = finish(None, &[&body]).unwrap();
        let found = expected(written.as_bytes()).unwrap();
        prop_assert_eq!(finish(found, &[front, back]), Ok(whole));
    }

    #[test]
    fn a_body_that_differs_in_one_bit_has_another_digest(
        body in proptest::collection::vec(any::<u8>(), 1..200),
        place: usize,
    ) {
        let found = expected(header_value(&body).as_bytes()).unwrap();
        prop_assert_eq!(finish(found, &[&any::flip(&body, place)]), Err(Denial::DigestMismatch));
    }

    #[test]
    fn no_field_makes_the_reader_panic(value in "[ -~\t]{0,200}") {
        let _ = expected(value.as_bytes());
    }

    #[test]
    fn a_changed_field_never_stands_for_the_same_body_under_another_digest(
        body: Vec<u8>,
        place: usize,
    ) {
        let written = header_value(&body);
        let changed = any::flip(written.as_bytes(), place);
        prop_assume!(HeaderValue::from_bytes(&changed).is_ok());
        if let Ok(found) = expected(&changed) {
            let same = found == expected(written.as_bytes()).unwrap();
            let outcome = finish(found.clone(), &[&body]);
            prop_assert_eq!(outcome.is_ok(), same || found.is_none());
        }
    }
}

#[test]
fn a_field_of_any_length_is_bounded() {
    let long = format!("md5=:{}:", "A".repeat(5_000));
    assert!(matches!(expected(long.as_bytes()), Err(Denial::RequestMalformed(_))));
}
