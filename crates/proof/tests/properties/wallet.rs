use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::digest::{CONTENT_DIGEST, header_value};
use bailiwick_proof::keys::{Address, KeyError, SigningKey};
use bailiwick_proof::message::{self, Request, SIGNATURE, SIGNATURE_INPUT, Window};
use bailiwick_proof::sign::Unsigned;
use bailiwick_proof::wallet::{
    Account, Accounts, Candidates, Generation, Means, Presented, Progress, Refused, Signing, sign,
};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use crate::any;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
const WINDOW: Window = Window { window_seconds: 60, skew_seconds: 5 };
const NONCE: &str = "EjRWeJCrze8BI0VniavN7w";
/// Fields first, so that a bit can be turned in each by its place.
const PARTS: usize = 9;

fn key(seed: u8) -> SigningKey {
    any::key(Algorithm::Eip191Secp256k1, seed)
}

/// A request that owns its parts, so that each can be changed.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    scheme: String,
    authority: String,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
}

impl Sent {
    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            scheme: &self.scheme,
            authority: &self.authority,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &self.headers,
        }
    }

    fn signed(mut self, generation: Generation, chain: u64) -> Self {
        let expires = NOW.plus_seconds(60);
        let signing = Signing { generation, chain, created: NOW, expires, nonce: NONCE };
        let signed = sign(&self.request(), &key(1), &signing).unwrap();
        self.headers.insert(SIGNATURE_INPUT, signed.signature_input.parse().unwrap());
        self.headers.insert(SIGNATURE, signed.signature.parse().unwrap());
        self
    }

    fn check(&self) -> Result<Account, Refused> {
        let candidates = Candidates::find(&self.headers)?.ok_or(Refused::SignatureMissing)?;
        let request = self.request();
        let (presented, ()) = candidates.select(|it| verify(it, &request))?;
        Ok(presented.account())
    }

    /// The same request with one bit turned in one covered part, if that can be sent at all.
    fn changed(&self, part: usize, place: usize) -> Option<Self> {
        let mut changed = self.clone();
        let turned = |text: &str| String::from_utf8(any::flip(text.as_bytes(), place)).ok();
        match part {
            0 => changed.method = turned(&self.method)?,
            1 => changed.scheme = turned(&self.scheme)?,
            2 => changed.authority = turned(&self.authority)?,
            3 => changed.path = turned(&self.path)?,
            4 => changed.query = Some(turned(self.query.as_deref()?)?),
            _ => {
                let fields = [
                    CONTENT_DIGEST,
                    http::header::CONTENT_TYPE,
                    http::header::AUTHORIZATION,
                    SIGNATURE_INPUT,
                    SIGNATURE,
                ];
                let name = fields.get(part - 5)?;
                let value = any::flip(self.headers.get(name)?.as_bytes(), place);
                changed.headers.insert(name, HeaderValue::from_bytes(&value).ok()?);
            }
        }
        Some(changed)
    }
}

fn verify(presented: &Presented, request: &Request<'_>) -> Result<(), Refused> {
    presented.check_window(NOW, &WINDOW)?;
    presented.check_coverage(request, true)?;
    presented.nonce()?;
    match presented.begin(request, Accounts::Offline)? {
        Progress::Verified(Means::Key) => Ok(()),
        other => panic!("{other:?}"),
    }
}

prop_compose! {
    fn any_sent()(
        method in "[A-Z]{1,8}",
        scheme in "https?",
        authority in "[a-z0-9.-]{1,20}(:8[0-9]{3})?",
        path in "/[a-zA-Z0-9/._~%-]{0,30}",
        query in proptest::option::of("[a-zA-Z0-9=&%+]{1,30}"),
        token in "[a-zA-Z0-9._-]{1,40}",
        kind in "[a-z/+]{1,20}",
        body: Vec<u8>,
    ) -> Sent {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_DIGEST, header_value(&body).parse().unwrap());
        headers.insert(http::header::CONTENT_TYPE, kind.parse().unwrap());
        headers.insert(http::header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        Sent { method, scheme, authority, path, query, headers }
    }
}

fn any_generation() -> impl Strategy<Value = Generation> {
    proptest::sample::select(&[Generation::One, Generation::Two])
}

/// Whether the two requests differ only in what the first generation does not cover.
fn is_uncovered(generation: Generation, part: usize) -> bool {
    generation == Generation::One && matches!(part, 1 | 6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_a_wallet_signs_verifies(
        sent in any_sent(),
        generation in any_generation(),
        chain: u64,
    ) {
        let signed = sent.signed(generation, chain);
        let account = Account { chain, address: *key(1).address().unwrap() };
        prop_assert_eq!(signed.check(), Ok(account));
        let ordinary = message::Presented::find(&signed.headers).unwrap().unwrap();
        prop_assert_eq!(ordinary.verify(&signed.request(), &key(1).verifier()), Ok(()));
        let refused = ordinary.verify(&signed.request(), &key(2).verifier());
        prop_assert_eq!(refused, Err(Denial::SignatureInvalid));
    }

    #[test]
    fn a_bit_turned_in_anything_covered_is_refused(
        sent in any_sent(),
        generation in any_generation(),
        part in 0_usize..PARTS + 1,
        place: usize,
    ) {
        let signed = sent.signed(generation, 1);
        let Some(changed) = signed.changed(part, place) else { return Ok(()) };
        prop_assume!(!is_uncovered(generation, part));
        // An authority or a scheme in another case is the same one.
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        prop_assume!(part != 1 || !same(&changed.scheme, &signed.scheme));
        prop_assume!(part != 2 || !same(&changed.authority, &signed.authority));
        // Base64 has spare bits at its end.
        let bytes = |it: &Sent| format!("{:?}", Candidates::find(&it.headers));
        let same_bytes = part == PARTS && bytes(&changed) == bytes(&signed);
        prop_assert_eq!(changed.check().is_ok(), same_bytes);
    }

    #[test]
    fn a_bit_turned_in_a_signature_is_refused(sent in any_sent(), place: usize) {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let mut signed = sent.signed(Generation::Two, 1);
        let field = signed.headers.get(SIGNATURE).unwrap().to_str().unwrap();
        let bytes = STANDARD.decode(field.split(':').nth(1).unwrap()).unwrap();
        prop_assert_eq!(bytes.len(), 65);
        let turned = STANDARD.encode(any::flip(&bytes, place));
        signed.headers.insert(SIGNATURE, format!("request=:{turned}:").parse().unwrap());
        prop_assert_eq!(signed.check(), Err(Refused::BadSignature));
    }

    #[test]
    fn no_fields_make_the_reader_panic(
        input in "((a|b)=\\([a-z\"@; =()]{0,40}\\)[a-z\"@;:=0-9?%.-]{0,40}|[ -~]{0,80})",
        tag in "(;tag=\"erc8128\"|;keyid=\"erc8128:[0-9a-fx:]{0,50}\"|)",
        signature in "((a|b)=:[A-Za-z0-9+/=]{0,40}:?|[ -~]{0,40})",
    ) {
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE_INPUT, format!("{input}{tag}").parse().unwrap());
        headers.insert(SIGNATURE, signature.parse().unwrap());
        let request = Request {
            method: "GET", scheme: "", authority: "", path: "", query: None, headers: &headers,
        };
        if let Ok(Some(candidates)) = Candidates::find(&headers) {
            prop_assert!(candidates.select(|it| verify(it, &request)).is_err());
        }
    }

    #[test]
    fn an_address_reads_back_in_any_one_case(bytes: [u8; 20]) {
        let address = Address::new(bytes);
        let upper = format!("0x{}", address.as_str().trim_start_matches("0x").to_uppercase());
        prop_assert_eq!(address.as_str().parse(), Ok(address));
        prop_assert_eq!(upper.parse(), Ok(address));
        prop_assert_eq!(address.as_bytes(), &bytes);
    }
}

#[test]
fn only_a_wallet_signs_as_one() {
    let headers = HeaderMap::new();
    let request = Request {
        method: "GET",
        scheme: "https",
        authority: "a",
        path: "/",
        query: None,
        headers: &headers,
    };
    let (created, expires) = (NOW, NOW.plus_seconds(1));
    let signing = Signing { generation: Generation::Two, chain: 1, created, expires, nonce: NONCE };
    let refused = sign(&request, &any::key(Algorithm::Ed25519, 1), &signing);
    assert_eq!(refused, Err(Unsigned::Key(KeyError::Unsupported)));
}

#[test]
fn ordinary_signatures_are_no_candidates_and_are_still_one() {
    let mut headers = HeaderMap::new();
    let one = HeaderValue::from_static("sig1=(\"@method\");created=1;keyid=\"key_1\"");
    headers.insert(SIGNATURE_INPUT, one);
    headers.insert(SIGNATURE, HeaderValue::from_static("sig1=:AAAA:"));
    assert!(Candidates::find(&headers).unwrap().is_none());
    assert!(message::Presented::find(&headers).unwrap().is_some());
    let two = "sig1=();keyid=\"key_1\", request=();keyid=\"erc8128:1:0x\"";
    headers.insert(SIGNATURE_INPUT, HeaderValue::from_static(two));
    let candidates = Candidates::find(&headers).unwrap().unwrap();
    assert_eq!(candidates.others(), 1);
    assert_eq!(candidates.into_iter().count(), 1);
    let refused = message::Presented::find(&headers).unwrap_err();
    assert_eq!(refused, Denial::CredentialConflict("more than one signature"));
}
