//! nginx `auth_request`, and the forward authentication of Caddy and Traefik: the proxy sends the
//! caller's fields, and in fields of its own what was asked for.
//!
//! | | nginx | Caddy, Traefik |
//! |---|---|---|
//! | method | `X-Original-Method` | `X-Forwarded-Method` |
//! | target | `X-Original-URI` | `X-Forwarded-Uri` |
//! | host | `Host` | `X-Forwarded-Host` |
//! | scheme | `X-Forwarded-Proto` | `X-Forwarded-Proto` |
//! | address | `X-Forwarded-For` | `X-Forwarded-For` |
//!
//! None of them can show a body that does not come along, nor say for certain that there is none.
//! So whoever sets the proxy up says it, where no caller can: in the query of the address at which
//! the proxy asks. `body=none`: what it passes on has no body. `body=forwarded`: the body comes
//! along, whole. `body=unseen`, or nothing: there may be a body, and it does not come along.
//!
//! What it is told is what a status can say: 200, 401 and 403 and no other. Above all no refusal
//! has a 2xx, as `approval_pending` has elsewhere, which these proxies take for a yes. The status
//! that the caller would have got is in `X-Denial-Status`; nginx, which drops the body of a
//! refusal, has it in `X-Denial` besides.

use std::fmt::Write;
use std::net::IpAddr;

use bailiwick_domain::denial::Denial;
use http::header::{HOST, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::inquiry::{Counter, Refusal, Told, Unclear, Word, one, retarget, scheme};
use super::reply::{DENIAL_STATUS, Reply};
use crate::asked::payload::Source;
use crate::upstream::fields::{REPLACED, is_agents};
use crate::upstream::vouch::Vouched;

const DENIAL: HeaderName = HeaderName::from_static("x-denial");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Where a proxy asks in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// nginx.
    Request,
    /// Caddy and Traefik.
    Forward,
}

/// What becomes of the body, as whoever set up the proxy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Unseen,
    None,
    Forwarded,
}

impl Door {
    /// The door at a path.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/auth_request" => Some(Self::Request),
            "/forward_auth" => Some(Self::Forward),
            _ => None,
        }
    }

    const fn via(self) -> &'static str {
        match self {
            Self::Request => "nginx",
            Self::Forward => "forward_auth",
        }
    }

    const fn fields(self) -> (&'static str, &'static str) {
        match self {
            Self::Request => ("x-original-method", "x-original-uri"),
            Self::Forward => ("x-forwarded-method", "x-forwarded-uri"),
        }
    }
}

/// The answer to a proxy that asks in this way.
pub(super) async fn answer(
    request: Request<Incoming>,
    door: Door,
    counter: &Counter<'_>,
) -> Response<Reply> {
    let told = read(request, door, counter).await;
    match counter.decide(told, door.via()).await {
        Word::Pass(vouched) => pass(vouched),
        Word::Refuse(refusal) => refuse(refusal, door),
    }
}

async fn read(
    request: Request<Incoming>,
    door: Door,
    counter: &Counter<'_>,
) -> Result<Told, Box<Unclear>> {
    let (mut parts, body) = request.into_parts();
    let read = match read_body(parts.uri.query()) {
        Ok(Body::Forwarded) => counter.gather(body).await.map(Source::InHand),
        Ok(Body::None) => Ok(Source::InHand(bytes::Bytes::new())),
        Ok(Body::Unseen) => Ok(Source::Unseen),
        Err(denial) => Err(denial),
    };
    let read = read.and_then(|body| Ok((body, read_head(&mut parts, door, counter)?)));
    match read {
        Ok((body, (address, scheme))) => {
            Ok(Told { parts, body, address, scheme, certificate: None })
        }
        Err(denial) => Err(Box::new(Unclear { parts, denial })),
    }
}

/// Makes the head the caller's; where it comes from, and by which scheme.
fn read_head(
    parts: &mut Parts,
    door: Door,
    counter: &Counter<'_>,
) -> Result<(IpAddr, &'static str), Denial> {
    let (method, target) = door.fields();
    let method = one(&parts.headers, method)?.to_vec();
    let target = str::from_utf8(one(&parts.headers, target)?);
    let target = target.map_err(|_| Denial::RequestMalformed("the target cannot be read"))?;
    let target = target.to_owned();
    retarget(parts, &method, &target)?;
    if door == Door::Forward {
        one(&parts.headers, FORWARDED_HOST.as_str())?;
        if let Some(host) = parts.headers.get(&FORWARDED_HOST).cloned() {
            parts.headers.insert(HOST, host);
        }
    }
    check_claims(&parts.headers)?;
    let scheme = scheme(one(&parts.headers, FORWARDED_PROTO)?)?;
    Ok((counter.address(&parts.headers)?, scheme))
}

/// A field that says which agent calls, and that such a proxy is not set up to take out, would
/// reach the API as if the gateway had said it.
fn check_claims(headers: &HeaderMap) -> Result<(), Denial> {
    let unknown = |name: &HeaderName| is_agents(name) && !REPLACED.contains(name);
    if headers.keys().any(unknown) {
        return Err(Denial::RequestMalformed("a field `X-Agent-…` that only the gateway may send"));
    }
    Ok(())
}

fn read_body(query: Option<&str>) -> Result<Body, Denial> {
    match query {
        None | Some("" | "body=unseen") => Ok(Body::Unseen),
        Some("body=none") => Ok(Body::None),
        Some("body=forwarded") => Ok(Body::Forwarded),
        Some(_) => Err(Denial::RequestMalformed("the proxy asks with another query than `body=`")),
    }
}

/// Yes, and every field that the proxy replaces as the API is to see it.
fn pass(mut vouched: Vouched) -> Response<Reply> {
    let mut response = Response::new(Reply::default());
    let headers = response.headers_mut();
    headers.extend(vouched.told.drain());
    for name in REPLACED {
        headers.remove(&name);
        for value in vouched.fields.get_all(&name) {
            headers.append(name.clone(), value.clone());
        }
    }
    response
}

fn refuse(refusal: Refusal, door: Door) -> Response<Reply> {
    let Refusal { status, headers, body } = refusal;
    let said = HeaderValue::from(status.as_u16());
    let problem = (door == Door::Request).then(|| HeaderValue::from_str(&ascii(&body)));
    let mut response = Response::new(Reply::whole(body));
    *response.status_mut() = match status {
        StatusCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
        _ => StatusCode::FORBIDDEN,
    };
    *response.headers_mut() = headers;
    response.headers_mut().insert(DENIAL_STATUS, said);
    if let Some(Ok(problem)) = problem {
        response.headers_mut().insert(DENIAL, problem);
    }
    response
}

/// JSON with what is not ASCII escaped (RFC 8259, section 7), as a field can carry it.
fn ascii(json: &[u8]) -> String {
    let mut out = String::with_capacity(json.len());
    for character in String::from_utf8_lossy(json).chars() {
        if character.is_ascii() {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_a_body_is_said_in_one_way() {
        for (query, expected) in [
            (None, Some(Body::Unseen)),
            (Some(""), Some(Body::Unseen)),
            (Some("body=unseen"), Some(Body::Unseen)),
            (Some("body=none"), Some(Body::None)),
            (Some("body=forwarded"), Some(Body::Forwarded)),
            (Some("body=None"), None),
            (Some("body=none&body=forwarded"), None),
            (Some("bodies=none"), None),
        ] {
            assert_eq!(read_body(query).ok(), expected, "{query:?}");
        }
    }

    #[test]
    fn only_fields_that_are_replaced_may_name_an_agent() {
        for (name, fine) in
            [("x-agent-id", true), ("x-agent-task", true), ("x-agent-admin", false), ("x-a", true)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("v"));
            assert_eq!(check_claims(&headers).is_ok(), fine, "{name}");
        }
    }

    #[test]
    fn a_problem_fits_into_a_field() {
        assert_eq!(ascii("{\"a\":\"é𝄞\"}".as_bytes()), r#"{"a":"\u00e9\ud834\udd1e"}"#);
    }
}
