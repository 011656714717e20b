//! Requests signed by an agent's key (RFC 9421), as the gateway and the authority ask for them.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::digest;
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::message::{Request, SIGNATURE, SIGNATURE_INPUT};
use bailiwick_proof::sign::{self, Signed, Signing};
use bailiwick_proof::wallet::{self, Generation};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;

use crate::failure::Failure;

/// How long a signature made here may be used, in seconds.
pub(crate) const LIFETIME_SECONDS: i64 = 30;

/// Method and target of a request, exactly as they are sent.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) method: Method,
    pub(crate) scheme: String,
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
}

/// What makes a signature this one and no other.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) nonce: String,
}

/// A key, and the name it goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signer<'a> {
    pub(crate) key: &'a SigningKey,
    pub(crate) keyid: &'a str,
}

impl<'a> Signer<'a> {
    /// The key under its own name, its thumbprint.
    pub(crate) fn own(key: &'a SigningKey) -> Self {
        Self { key, keyid: key.thumbprint() }
    }
}

impl Target {
    /// The target that an HTTP client makes of this URL.
    pub(crate) fn of(method: Method, url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Self {
            method,
            scheme: url.scheme().to_owned(),
            authority,
            path: url.path().to_owned(),
            query: url.query().map(str::to_owned),
        }
    }
}

impl Moment {
    /// From now on, for as long as a signature made here lives.
    pub(crate) fn starting(now: Timestamp, entropy: &Entropy) -> Self {
        let nonce = URL_SAFE_NO_PAD.encode(entropy.bytes::<18>());
        Self { created: now, expires: now.plus_seconds(LIFETIME_SECONDS), nonce }
    }
}

/// Adds `Content-Digest`, `Signature-Input` and `Signature` to the fields of a request. A token
/// in `Authorization` is covered.
pub(crate) fn sign(
    target: &Target,
    headers: &mut HeaderMap,
    body: &[u8],
    signer: Signer<'_>,
    moment: &Moment,
) -> Result<(), Failure> {
    if !body.is_empty() {
        headers.insert(digest::CONTENT_DIGEST, field(&digest::header_value(body))?);
    }
    let components = sign::default_components(
        target.query.is_some(),
        !body.is_empty(),
        headers.contains_key(AUTHORIZATION),
    );
    let request = Request {
        method: target.method.as_str(),
        scheme: &target.scheme,
        authority: &target.authority,
        path: &target.path,
        query: target.query.as_deref(),
        headers,
    };
    if signer.key.algorithm() == Algorithm::Eip191Secp256k1 {
        let signed = sign_as_account(&request, signer.key, moment)?;
        headers.insert(SIGNATURE_INPUT, field(&signed.signature_input)?);
        headers.insert(SIGNATURE, field(&signed.signature)?);
        return Ok(());
    }
    let signing = Signing {
        components: &components,
        created: moment.created,
        expires: moment.expires,
        nonce: &moment.nonce,
        keyid: signer.keyid,
        label: "sig1",
    };
    let signed = sign::sign(&request, signer.key, &signing).map_err(Failure::refused)?;
    headers.insert(SIGNATURE_INPUT, field(&signed.signature_input)?);
    headers.insert(SIGNATURE, field(&signed.signature)?);
    Ok(())
}

/// As an Ethereum account (ERC-8128), named on the main chain.
fn sign_as_account(
    request: &Request<'_>,
    key: &SigningKey,
    moment: &Moment,
) -> Result<Signed, Failure> {
    let signing = wallet::Signing {
        generation: Generation::Two,
        chain: 1,
        created: moment.created,
        expires: moment.expires,
        nonce: &moment.nonce,
    };
    wallet::sign(request, key, &signing).map_err(Failure::refused)
}

fn field(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(Failure::refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_proof::message::{Presented, Window};

    #[test]
    fn the_target_is_what_a_client_sends() {
        for (url, authority, path, query) in [
            ("http://a.example", "a.example", "/", None),
            ("http://A.example:80/x", "a.example", "/x", None),
            ("https://a.example:8443/x?y=1", "a.example:8443", "/x", Some("y=1")),
            ("http://[::1]:9/a/../b?", "[::1]:9", "/b", Some("")),
            ("http://a.example/ä b", "a.example", "/%C3%A4%20b", None),
        ] {
            let target = Target::of(Method::GET, &Url::parse(url).unwrap());
            let found = (&*target.authority, &*target.path, target.query.as_deref());
            assert_eq!(found, (authority, path, query), "{url}");
        }
    }

    #[test]
    fn what_is_signed_here_passes_the_checks_of_both_halves() {
        let entropy = crate::ambient::entropy();
        let key = SigningKey::generate(Algorithm::Ed25519, &entropy).unwrap();
        let now = Timestamp::from_seconds(1_700_000_000);
        let url = Url::parse("http://127.0.0.1:8700/acme/refunds?dry=1").unwrap();
        let target = Target::of(Method::POST, &url);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer t"));
        let moment = Moment::starting(now, &entropy);
        sign(&target, &mut headers, b"{}", Signer::own(&key), &moment).unwrap();

        let presented = Presented::find(&headers).unwrap().unwrap();
        let request = Request {
            method: "POST",
            scheme: "http",
            authority: "127.0.0.1:8700",
            path: "/acme/refunds",
            query: Some("dry=1"),
            headers: &headers,
        };
        let window = Window { window_seconds: 60, skew_seconds: 5 };
        presented.check_window(now, &window).unwrap();
        presented.check_coverage(&request, true).unwrap();
        presented.verify(&request, &key.verifier()).unwrap();
        assert!(
            presented.verify(&Request { path: "/acme/x", ..request }, &key.verifier()).is_err()
        );
        assert_eq!(presented.keyid(), key.thumbprint());
        assert_eq!(presented.nonce().unwrap(), moment.nonce);
    }
}
