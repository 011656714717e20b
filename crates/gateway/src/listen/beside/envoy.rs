//! Envoy's external authorization over HTTP: Envoy sends the caller's method, host, fields that it
//! is set up to send, and the target behind a prefix. 200 is a yes, with fields for the API and
//! the names of those to be taken out; anything else is the answer to the caller.
//!
//! Which prefix it is says what comes along, as no caller can: behind `/ext_authz_with_body` the
//! whole body, as `with_request_body` sends it; behind `/ext_authz` none, and whether there is one
//! is not known.

use std::net::IpAddr;

use bailiwick_domain::denial::Denial;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::inquiry::{Counter, Refusal, Told, Unclear, Word, one, retarget, scheme};
use super::reply::{DENIAL_STATUS, Reply};
use crate::asked::payload::Source;
use crate::upstream::vouch::Vouched;

/// Which proxy it is, for the record.
pub(super) const ENVOY: &str = "envoy";
/// By which Envoy says that a body was longer than it sends.
const PARTIAL: &str = "x-envoy-auth-partial-body";
const REMOVED: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");

/// Where Envoy asks in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Whatever the body is, it is not sent along.
    Without,
    /// The body comes along.
    WithBody,
}

impl Door {
    /// The door at a path.
    pub(super) fn at(path: &str) -> Option<Self> {
        [Self::Without, Self::WithBody]
            .into_iter()
            .find(|door| path.strip_prefix(door.prefix()).is_some_and(|rest| rest.starts_with('/')))
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Without => "/ext_authz",
            Self::WithBody => "/ext_authz_with_body",
        }
    }
}

/// The answer to Envoy.
pub(super) async fn answer(
    request: Request<Incoming>,
    door: Door,
    counter: &Counter<'_>,
) -> Response<Reply> {
    let told = read(request, door, counter).await;
    match counter.decide(told, ENVOY).await {
        Word::Pass(vouched) => pass(&vouched),
        Word::Refuse(Refusal { status, headers, body }) => {
            let mut response = Response::new(Reply::whole(body));
            *response.headers_mut() = headers;
            response.headers_mut().insert(DENIAL_STATUS, status.as_u16().into());
            // Nothing but 200 is a yes; 5xx is for Envoy a failure, which it may be set up to take
            // for one.
            let failed = status.is_server_error();
            *response.status_mut() = if failed { StatusCode::FORBIDDEN } else { status };
            response
        }
    }
}

async fn read(
    request: Request<Incoming>,
    door: Door,
    counter: &Counter<'_>,
) -> Result<Told, Box<Unclear>> {
    let (mut parts, body) = request.into_parts();
    let body = match door {
        Door::WithBody if !is_partial(&parts.headers) => {
            counter.gather(body).await.map(Source::InHand)
        }
        Door::WithBody | Door::Without => Ok(Source::Unseen),
    };
    let read = body.and_then(|body| Ok((body, read_head(&mut parts, door, counter)?)));
    match read {
        Ok((body, (address, scheme))) => {
            Ok(Told { parts, body, address, scheme, certificate: None })
        }
        Err(denial) => Err(Box::new(Unclear { parts, denial })),
    }
}

/// Whether Envoy says that there is more of the body than it sent.
pub(super) fn is_partial(headers: &HeaderMap) -> bool {
    headers.get_all(PARTIAL).iter().any(|value| value != "false")
}

fn read_head(
    parts: &mut Parts,
    door: Door,
    counter: &Counter<'_>,
) -> Result<(IpAddr, &'static str), Denial> {
    let target = parts.uri.path_and_query().map(|it| it.as_str().to_owned()).unwrap_or_default();
    let target = target.strip_prefix(door.prefix()).unwrap_or_default();
    let method = parts.method.clone();
    retarget(parts, method.as_str().as_bytes(), target)?;
    let scheme = scheme(one(&parts.headers, "x-forwarded-proto")?)?;
    Ok((counter.address(&parts.headers)?, scheme))
}

fn pass(vouched: &Vouched) -> Response<Reply> {
    let mut response = Response::new(Reply::default());
    let headers = response.headers_mut();
    headers.extend(vouched.told.clone());
    headers.extend(vouched.said().map(|(name, value)| (name.clone(), value.clone())));
    let removed: Vec<&str> = vouched.removed.iter().map(HeaderName::as_str).collect();
    if let Ok(removed) = HeaderValue::from_str(&removed.join(",")) {
        headers.insert(REMOVED, removed);
    }
    response
}
