//! Envoy's external authorization over gRPC: one message in, one message out, over HTTP/2.
//!
//! Whether the body comes along, whoever sets Envoy up says in the metadata of the call (`body:
//! forwarded`), where no caller can; a body that came as text and not as bytes counts as unseen, as
//! does one that is not as long as its request says.

use std::net::IpAddr;
use std::sync::Arc;

use bailiwick_contract::percent;
use bailiwick_domain::denial::Denial;
use bailiwick_proof::certificate::Chain;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use prost::Message;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::envoy::{ENVOY, is_partial};
use super::inquiry::{Counter, Refusal, Told, Unclear, Word, retarget, scheme};
use super::messages::{
    self, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderValueOption, HttpRequest,
    HttpResponse, HttpStatus, OkHttpResponse, Peer, Status,
};
use super::reply::Reply;
use crate::asked::payload::Source;
use crate::upstream::vouch::Vouched;

/// The method that Envoy calls.
pub(super) const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

/// Of `google.rpc.Code`.
const OK: i32 = 0;
const INVALID_ARGUMENT: i32 = 3;
const PERMISSION_DENIED: i32 = 7;
const UNIMPLEMENTED: i32 = 12;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// The answer to Envoy.
pub(super) async fn answer(request: Request<Incoming>, counter: &Counter<'_>) -> Response<Reply> {
    let is_grpc = |value: &HeaderValue| value.as_bytes().starts_with(GRPC.as_bytes());
    if !request.headers().get(CONTENT_TYPE).is_some_and(is_grpc) {
        return Reply::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "this door is for gRPC\n");
    }
    let comes_along = request.headers().get("body").is_some_and(|it| it == "forwarded");
    let Ok(framed) = counter.gather(request.into_body()).await else {
        return fail(INVALID_ARGUMENT);
    };
    let asked = match unframe(framed) {
        Ok(message) => CheckRequest::decode(message),
        Err(code) => return fail(code),
    };
    let Some(asked) = asked.ok().and_then(|check| check.attributes) else {
        return fail(INVALID_ARGUMENT);
    };
    let http = asked.request.and_then(|request| request.http).unwrap_or_default();
    let told = read(http, &asked.source.unwrap_or_default(), comes_along);
    succeed(&match counter.decide(told, ENVOY).await {
        Word::Pass(vouched) => pass(&vouched),
        Word::Refuse(refusal) => refuse(refusal),
    })
}

/// The one message of a call: a flag, its length, and itself.
fn unframe(mut framed: Bytes) -> Result<Bytes, i32> {
    let head = framed.split_to(framed.len().min(5));
    let Some((flag, length)) = head.split_first() else { return Err(INVALID_ARGUMENT) };
    let length = <[u8; 4]>::try_from(length).map(u32::from_be_bytes);
    match (flag, length.map(usize::try_from)) {
        (0, Ok(Ok(length))) if length == framed.len() => Ok(framed),
        (0, _) => Err(INVALID_ARGUMENT),
        (_, _) => Err(UNIMPLEMENTED),
    }
}

fn read(http: HttpRequest, source: &Peer, comes_along: bool) -> Result<Told, Box<Unclear>> {
    let (mut parts, ()) = Request::new(()).into_parts();
    let read = read_head(&http, source, &mut parts);
    let body = read_body(http, comes_along, &parts.headers);
    match read {
        Ok((address, scheme, certificate)) => {
            Ok(Told { parts, body, address, scheme, certificate })
        }
        Err(denial) => Err(Box::new(Unclear { parts, denial })),
    }
}

type Whence = (IpAddr, &'static str, Option<Arc<Chain>>);

fn read_head(http: &HttpRequest, source: &Peer, parts: &mut Parts) -> Result<Whence, Denial> {
    parts.headers = read_fields(http)?;
    let host = HeaderValue::from_str(&http.host);
    parts.headers.insert(HOST, host.map_err(|_| Denial::RequestMalformed("Host is not readable"))?);
    retarget(parts, http.method.as_bytes(), &http.path)?;
    let scheme = scheme(http.scheme.as_bytes())?;
    let address = source.address.as_ref().and_then(|it| it.socket_address.as_ref());
    let address = address.and_then(|it| it.address.parse::<IpAddr>().ok());
    let unsaid = Denial::RequestMalformed("the proxy does not say whom it asks for");
    let address = address.ok_or(unsaid)?.to_canonical();
    Ok((address, scheme, read_certificate(&source.certificate)?))
}

/// The fields, without those that HTTP/2 begins with a colon.
fn read_fields(http: &HttpRequest) -> Result<HeaderMap, Denial> {
    let joined = http.headers.iter().map(|entry| (&entry.key, &entry.value));
    let raw = http.header_map.iter().flat_map(|raw| &raw.headers);
    let raw = raw.map(|header| (&header.key, &header.raw_value));
    let mut fields = HeaderMap::new();
    for (name, value) in joined.chain(raw).filter(|(name, _)| !name.starts_with(b":")) {
        let name = HeaderName::from_bytes(name);
        let value = HeaderValue::from_maybe_shared(value.clone());
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(Denial::RequestMalformed("a field that cannot be read"));
        };
        fields.append(name, value);
    }
    Ok(fields)
}

fn read_body(http: HttpRequest, comes_along: bool, headers: &HeaderMap) -> Source {
    let body = http.raw_body;
    let length = headers.get(CONTENT_LENGTH).map(HeaderValue::as_bytes);
    let is_whole = match length {
        Some(length) => length == body.len().to_string().as_bytes(),
        None => !(headers.contains_key(TRANSFER_ENCODING) && body.is_empty()),
    };
    if comes_along && is_whole && http.body.is_empty() && !is_partial(headers) {
        Source::InHand(body)
    } else {
        Source::Unseen
    }
}

/// The certificates that the caller showed to Envoy, which has checked that it holds the key of
/// the first.
fn read_certificate(encoded: &str) -> Result<Option<Arc<Chain>>, Denial> {
    if encoded.is_empty() {
        return Ok(None);
    }
    let unreadable = || Denial::CredentialMalformed("the client's certificate cannot be read");
    let pem = percent::decode(encoded).ok_or_else(unreadable)?;
    let listed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let listed = listed.map_err(|_| unreadable())?;
    Ok(Some(Arc::new(Chain::from_der(listed.iter().map(AsRef::as_ref))?)))
}

fn pass(vouched: &Vouched) -> CheckResponse {
    let headers = vouched.said().map(|(name, value)| field(name, value)).collect();
    let removed = vouched.removed.iter().map(|name| name.as_str().to_owned()).collect();
    let told = vouched.told.iter().map(|(name, value)| field(name, value)).collect();
    let ok = OkHttpResponse { headers, headers_to_remove: removed, response_headers_to_add: told };
    CheckResponse { status: Some(Status { code: OK }), http_response: Some(HttpResponse::Ok(ok)) }
}

fn refuse(Refusal { status, headers, body }: Refusal) -> CheckResponse {
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: i32::from(status.as_u16()) }),
        headers: headers.iter().map(|(name, value)| field(name, value)).collect(),
        body,
    };
    CheckResponse {
        status: Some(Status { code: PERMISSION_DENIED }),
        http_response: Some(HttpResponse::Denied(denied)),
    }
}

fn field(name: &HeaderName, value: &HeaderValue) -> HeaderValueOption {
    let value = Bytes::copy_from_slice(value.as_bytes());
    let header = messages::HeaderValue { key: name.as_str().to_owned(), value };
    HeaderValueOption { header: Some(header) }
}

fn succeed(message: &CheckResponse) -> Response<Reply> {
    let length = message.encoded_len();
    let Ok(declared) = u32::try_from(length) else { return fail(INVALID_ARGUMENT) };
    let mut framed = BytesMut::with_capacity(length + 5);
    framed.put_u8(0);
    framed.put_u32(declared);
    // The buffer grows as it needs to.
    let _ = message.encode(&mut framed);
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from(OK))]);
    let reply = Reply { data: Some(framed.freeze()), trailers: Some(trailers) };
    let mut response = Response::new(reply);
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

/// The call failed; Envoy refuses the request.
fn fail(code: i32) -> Response<Reply> {
    let mut response = Response::new(Reply::default());
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response.headers_mut().insert(GRPC_STATUS, HeaderValue::from(code));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_call_is_one_message_of_the_length_it_says() {
        let check = |framed: &'static [u8], expected: Result<&[u8], i32>| {
            let found = unframe(Bytes::from_static(framed));
            assert_eq!(found.as_deref(), expected.as_deref(), "{framed:?}");
        };
        check(&[0, 0, 0, 0, 2, 8, 9], Ok(&[8, 9]));
        check(&[0, 0, 0, 0, 0], Ok(&[]));
        check(&[0, 0, 0, 0, 3, 8, 9], Err(INVALID_ARGUMENT));
        check(&[0, 0, 0, 0, 1, 8, 9], Err(INVALID_ARGUMENT));
        check(&[0, 0, 0], Err(INVALID_ARGUMENT));
        check(&[], Err(INVALID_ARGUMENT));
        check(&[1, 0, 0, 0, 2, 8, 9], Err(UNIMPLEMENTED));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_told(bytes: Vec<u8>, certificate: String) {
            let _ = unframe(Bytes::from(bytes.clone()));
            let decoded = CheckRequest::decode(Bytes::from(bytes)).unwrap_or_default();
            let asked = decoded.attributes.unwrap_or_default();
            let http = asked.request.and_then(|request| request.http).unwrap_or_default();
            let _ = read(http, &asked.source.unwrap_or_default(), true);
            let _ = read_certificate(&certificate);
        }
    }
}
