//! Asking the authority, each time signed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::{digest, json};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Request, Response, Url};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::carrier::Carrier;
use crate::clock::ServerTime;
use crate::denial::Denial;
use crate::error::{BoxError, Error};
use crate::key::Key;
use crate::signing::{Accompanied, Moment, Signer, Target, field, proof};
use crate::waiting::{Patience, Waiting};

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;
/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The field with what the next proof has to name (RFC 9449, section 8).
pub(crate) const DPOP_NONCE: &str = "dpop-nonce";

/// What is asked.
pub(crate) struct Question<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) body: Body,
    /// The key that a token is to be bound to.
    pub(crate) dpop: Option<&'a Key>,
    /// Who asks; nobody where all may.
    pub(crate) signer: Option<&'a Signer>,
    /// Whether asking twice is as good as asking once.
    pub(crate) repeatable: bool,
}

/// What is sent along.
pub(crate) enum Body {
    Empty,
    Json(Value),
    Form(Vec<(&'static str, String)>),
}

impl<'a> Question<'a> {
    /// A question that changes nothing.
    pub(crate) fn get(path: &'a str, signer: Option<&'a Signer>) -> Self {
        let (method, body) = (Method::GET, Body::Empty);
        Self { method, path, body, dpop: None, signer, repeatable: true }
    }
}

/// One authority, and how it is reached.
pub(crate) struct Link {
    pub(crate) server: Url,
    pub(crate) time: ServerTime,
    pub(crate) entropy: Entropy,
    pub(crate) carrier: Arc<dyn Carrier>,
    pub(crate) patience: Patience,
    pub(crate) dpop_nonce: Mutex<Option<String>>,
}

/// What is known while one question is asked again.
struct Asking {
    tried: BTreeSet<String>,
    waiting: Waiting,
    sent_at: Timestamp,
}

impl Link {
    /// The authority's origin.
    pub(crate) fn origin(&self) -> String {
        self.server.origin().ascii_serialization()
    }

    pub(crate) fn moment(&self) -> Moment<'_> {
        Moment { now: self.time.now(), entropy: &self.entropy }
    }

    /// Asks, and reads the answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, asked: &Question<'_>) -> Result<T, Error> {
        let answer = self.answer(asked).await?;
        let what = || format!("{} answered without something that was asked for", self.origin());
        serde_json::from_value(answer).map_err(|_| Error::Unreadable { what: what() })
    }

    async fn answer(&self, asked: &Question<'_>) -> Result<Value, Error> {
        let waiting = Waiting::new(self.patience);
        let sent_at = self.time.clock.now();
        let mut asking = Asking { tried: BTreeSet::new(), waiting, sent_at };
        loop {
            asking.sent_at = self.time.clock.now();
            let answer = match self.send(asked).await {
                Err(error @ Error::Unreachable { .. }) if asked.repeatable => {
                    let wait = asking.waiting.next(None, &self.entropy).ok_or(error)?;
                    self.time.clock.sleep(wait).await;
                    continue;
                }
                sent => sent?,
            };
            self.time.learn(answer.headers(), asking.sent_at);
            match self.read(answer).await {
                Err(Error::Denied(denial)) => {
                    if !self.may_ask_again(&denial, asked, &mut asking).await? {
                        return Err(Error::Denied(denial));
                    }
                }
                read => return read,
            }
        }
    }

    async fn may_ask_again(
        &self,
        denial: &Denial,
        asked: &Question<'_>,
        asking: &mut Asking,
    ) -> Result<bool, Error> {
        let is_first = asking.tried.insert(denial.code.clone());
        match denial.code.as_str() {
            "signature_expired" | "signature_not_yet_valid" => {
                self.time.check(&denial.headers, asking.sent_at)?;
                Ok(is_first)
            }
            "use_dpop_nonce" => Ok(is_first && denial.headers.contains_key(DPOP_NONCE)),
            "unavailable" | "rate_limited" if asked.repeatable || denial.is("rate_limited") => {
                let wait = asking.waiting.next(denial.retry_after, &self.entropy);
                let Some(wait) = wait else { return Ok(false) };
                self.time.clock.sleep(wait).await;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn send(&self, asked: &Question<'_>) -> Result<Response, Error> {
        let request = self.request(asked)?;
        let sent = self.carrier.carry(request).await;
        sent.map_err(|source| unreachable(&self.origin(), source))
    }

    fn request(&self, asked: &Question<'_>) -> Result<Request, Error> {
        let path = self.server.join(asked.path);
        let url = path.map_err(|_| Error::misused("the path is none of the authority's"))?;
        let target = Target::of(asked.method.as_str(), &url);
        let mut request = Request::new(asked.method.clone(), url);
        *request.timeout_mut() = Some(TIMEOUT);
        let (body, kind) = match &asked.body {
            Body::Empty => (String::new(), None),
            Body::Json(value) => (value.to_string(), Some("application/json")),
            Body::Form(pairs) => (form(pairs), Some("application/x-www-form-urlencoded")),
        };
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(kind) = kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            let digest = digest::header_value(body.as_bytes());
            headers.insert(digest::CONTENT_DIGEST, field(&digest)?);
        }
        if let Some(key) = asked.dpop {
            let nonce = self.dpop_nonce.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let with = Accompanied { token: None, nonce: nonce.as_deref() };
            headers.insert("dpop", proof(key, &target, with, &self.moment())?);
        }
        if let Some(signer) = asked.signer {
            signer.sign(&target, headers, &self.moment())?;
        }
        if kind.is_some() {
            *request.body_mut() = Some(body.into());
        }
        Ok(request)
    }

    async fn read(&self, mut answer: Response) -> Result<Value, Error> {
        let (status, headers) = (answer.status(), answer.headers().clone());
        if let Some(nonce) = headers.get(DPOP_NONCE).and_then(|it| it.to_str().ok()) {
            let mut kept = self.dpop_nonce.lock().unwrap_or_else(PoisonError::into_inner);
            *kept = Some(nonce.to_owned());
        }
        let mut bytes = Vec::new();
        let broken = |error: reqwest::Error| unreachable(&self.origin(), error.into());
        while let Some(chunk) = answer.chunk().await.map_err(broken)? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                return Err(self.unreadable(status));
            }
            bytes.extend_from_slice(&chunk);
        }
        if status.is_success() && bytes.is_empty() {
            return Ok(Value::Null);
        }
        let read = json::object(&bytes).ok_or_else(|| self.unreadable(status))?;
        if status.is_success() {
            return Ok(Value::Object(read));
        }
        self.refusal(&read, status, headers)
    }

    fn refusal(
        &self,
        read: &Map<String, Value>,
        status: StatusCode,
        headers: HeaderMap,
    ) -> Result<Value, Error> {
        // A gateway names requests by their records.
        let named = read.get("request_id").and_then(Value::as_str);
        let is_gateway = named.is_some_and(|id| id.starts_with("rec_"));
        match Denial::read(read, status, headers).filter(|_| !is_gateway) {
            Some(denial) => Err(denial.into()),
            None => Err(self.unreadable(status)),
        }
    }

    fn unreadable(&self, status: StatusCode) -> Error {
        let (server, status) = (self.origin(), status.as_u16());
        Error::Unreadable {
            what: format!("{server} answered {status}, and not as an authority does"),
        }
    }
}

/// A server that does not answer.
pub(crate) fn unreachable(origin: &str, source: BoxError) -> Error {
    Error::Unreachable { origin: origin.to_owned(), source }
}

/// A form as it is sent: the same as the query of a URL (WHATWG URL, section 5).
fn form(pairs: &[(&'static str, String)]) -> String {
    let Ok(mut url) = Url::parse("form:") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_browsers_write_it() {
        let pairs = [("a", "1 2&=".to_owned()), ("b", "é/:".to_owned()), ("b", String::new())];
        assert_eq!(form(&pairs), "a=1+2%26%3D&b=%C3%A9%2F%3A&b=");
        assert_eq!(form(&[]), "");
    }
}
