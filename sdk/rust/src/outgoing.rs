//! A request while it is on its way, before anything of this crate's is in it.

use bailiwick_proof::digest::{self, CONTENT_DIGEST};
use bytes::Bytes;
use http::header::{HeaderName, LOCATION};
use http::{Method, StatusCode};
use reqwest::{Body, Request, Response, Url};

use crate::error::Error;
use crate::signing::{Target, field};

/// What only this crate writes.
const OWN: [&str; 3] = ["signature", "signature-input", "dpop"];
/// How often one request is redirected at most.
const MAX_HOPS: usize = 20;

/// A request that can be sent, and mostly more than once.
pub(crate) struct Outgoing {
    head: Request,
    body: Payload,
}

enum Payload {
    Empty,
    Bytes(Bytes),
    /// Passed on as it comes, once; its digest was given with it.
    Stream(Option<Body>),
}

impl Outgoing {
    pub(crate) fn read(mut request: Request) -> Result<Self, Error> {
        for name in OWN {
            request.headers_mut().remove(name);
        }
        request.url_mut().set_fragment(None);
        if !matches!(request.url().scheme(), "http" | "https") {
            return Err(Error::misused("the address is neither http nor https"));
        }
        let body = match request.body_mut().take() {
            None => Payload::Empty,
            Some(body) => match body.as_bytes() {
                Some(bytes) => Payload::Bytes(Bytes::copy_from_slice(bytes)),
                None if request.headers().contains_key(CONTENT_DIGEST) => {
                    Payload::Stream(Some(body))
                }
                None => return Err(Error::Body { what: "the body is a stream without a digest" }),
            },
        };
        if let Payload::Bytes(bytes) = &body
            && !bytes.is_empty()
        {
            let digest = field(&digest::header_value(bytes))?;
            request.headers_mut().insert(CONTENT_DIGEST, digest);
        }
        Ok(Self { head: request, body })
    }

    pub(crate) fn method(&self) -> &Method {
        self.head.method()
    }

    pub(crate) fn url(&self) -> &Url {
        self.head.url()
    }

    pub(crate) fn target(&self) -> Target {
        Target::of(self.head.method().as_str(), self.head.url())
    }

    /// Whether it can be sent again at all.
    pub(crate) fn is_whole(&self) -> bool {
        !matches!(self.body, Payload::Stream(_))
    }

    /// Whether sending it twice does no more than sending it once (RFC 9110, section 9.2.2).
    pub(crate) fn may_repeat(&self) -> bool {
        let keyed = self.head.headers().contains_key("idempotency-key");
        self.is_whole() && (self.head.method().is_idempotent() || keyed)
    }

    /// The request to send, to which a proof is added.
    pub(crate) fn next(&mut self) -> Result<Request, Error> {
        let copy = self.head.try_clone();
        let mut copy = copy.ok_or_else(|| Error::misused("the request cannot be copied"))?;
        *copy.body_mut() = match &mut self.body {
            Payload::Empty => None,
            Payload::Bytes(bytes) => Some(Body::from(bytes.clone())),
            Payload::Stream(stream) => {
                let once = Error::Body { what: "the body is a stream, and was sent already" };
                Some(stream.take().ok_or(once)?)
            }
        };
        Ok(copy)
    }

    /// The request that an answer asks for instead; nothing where it is the answer. It is on the
    /// same origin: to another one nobody goes by themselves.
    pub(crate) fn follow(mut self, answer: &Response, hops: usize) -> Result<Option<Self>, Error> {
        let status = answer.status();
        let location = answer.headers().get(LOCATION);
        let (true, Some(location)) = (redirects(status), location) else { return Ok(None) };
        let from = self.head.url();
        let to = location.to_str().ok().and_then(|location| from.join(location).ok());
        let Some(to) = to else {
            return Err(refused("the server redirects to something that is no address".to_owned()));
        };
        let (here, there) = (from.origin(), to.origin());
        if here != there {
            let (here, there) = (here.ascii_serialization(), there.ascii_serialization());
            return Err(refused(format!("the server redirects from {here} to {there}")));
        }
        if hops >= MAX_HOPS {
            return Err(refused(format!("the server redirects more than {MAX_HOPS} times")));
        }
        let is_read = matches!(*self.head.method(), Method::GET | Method::HEAD);
        let is_post = *self.head.method() == Method::POST;
        // RFC 9110, section 15.4.
        if (status == StatusCode::SEE_OTHER && !is_read)
            || (matches!(status.as_u16(), 301 | 302) && is_post)
        {
            self.turn_into_get();
        }
        *self.head.url_mut() = to;
        self.head.url_mut().set_fragment(None);
        Ok(Some(self))
    }

    fn turn_into_get(&mut self) {
        let headers = self.head.headers_mut();
        let of_content: Vec<HeaderName> =
            headers.keys().filter(|name| name.as_str().starts_with("content-")).cloned().collect();
        for name in of_content {
            headers.remove(name);
        }
        *self.head.method_mut() = Method::GET;
        self.body = Payload::Empty;
    }
}

fn redirects(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn refused(what: String) -> Error {
    Error::Redirected { what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::CONTENT_TYPE;

    fn post() -> Outgoing {
        let url = Url::parse("http://a.example/acme/tickets").unwrap();
        let mut request = Request::new(Method::POST, url);
        *request.body_mut() = Some("{}".into());
        request.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
        request.headers_mut().insert("signature", "theirs".parse().unwrap());
        Outgoing::read(request).unwrap()
    }

    fn check(status: u16, location: &str, expected: Result<Option<(&str, &str)>, &str>) {
        let answer = http::Response::builder().status(status).header(LOCATION, location);
        let followed = post().follow(&answer.body("").unwrap().into(), 0);
        let followed = followed.map(|next| next.map(|mut next| next.next().unwrap()));
        match (followed, expected) {
            (Ok(None), Ok(None)) => {}
            (Ok(Some(next)), Ok(Some((method, url)))) => {
                assert_eq!((next.method().as_str(), next.url().as_str()), (method, url));
                assert_eq!(next.body().is_some(), method == "POST", "{status}");
                assert_eq!(next.headers().contains_key(CONTENT_DIGEST), method == "POST");
            }
            (Err(failed), Err(why)) => assert!(failed.to_string().contains(why), "{failed}"),
            (found, _) => panic!("{status} {location}: {:?}", found.map(|it| it.is_some())),
        }
    }

    #[test]
    fn redirects_are_followed_on_the_same_origin_alone() {
        check(200, "/x", Ok(None));
        check(304, "/x", Ok(None));
        check(302, "/x#part", Ok(Some(("GET", "http://a.example/x"))));
        check(303, "?y", Ok(Some(("GET", "http://a.example/acme/tickets?y"))));
        check(307, "http://a.example:80/x", Ok(Some(("POST", "http://a.example/x"))));
        check(308, "/x", Ok(Some(("POST", "http://a.example/x"))));
        check(302, "https://a.example/x", Err("to https://a.example"));
        check(307, "//b.example/x", Err("to http://b.example"));
        check(307, "http://[", Err("no address"));
        let answer = http::Response::builder().status(307).header(LOCATION, "/x").body("");
        let failed = post().follow(&answer.unwrap().into(), MAX_HOPS).err().unwrap();
        assert_eq!(failed.code(), "redirect_refused");
    }

    #[test]
    fn what_can_be_sent_again_is_known() {
        let mut outgoing = post();
        assert!(outgoing.is_whole() && !outgoing.may_repeat());
        for _ in 0..2 {
            let sent = outgoing.next().unwrap();
            assert_eq!(sent.body().unwrap().as_bytes(), Some(b"{}".as_slice()));
            assert!(sent.headers().contains_key(CONTENT_DIGEST));
            assert!(!sent.headers().contains_key("signature"));
        }
        outgoing.head.headers_mut().insert("idempotency-key", "1".parse().unwrap());
        assert!(outgoing.may_repeat());
    }

    #[test]
    fn a_stream_needs_its_digest_and_is_sent_once() {
        let put = || {
            let mut put = Request::new(Method::PUT, Url::parse("http://a.example/").unwrap());
            *put.body_mut() = Some(stream());
            put
        };
        assert_eq!(Outgoing::read(put()).err().unwrap().code(), "body_unusable");
        let mut described = put();
        described.headers_mut().insert(CONTENT_DIGEST, "sha-256=:AA==:".parse().unwrap());
        let mut outgoing = Outgoing::read(described).unwrap();
        assert!(!outgoing.may_repeat());
        assert!(outgoing.next().is_ok());
        assert_eq!(outgoing.next().err().unwrap().code(), "body_unusable");
    }

    /// A body of which nobody knows the bytes: another response's.
    fn stream() -> Body {
        let response: Response = http::Response::new("x").into();
        response.into()
    }
}
