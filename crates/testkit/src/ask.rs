//! A request under construction: first an honest one, then bent as a test likes.

use std::fmt::Write;

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::digest;
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::message::Request;
use bailiwick_proof::sign::{Signing, default_components, sign_tagged};
use bailiwick_proof::wallet;
use http::{HeaderMap, HeaderName, HeaderValue};

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The `Host`.
    pub host: String,
    /// The scheme that the signature covers.
    pub scheme: &'static str,
    /// Other fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// How a request is signed.
#[derive(Clone)]
pub struct Proof<'a> {
    /// The key.
    pub key: &'a SigningKey,
    /// What the signature says its key is.
    pub keyid: String,
    /// `created`.
    pub created: Timestamp,
    /// `expires`.
    pub expires: Timestamp,
    /// `nonce`.
    pub nonce: String,
    /// What is covered; what must be, when absent.
    pub components: Option<Vec<&'static str>>,
}

impl Ask {
    /// A request without a body.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            host: "gateway.test".to_owned(),
            scheme: "http",
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("content-type", "application/json")
    }

    /// With one more field.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without any field of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// With `Content-Digest`, where there is a body.
    #[must_use]
    pub fn digested(self) -> Self {
        if self.body.is_empty() {
            return self;
        }
        let value = digest::header_value(&self.body);
        self.header("content-digest", &value)
    }

    /// Signed (RFC 9421) as it stands.
    #[must_use]
    pub fn signed(self, proof: &Proof<'_>) -> Self {
        self.signed_with(proof, None)
    }

    /// Signed (RFC 9421) as it stands, under a profile.
    #[must_use]
    pub fn signed_as(self, proof: &Proof<'_>, tag: &str) -> Self {
        self.signed_with(proof, Some(tag))
    }

    fn signed_with(self, proof: &Proof<'_>, tag: Option<&str>) -> Self {
        let headers = self.header_map();
        let request = self.request(&headers);
        let authorized = headers.contains_key("authorization");
        let needed = default_components(request.query.is_some(), !self.body.is_empty(), authorized);
        let chosen = proof.components.clone();
        let signing = Signing {
            components: chosen.as_deref().unwrap_or(&needed),
            created: proof.created,
            expires: proof.expires,
            nonce: &proof.nonce,
            keyid: &proof.keyid,
            label: "sig",
        };
        let signed = sign_tagged(&request, proof.key, &signing, tag).unwrap();
        self.header("signature-input", &signed.signature_input)
            .header("signature", &signed.signature)
    }

    /// Signed as an Ethereum account (ERC-8128) as it stands.
    #[must_use]
    pub fn signed_as_account(self, key: &SigningKey, signing: &wallet::Signing<'_>) -> Self {
        let headers = self.header_map();
        let signed = wallet::sign(&self.request(&headers), key, signing).unwrap();
        self.header("signature-input", &signed.signature_input)
            .header("signature", &signed.signature)
    }

    /// The request as signatures cover it, with its fields.
    pub fn request<'a>(&'a self, headers: &'a HeaderMap) -> Request<'a> {
        let (path, query) = match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.target.as_str(), None),
        };
        Request {
            method: &self.method,
            scheme: self.scheme,
            authority: &self.host,
            path,
            query,
            headers,
        }
    }

    /// The fields as a map.
    pub fn header_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        map
    }

    /// The bytes of the request, asking for the connection to be closed after it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head =
            format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.target, self.host);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !self.body.is_empty() {
            write!(head, "content-length: {}\r\n", self.body.len()).unwrap();
        }
        head.push_str("connection: close\r\n\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}
