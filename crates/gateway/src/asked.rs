//! What was asked: one request, read once, in the only form that later steps see.

pub mod facts;
pub(crate) mod fields;
mod forwarded;
pub mod origin;
pub mod passing;
pub mod payload;
pub mod shown;
pub mod target;
pub mod trace;

use std::cell::OnceCell;
use std::net::IpAddr;
use std::sync::Arc;

use crate::settings::{Bounds, Settings};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::RecordId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::certificate::Chain;
use bailiwick_proof::message::Request as Signed;
use facts::Facts;
use http::header::{HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, Version};
use origin::Connection;
use payload::{Payload, Source};
use target::Target;
use trace::Trace;

/// A request as it arrived at a listener.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// The id of the request and of its record.
    pub id: RecordId,
    /// When its head had arrived.
    pub at: Timestamp,
    /// The same instant, for measuring how long it takes.
    pub begun: tokio::time::Instant,
    /// Where it comes from: the other end of the connection, or what a trusted proxy there says.
    pub address: IpAddr,
    /// `http` or `https`, as agents see it.
    pub scheme: &'static str,
    /// An unpredictable number, for a trace that begins here.
    pub chance: u128,
    /// Beside which proxy the gateway is asked; none where the request passes through it.
    pub via: Option<&'static str>,
}

/// A well-formed request.
pub struct Asked {
    /// How it arrived.
    pub arrival: Arrival,
    /// Method, header fields and version as received.
    pub parts: Parts,
    /// The host asked for, lower case, without a default port.
    pub authority: String,
    /// Path and query.
    pub target: Target,
    /// The trace that its header fields say it belongs to, or one that begins here.
    fields_trace: Trace,
    /// The one that its message says, where the fields say none.
    message_trace: OnceCell<Trace>,
    /// The client's certificates, where it showed any and proved that it holds the key.
    pub certificate: Option<Arc<Chain>>,
    /// The body.
    pub payload: Payload,
    /// What has been established about it so far, for the record.
    pub facts: Facts,
}

/// A request that is not one: what could still be read of it, and why it is refused.
#[derive(Debug)]
pub struct Malformed {
    /// How it arrived.
    pub arrival: Arrival,
    /// Its head.
    pub parts: Parts,
    /// Why it is refused.
    pub denial: Denial,
}

impl Asked {
    /// Reads a request's head; the body is left unread. `arrival` has the address of the
    /// connection's peer, which a trusted proxy there may put right.
    pub fn read(
        request: http::Request<Source>,
        mut arrival: Arrival,
        connection: &Connection,
        settings: &Settings,
    ) -> Result<Self, Box<Malformed>> {
        let (parts, body) = request.into_parts();
        match origin::find(connection, &parts.headers, &settings.proxies) {
            Ok(origin) => {
                arrival.address = origin.address;
                let request = http::Request::from_parts(parts, body);
                Self::told(request, arrival, origin.certificate, settings)
            }
            Err(denial) => Err(Box::new(Malformed { arrival, parts, denial })),
        }
    }

    /// The same of a request whose origin is known: `arrival` has its address.
    pub fn told(
        request: http::Request<Source>,
        arrival: Arrival,
        certificate: Option<Arc<Chain>>,
        settings: &Settings,
    ) -> Result<Self, Box<Malformed>> {
        let (parts, body) = request.into_parts();
        match check_head(&parts, body, arrival.scheme, &settings.bounds) {
            Ok((authority, target, payload)) => {
                let fields_trace = Trace::continue_from(&parts.headers, arrival.chance);
                Ok(Self {
                    arrival,
                    parts,
                    authority,
                    target,
                    fields_trace,
                    message_trace: OnceCell::new(),
                    certificate,
                    payload,
                    facts: Facts::default(),
                })
            }
            Err(denial) => Err(Box::new(Malformed { arrival, parts, denial })),
        }
    }

    /// The certificates by which the client may be known, its own first; it holds the key. Whether
    /// they are anybody's, and valid, is still to be asked.
    pub fn client_certificate(&self) -> Option<&Chain> {
        self.certificate.as_deref()
    }

    /// The trace it belongs to, as far as it has been read.
    pub fn trace(&self) -> &Trace {
        self.message_trace.get().unwrap_or(&self.fields_trace)
    }

    /// Hears of the trace that its message names, which counts where its header fields name none.
    pub(crate) fn hear_trace(&self, traceparent: &str, tracestate: Option<&str>) {
        if let Some(trace) = self.fields_trace.continue_in(traceparent, tracestate) {
            self.message_trace.get_or_init(|| trace);
        }
    }

    /// When it arrived.
    pub fn at(&self) -> Timestamp {
        self.arrival.at
    }

    /// The header fields as received.
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The host asked for, without any port.
    pub fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }

    /// The request as its signature sees it.
    pub fn signed(&self) -> Signed<'_> {
        Signed {
            method: self.parts.method.as_str(),
            scheme: self.arrival.scheme,
            authority: &self.authority,
            path: self.target.path(),
            query: self.target.query(),
            headers: &self.parts.headers,
        }
    }
}

fn check_head(
    parts: &Parts,
    body: Source,
    scheme: &str,
    bounds: &Bounds,
) -> Result<(String, Target, Payload), Denial> {
    if parts.method == Method::CONNECT {
        return Err(Denial::RequestMalformed("CONNECT is not forwarded"));
    }
    check_framing(&parts.headers)?;
    let authority = find_authority(parts, scheme)?;
    let target = match parts.uri.path_and_query() {
        Some(target) => Target::check(target.clone())?,
        None => return Err(Denial::RequestMalformed("the target has no path")),
    };
    Ok((authority, target, Payload::new(body, bounds)?))
}

/// A transfer coding other than plain `chunked` is not forwarded (RFC 9112, section 6.1): the body
/// that is signed, limited and recorded would not be the one that the upstream decodes.
fn check_framing(headers: &HeaderMap) -> Result<(), Denial> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(only), None) if only.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Denial::RequestMalformed("a transfer coding other than `chunked`")),
    }
}

/// The one authority of the request (RFC 9110, section 7.2): `Host`, or `:authority`, and never two
/// that differ.
fn find_authority(parts: &Parts, scheme: &str) -> Result<String, Denial> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let header = match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => return Err(Denial::RequestMalformed("more than one Host")),
        (Some(value), None) => {
            Some(value.to_str().map_err(|_| Denial::RequestMalformed("Host is not readable"))?)
        }
        (None, _) => None,
    };
    let uri = parts.uri.authority().map(Authority::as_str);
    let named = match (uri, header) {
        (Some(uri), Some(header)) if !uri.eq_ignore_ascii_case(header) => {
            return Err(Denial::RequestMalformed("Host and target name different hosts"));
        }
        (Some(named), _) | (None, Some(named)) => named,
        (None, None) if parts.version == Version::HTTP_10 => "",
        (None, None) => return Err(Denial::RequestMalformed("no Host")),
    };
    normalize_authority(named, scheme)
}

/// Lower case, default port dropped (RFC 9421, section 2.2.3).
fn normalize_authority(named: &str, scheme: &str) -> Result<String, Denial> {
    let refused = Err(Denial::RequestMalformed("Host is not a host and an optional port"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte);
    if named.len() > 255 || !named.bytes().all(plain) {
        return refused;
    }
    let default = if scheme == "https" { ":443" } else { ":80" };
    Ok(named.strip_suffix(default).unwrap_or(named).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(build: http::request::Builder, scheme: &str, expected: Option<&str>) {
        let (parts, ()) = build.body(()).unwrap().into_parts();
        let authority = find_authority(&parts, scheme);
        assert_eq!(authority.as_deref().ok(), expected, "{parts:?}: {authority:?}");
    }

    #[test]
    fn there_is_one_authority_and_it_has_one_spelling() {
        let get = || http::Request::get("/x");
        check(get().header("host", "Api.Acme.Test"), "http", Some("api.acme.test"));
        check(get().header("host", "a:80"), "http", Some("a"));
        check(get().header("host", "a:80"), "https", Some("a:80"));
        check(get().header("host", "a:443"), "https", Some("a"));
        check(get().header("host", "[::1]:8700"), "http", Some("[::1]:8700"));
        check(http::Request::get("http://A/x").header("host", "a"), "http", Some("a"));
        check(get(), "http", None);
        check(get().header("host", "a").header("host", "a"), "http", None);
        check(get().header("host", "user@a"), "http", None);
        check(get().header("host", "a/b"), "http", None);
        check(get().header("host", "a b"), "http", None);
        check(http::Request::get("http://a/x").header("host", "b"), "http", None);
    }

    #[test]
    fn only_chunked_is_taken_as_a_transfer_coding() {
        for (values, fine) in [
            (&[][..], true),
            (&["chunked"][..], true),
            (&["Chunked"][..], true),
            (&["gzip, chunked"][..], false),
            (&["chunked", "chunked"][..], false),
            (&["identity"][..], false),
            (&["\u{b}chunked"][..], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = http::HeaderValue::from_bytes(value.as_bytes());
                headers.append(
                    TRANSFER_ENCODING,
                    value.unwrap_or(http::HeaderValue::from_static("?")),
                );
            }
            assert_eq!(check_framing(&headers).is_ok(), fine, "{values:?}");
        }
    }
}
