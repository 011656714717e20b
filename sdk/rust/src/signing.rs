//! Signing a request, as the gateway and the authority ask for it.

use std::fmt;

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::dpop;
use bailiwick_proof::message::{Request, SIGNATURE, SIGNATURE_INPUT};
use bailiwick_proof::sign::{self, Signed};
use bailiwick_proof::wallet::{self, Generation};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, Uri};
use reqwest::Url;

use crate::error::Error;
use crate::key::Key;

/// How long a signature is good, in seconds: time to be sent in, and less than servers take.
const LIFETIME_SECONDS: i64 = 30;
/// Fields that decide what a request does: covered where they are sent.
const COVERED: [&str; 4] = ["content-digest", "content-type", "authorization", "x-approval-id"];

/// Method and target of a request, exactly as they are sent.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) method: String,
    pub(crate) scheme: String,
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
}

impl Target {
    /// The target that reqwest makes of this URL.
    pub(crate) fn of(method: &str, url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Self {
            method: method.to_owned(),
            scheme: url.scheme().to_owned(),
            authority,
            path: url.path().to_owned(),
            query: url.query().map(str::to_owned),
        }
    }

    /// The target that a request to this URI has; none where it is not absolute.
    pub(crate) fn of_uri(method: &str, uri: &Uri) -> Option<Self> {
        Some(Self {
            method: method.to_owned(),
            scheme: uri.scheme_str()?.to_owned(),
            authority: uri.authority()?.as_str().to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }

    /// Scheme, host and port, in the one form of origins.
    pub(crate) fn origin(&self) -> String {
        let text = format!("{}://{}", self.scheme, self.authority);
        Url::parse(&text).map_or(text, |url| url.origin().ascii_serialization())
    }

    /// Where a proof says the request goes (RFC 9449, section 4.2).
    fn without_query(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }
}

/// A key, and the name that servers know it by.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) key: Key,
    pub(crate) keyid: String,
}

impl Signer {
    /// The key under its own name, its thumbprint.
    pub(crate) fn own(key: &Key) -> Self {
        Self { key: key.clone(), keyid: key.thumbprint().to_owned() }
    }

    /// Adds `Signature-Input` and `Signature` (RFC 9421) to the fields of a request that has its
    /// `Content-Digest` already.
    pub(crate) fn sign(
        &self,
        target: &Target,
        headers: &mut HeaderMap,
        moment: &Moment<'_>,
    ) -> Result<(), Error> {
        let signed = self.signed(target, headers, moment)?;
        headers.insert(SIGNATURE_INPUT, field(&signed.signature_input)?);
        headers.insert(SIGNATURE, field(&signed.signature)?);
        Ok(())
    }

    fn signed(
        &self,
        target: &Target,
        headers: &HeaderMap,
        moment: &Moment<'_>,
    ) -> Result<Signed, Error> {
        let request = Request {
            method: &target.method,
            scheme: &target.scheme,
            authority: &target.authority,
            path: &target.path,
            query: target.query.as_deref(),
            headers,
        };
        let (created, nonce) = (moment.now, &*moment.nonce());
        let expires = created.plus_seconds(LIFETIME_SECONDS);
        if self.key.address().is_some() {
            let generation = Generation::Two;
            let account = wallet::Signing { generation, chain: 1, created, expires, nonce };
            return Ok(wallet::sign(&request, self.key.signing(), &account)?);
        }
        let mut components = vec!["@method", "@authority", "@path"];
        components.extend(target.query.is_some().then_some("@query"));
        components.extend(COVERED.iter().filter(|name| headers.contains_key(**name)));
        let keyid = &*self.keyid;
        let components = &components;
        let signing = sign::Signing { components, created, expires, nonce, keyid, label: "sig" };
        Ok(sign::sign(&request, self.key.signing(), &signing)?)
    }
}

/// The instant of a proof, and what makes it this one and no other.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// The present, by the server.
    pub(crate) now: Timestamp,
    pub(crate) entropy: &'a Entropy,
}

impl Moment<'_> {
    /// 144 bits that nobody guesses.
    fn nonce(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.entropy.bytes::<18>())
    }
}

/// A proof that whoever sends a request holds this key (RFC 9449).
pub(crate) fn proof(
    key: &Key,
    target: &Target,
    accompanied: Accompanied<'_>,
    moment: &Moment<'_>,
) -> Result<HeaderValue, Error> {
    let signing = dpop::Signing {
        method: &target.method,
        url: &target.without_query(),
        token: accompanied.token,
        nonce: accompanied.nonce,
        jti: &moment.nonce(),
        now: moment.now,
    };
    field(&dpop::sign(key.signing(), &signing)?)
}

/// What a proof goes with.
#[derive(Clone, Copy)]
pub(crate) struct Accompanied<'a> {
    /// The token that is sent along.
    pub(crate) token: Option<&'a str>,
    /// The server's last `DPoP-Nonce`.
    pub(crate) nonce: Option<&'a str>,
}

impl fmt::Debug for Accompanied<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accompanied")
    }
}

/// A field's value.
pub(crate) fn field(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_| Error::misused("a field has what cannot be sent in it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient;
    use bailiwick_proof::message::{Presented, Window};
    use http::header::{AUTHORIZATION, CONTENT_TYPE};

    #[test]
    fn the_target_is_what_is_sent() {
        for (url, authority, path, query, origin) in [
            ("http://a.example", "a.example", "/", None, "http://a.example"),
            ("http://A.example:80/x", "a.example", "/x", None, "http://a.example"),
            ("https://a:8443/x?y=1", "a:8443", "/x", Some("y=1"), "https://a:8443"),
            ("http://[::1]:9/a/../b?", "[::1]:9", "/b", Some(""), "http://[::1]:9"),
        ] {
            let target = Target::of("GET", &Url::parse(url).unwrap());
            let found = (&*target.authority, &*target.path, target.query.as_deref());
            assert_eq!(found, (authority, path, query), "{url}");
            assert_eq!(target.origin(), origin, "{url}");
        }
        let kept = Target::of_uri("GET", &"http://A:80/a/%7e?x".parse().unwrap()).unwrap();
        assert_eq!((&*kept.authority, &*kept.path), ("A:80", "/a/%7e"), "as it is sent");
        assert_eq!(kept.origin(), "http://a");
        assert!(Target::of_uri("GET", &"/only/a/path".parse().unwrap()).is_none());
    }

    #[test]
    fn what_is_signed_here_passes_the_checks_of_servers_and_is_new_each_time() {
        let (signer, entropy) = (Signer::own(&Key::generate().unwrap()), ambient::entropy());
        let now = Timestamp::from_seconds(1_700_000_000);
        let target = Target::of("POST", &Url::parse("http://127.0.0.1:1/x?dry=1").unwrap());
        let mut headers = HeaderMap::new();
        for name in [AUTHORIZATION, CONTENT_TYPE, "x-approval-id".parse().unwrap()] {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        let digest = bailiwick_proof::digest::header_value(b"{}");
        headers.insert("content-digest", HeaderValue::from_str(&digest).unwrap());
        let moment = Moment { now, entropy: &entropy };
        let mut nonces = Vec::new();
        for _ in 0..2 {
            signer.sign(&target, &mut headers, &moment).unwrap();
            let presented = Presented::find(&headers).unwrap().unwrap();
            let request = Request {
                method: "POST",
                scheme: "http",
                authority: "127.0.0.1:1",
                path: "/x",
                query: Some("dry=1"),
                headers: &headers,
            };
            presented.check_window(now, &Window { window_seconds: 30, skew_seconds: 0 }).unwrap();
            presented.check_coverage(&request, true).unwrap();
            let verifier = signer.key.signing().verifier();
            presented.verify(&request, &verifier).unwrap();
            let mut changed = headers.clone();
            changed.insert("x-approval-id", HeaderValue::from_static("y"));
            let changed = Request { headers: &changed, ..request };
            assert!(presented.verify(&changed, &verifier).is_err());
            nonces.push(presented.nonce().unwrap().to_owned());
        }
        assert_ne!(nonces[0], nonces[1]);
    }
}
