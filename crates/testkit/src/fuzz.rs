//! One entry per parser that reads what an attacker writes. None may panic on any bytes; where an
//! input is taken, what was understood has to be what was written.

mod contract;
mod messages;
mod workloads;

use std::path::Path;

use bailiwick_cli::config;
use bailiwick_fetch::{Bundle, KeySet, Url};
use bailiwick_gateway::asked::origin::{self, Connection};
use bailiwick_gateway::asked::target::Target;
use bailiwick_gateway::settings::Proxies;
use bailiwick_ledger::checkpoint::{Checkpoint, Signer, VerifierKey};
use bailiwick_ledger::proof as inclusion;
use bailiwick_proof::certificate::{Certificate, Chain, TrustBundle, svid};
use bailiwick_proof::derived::{DerivedKeyId, Roots};
use bailiwick_proof::digest::{Expected, Hashing, header_value};
use bailiwick_proof::jwt::{AccessToken, ClientAssertion, Issuer};
use bailiwick_proof::keys::{MacKey, PublicKey, SigningKey, Verifier};
use bailiwick_proof::message::{Presented, Request, Window};
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_proof::wallet::{Accounts, Address, Answer, Candidates, Progress};
use bailiwick_proof::{dpop, jws, passkey as webauthn, webhook};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

pub use contract::{document, masker};
pub use messages::{events, message};
use workloads::{KEY, NOW};
pub use workloads::{issuer, rule, spiffe, workload};

/// A parser's name, which is also its corpus's, and its entry.
pub type Entry = (&'static str, fn(&[u8]));

/// Every entry.
pub const ENTRIES: &[Entry] = &[
    ("signature", signature),
    ("wallet", wallet),
    ("digest", digest),
    ("webhook", webhook),
    ("derived", derived),
    ("opaque", opaque),
    ("token", token),
    ("key", key),
    ("target", target),
    ("certificate", certificate),
    ("origin", origin),
    ("config", config),
    ("checkpoint", checkpoint),
    ("proof", proof),
    ("dpop", dpop),
    ("issuer", issuer),
    ("workload", workload),
    ("rule", rule),
    ("spiffe", spiffe),
    ("passkey", passkey),
    ("published", published),
    ("document", document),
    ("masker", masker),
    ("message", message),
    ("events", events),
];

/// The same key, to sign with.
const PRIVATE_KEY: &str = r#"{"crv":"Ed25519","kty":"OKP",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#;
/// The name of the ledger in the corpora.
const LOG: &str = "acme.example/ledger";
const WINDOW: Window = Window { window_seconds: 60, skew_seconds: 5 };

/// The address of the one wallet that signed in the corpora; its key is the number one.
const WALLET: &str = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";

/// A message signature: a request line and fields, as text.
pub fn signature(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (first, fields) = text.split_once('\n').unwrap_or((&text, ""));
    let headers = headers(fields);
    let request = request(first, &headers);
    let Ok(Some(presented)) = Presented::find(&headers) else { return };
    let _ = presented.check_window(NOW, &WINDOW);
    let _ = presented.nonce();
    let has_body = headers.contains_key("content-length");
    let covered = presented.check_coverage(&request, has_body);
    assert!(covered.is_err() || presented.covers("@method"), "{text}");
    for key in strangers() {
        assert!(presented.verify(&request, &key).is_err(), "{text}");
    }
}

/// A wallet's signature, written as a message signature is; or what a chain answers about one.
/// Contracts are asked, and refuse.
pub fn wallet(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(address) = text.trim_end().parse::<Address>() {
        assert_eq!(address.as_str(), text.trim_end().to_lowercase());
    }
    let (first, fields) = text.split_once('\n').unwrap_or((&text, ""));
    let headers = headers(fields);
    let request = request(first, &headers);
    let Ok(Some(candidates)) = Candidates::find(&headers) else { return };
    let answers = [Answer::read(data), Answer::Returned(Vec::new()), Answer::Returned(vec![1])];
    for presented in candidates.into_iter().flatten() {
        let _ = presented.check_window(NOW, &WINDOW);
        let _ = presented.nonce();
        let covered = presented.check_coverage(&request, false);
        assert!(covered.is_err() || presented.covers("@authority"), "{text}");
        let signer = presented.account().address;
        for accounts in [Accounts::Offline, Accounts::EoaOnly, Accounts::Universal] {
            for answer in &answers {
                let mut progress = presented.begin(&request, accounts);
                while let Ok(Progress::Ask(pending)) = progress {
                    assert_eq!(pending.question().chain(), presented.account().chain);
                    progress = pending.answer(answer);
                }
                assert!(progress.is_err() || signer.as_str() == WALLET, "{text}");
            }
        }
    }
}

/// A digest field: its value, an empty line, and a body.
pub fn digest(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (fields, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let Ok(Some(expected)) = Expected::find(&headers(fields)) else { return };
    let mut hashing = Hashing::new(Some(expected.clone()));
    hashing.update(body.as_bytes());
    let Ok(hash) = hashing.finish() else { return };
    let mut plain = HeaderMap::new();
    let value = HeaderValue::from_str(&header_value(body.as_bytes()));
    plain.extend(value.ok().map(|it| (HeaderName::from_static("content-digest"), it)));
    let mut again = Hashing::new(Expected::find(&plain).ok().flatten());
    again.update(body.as_bytes());
    assert_eq!(again.finish(), Ok(hash), "{text}");
}

/// The simple form: a request line and fields, an empty line, and a body.
pub fn webhook(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let (first, fields) = head.split_once('\n').unwrap_or((head, ""));
    let (method, target) = first.split_once(' ').unwrap_or((first, "/"));
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return };
    let Ok(Some(presented)) = webhook::Presented::find(&headers(fields)) else { return };
    let _ = presented.check_window(NOW, &WINDOW);
    let Ok(key) = MacKey::new(&[0x5a; 32]) else { return };
    let Ok(mut checking) = presented.begin(&key, &method, target) else { return };
    checking.update(body.as_bytes());
    assert!(checking.finish().is_err(), "{text}");
    let Ok(nonce) = presented.nonce() else { return };
    let (at, named) = (presented.created_at(), presented.key());
    let signing = webhook::Signing { at, nonce, key: named, method: &method, target };
    let Ok(value) = webhook::sign(&key, &signing, body.as_bytes()) else { return };
    let again = webhook::Presented::find(&headers(&format!("x-signature: {value}")));
    let Ok(Some(again)) = again else { panic!("{value}") };
    let Ok(mut checking) = again.begin(&key, &method, target) else { panic!("{value}") };
    checking.update(body.as_bytes());
    assert_eq!(checking.finish(), Ok(()), "{text}");
}

/// The name of a derived key.
pub fn derived(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(id) = text.parse::<DerivedKeyId>() else { return };
    assert_eq!(id.to_string(), text);
    assert!(DerivedKeyId::is_claimed(&text), "{text}");
    if id.check(NOW, "https://gateway.example").is_ok() {
        assert!(id.expires_at() > NOW, "{text}");
    }
    let Ok(roots) = Roots::new(1, [(1, [9; 32].into())]) else { return };
    let _ = roots.derive(&id);
}

/// What an authenticator answers: a byte that says which ceremony, and the length of the client
/// data, which come before it.
pub fn passkey(data: &[u8]) {
    let Some((&[ceremony, high, low], rest)) = data.split_first_chunk::<3>() else { return };
    let length = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
    let (client_data, rest) = rest.split_at(length);
    let challenge = bailiwick_proof::opaque::sha256(b"challenge");
    let expected = webauthn::Expectation {
        challenge: &challenge,
        origin: "https://id.acme.example",
        rp_id: "id.acme.example",
    };
    if ceremony == 0 {
        let given = webauthn::Registration { client_data, attestation: rest };
        if let Ok(made) = webauthn::register(&given, &expected) {
            assert!((16..=1_023).contains(&made.credential_id.len()));
        }
    } else {
        let given = webauthn::Assertion { client_data, authenticator_data: rest, signature: rest };
        assert!(webauthn::assert(&given, rest, 0, &expected).is_err());
    }
}

/// A secret that is carried as it is.
pub fn opaque(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for opens in Opens::ALL {
        if opaque::digest_of(opens, &text).is_some() {
            assert_eq!(Opens::claimed(&text), Some(opens), "{text}");
            assert_eq!(text.len(), 53, "{text}");
        }
    }
}

/// A compact JWS, as an access token and as a client's assertion.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(key) = PublicKey::from_jwk(KEY) else { return };
    let _ = jws::header(&text);
    let _ = jws::decode(&text);
    let issuer = Issuer { issuer: "https://authority.example".into(), keys: vec![key.clone()] };
    assert!(AccessToken::verify(&text, &issuer, NOW).is_err(), "{text}");
    let audience = "https://authority.example";
    assert!(ClientAssertion::verify(&text, &key, audience, NOW).is_err(), "{text}");
}

/// A DPoP proof; or a URL to make one for, which has to verify for the URL that it says.
pub fn dpop(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let expected = dpop::Expectation {
        method: "GET",
        scheme: "https",
        authority: "fuzz.example",
        path: "/",
        token: Some("token"),
        now: NOW,
        window: WINDOW,
        nonces: None,
    };
    assert!(dpop::verify(&text, &expected).is_err(), "{text}");
    let signing =
        dpop::Signing { method: "GET", url: &text, token: None, nonce: None, jti: "1", now: NOW };
    let Ok(key) = SigningKey::from_jwk(PRIVATE_KEY) else { return };
    let Ok(proof) = dpop::sign(&key, &signing) else { return };
    let said =
        jws::decode(&proof).ok().and_then(|it| it.payload.get("htu")?.as_str().map(str::to_owned));
    let Some((scheme, rest)) = said.as_deref().and_then(|it| it.split_once("://")) else { return };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let expected = dpop::Expectation { scheme, authority, path, token: None, ..expected };
    assert!(dpop::verify(&proof, &expected).is_ok(), "{text}");
}

/// A key, public or private.
pub fn key(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(key) = PublicKey::from_jwk(&text) {
        let again = PublicKey::from_jwk(&key.to_jwk());
        assert_eq!(again.as_ref(), Ok(&key), "{text}");
        assert!(key.verify(b"nothing", &[0; 64]).is_err(), "{text}");
    }
    if let Ok(key) = SigningKey::from_jwk(&text) {
        let signed = key.sign(b"something").map(|it| key.verifier().verify(b"something", &it));
        assert_eq!(signed, Ok(Ok(())), "{}", key.thumbprint());
    }
}

/// What another server publishes: a key set or a trust bundle; or where, a URL.
pub fn published(data: &[u8]) {
    let read = |jwk: &str| PublicKey::from_jwk(jwk).ok();
    if let Ok(set) = KeySet::read(data, &read) {
        assert!(set.keys().len() <= 100);
    }
    if let Ok(bundle) = Bundle::read(data, &read) {
        assert!(bundle.x509_authorities().len() <= 100);
    }
    let text = String::from_utf8_lossy(data);
    if let Ok(url) = text.trim_end().parse::<Url>() {
        assert_eq!(url.to_string().parse().as_ref(), Ok(&url), "{text}");
        assert!(!url.authority().contains('@') && url.target().starts_with('/'), "{text}");
    }
}

/// A request target.
pub fn target(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(target) = Target::parse(&text) else { return };
    let query = target.query().map(|it| format!("?{it}")).unwrap_or_default();
    assert_eq!(format!("{}{query}", target.path()), text);
    assert!(target.path().starts_with('/'), "{text}");
    let climbs = |segment: &str| segment == "." || segment == "..";
    assert!(!target.path().split('/').any(climbs), "{text}");
}

/// A certificate in DER: as a client's own, and as the authority that would have to vouch for it.
pub fn certificate(data: &[u8]) {
    let Ok(certificate) = Certificate::from_der(data) else { return };
    assert_eq!(certificate.der(), data);
    assert_eq!(certificate.thumbprint().len(), 43);
    let Ok(chain) = Chain::from_der([data, data]) else { return };
    let Ok(id) = svid::claimed(chain.leaf()) else { return };
    let itself = TrustBundle::new(id.trust_domain(), [data]);
    let nobody = TrustBundle::new(id.trust_domain(), []);
    for bundle in itself.into_iter().chain(nobody) {
        assert!(svid::verify(&chain, &bundle, NOW).is_err(), "{id}");
    }
}

/// What a trusted proxy says: fields, as text. Nothing in them puts a stranger elsewhere.
pub fn origin(data: &[u8]) {
    let headers = headers(&String::from_utf8_lossy(data));
    let networks = ["10.0.0.0/8".parse().ok(), "fd00::/8".parse().ok()];
    let networks = networks.into_iter().flatten().collect();
    let proxies = Proxies { networks, client_cert_header: true };
    let ask = |peer: [u8; 4]| {
        let connection = Connection { peer: peer.into(), certificate: None };
        origin::find(&connection, &headers, &proxies)
    };
    let stranger = ask([203, 0, 113, 9]).ok().map(|found| (found.address, found.certificate));
    assert_eq!(stranger, Some(([203, 0, 113, 9].into(), None)), "{headers:?}");
    let _ = ask([10, 0, 0, 1]);
}

/// A configuration file.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(problems) = config::parse(&text, Path::new("/srv/bailiwick")) {
        assert!(!problems.is_empty(), "{text}");
    }
}

/// A ledger's checkpoint, or the key it is read with. What it claims is signed anew, so that more
/// than the signature is read.
pub fn checkpoint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(key) = text.trim_end().parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text.trim_end());
    }
    let Ok(signer) = Signer::from_seed(LOG, &[9; 32]) else { return };
    assert!(Checkpoint::open(&text, signer.verifier()).is_err(), "{text}");
    let Ok(claimed) = Checkpoint::claimed(&text) else { return };
    assert!(text.starts_with(&claimed.text()), "{text}");
    let note = signer.sign(claimed.size, claimed.root);
    let own = Checkpoint { origin: LOG.into(), ..claimed };
    assert_eq!(Checkpoint::open(&note, signer.verifier()), Ok(own), "{text}");
}

/// A proof that a record is in a ledger. Its checkpoint is signed anew, so that the path is read.
pub fn proof(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(signer) = Signer::from_seed(LOG, &[9; 32]) else { return };
    assert!(inclusion::verify(&text, signer.verifier()).is_err(), "{text}");
    let Some((head, note)) = text.split_once("\n\n") else { return };
    let Ok(claimed) = Checkpoint::claimed(note) else { return };
    let note = signer.sign(claimed.size, claimed.root);
    let proof = format!("{head}\n\n{note}");
    if let Ok(verified) = inclusion::verify(&proof, signer.verifier()) {
        assert!(verified.index < claimed.size, "{text}");
        assert_eq!(verified.checkpoint.root, claimed.root, "{text}");
    }
}

/// The request of a line with its method and target.
fn request<'a>(line: &'a str, headers: &'a HeaderMap) -> Request<'a> {
    let (method, target) = line.split_once(' ').unwrap_or((line, "/"));
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let authority = headers.get("host").and_then(|it| it.to_str().ok()).unwrap_or_default();
    Request { method, scheme: "https", authority, path, query, headers }
}

fn headers(text: &str) -> HeaderMap {
    let fields = text.lines().take(64).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(value.trim()).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(name, value);
    }
    headers
}

/// Keys that have signed nothing in any corpus.
fn strangers() -> impl Iterator<Item = Verifier> {
    let public = PublicKey::from_jwk(KEY).ok().map(Verifier::Public);
    let mac = MacKey::new(&[0x5a; 32]).ok().map(Verifier::Mac);
    public.into_iter().chain(mac)
}
