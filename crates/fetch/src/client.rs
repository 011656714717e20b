//! One guarded exchange over HTTP.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST,
    USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;

use crate::connect::connect;
use crate::guard::{Guard, Unusable};
use crate::max_age::max_age;
use crate::resolver::Resolver;
use crate::unfetched::Unfetched;
use crate::url::Url;

const MAX_FIELDS: usize = 64;
const MAX_FIELD_BYTES: usize = 16 * 1024;
const MAX_BUFFER_BYTES: usize = 32 * 1024;

/// What is asked, and how much may be answered.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Where.
    pub url: &'a Url,
    /// The media types one of which the answer must have, without parameters, in lower case.
    pub accept: &'a [&'a str],
    /// The longest answer, in bytes, counted as they arrive.
    pub max_bytes: usize,
}

impl<'a> Ask<'a> {
    /// The longest answer, unless said otherwise.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// An answer of at most [`Ask::MAX_BYTES`] in one of these media types.
    pub fn new(url: &'a Url, accept: &'a [&'a str]) -> Self {
        Self { url, accept, max_bytes: Self::MAX_BYTES }
    }
}

/// An answer: status 200, of a media type that was asked for, whole.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The body.
    pub body: Vec<u8>,
    /// Seconds for which the server says it is fresh; none when it does not say.
    pub max_age: Option<i64>,
}

/// Asks servers within the rules of a [`Guard`]: no redirects, no proxies, no cookies, no content
/// codings, one connection an exchange, and that to the address that was checked.
#[derive(Clone)]
pub struct Client(Arc<Parts>);

struct Parts {
    guard: Guard,
    resolver: Resolver,
    tls: Arc<ClientConfig>,
}

impl Client {
    /// A client that keeps to these rules.
    pub fn new(guard: Guard, resolver: Resolver) -> Result<Self, Unusable> {
        let tls = guard.tls()?;
        Ok(Self(Arc::new(Parts { guard, resolver, tls })))
    }

    /// Asks for a document.
    pub async fn get(&self, ask: Ask<'_>) -> Result<Fetched, Unfetched> {
        self.exchange(ask, request(ask, &Method::GET, "", Bytes::new())?).await
    }

    /// Sends a JSON document, and asks for what is answered to it.
    pub async fn post_json(&self, ask: Ask<'_>, json: Vec<u8>) -> Result<Fetched, Unfetched> {
        self.exchange(ask, request(ask, &Method::POST, "application/json", json.into())?).await
    }

    /// Sends a form, with this `Authorization` if any, and asks for what is answered to it.
    pub(crate) async fn post_form(
        &self,
        ask: Ask<'_>,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<Fetched, Unfetched> {
        let kind = "application/x-www-form-urlencoded";
        let mut request = request(ask, &Method::POST, kind, form.into())?;
        request.headers_mut().extend(authorized(authorization));
        self.exchange(ask, request).await
    }

    async fn exchange(
        &self,
        ask: Ask<'_>,
        request: Request<Full<Bytes>>,
    ) -> Result<Fetched, Unfetched> {
        let read = async |response: Response<Incoming>| {
            check(&response, ask.accept)?;
            let max_age = max_age(response.headers());
            let body = read(response.into_body(), ask.max_bytes).await?;
            Ok(Fetched { body, max_age })
        };
        self.in_time(ask.url, request, read).await
    }

    /// Sends a body of this media type, with these fields. The answer counts whatever its status:
    /// that, and its body, of which no more than `ask.max_bytes` are read.
    pub(crate) async fn send(
        &self,
        ask: Ask<'_>,
        (kind, body): (&str, Vec<u8>),
        fields: HeaderMap,
    ) -> Result<(u16, Vec<u8>), Unfetched> {
        let mut request = request(ask, &Method::POST, kind, body.into())?;
        request.headers_mut().extend(fields);
        let read = async |response: Response<Incoming>| {
            let status = response.status();
            if status.is_redirection() {
                return Err(Unfetched::Redirected);
            }
            Ok((status.as_u16(), read(response.into_body(), ask.max_bytes).await?))
        };
        self.in_time(ask.url, request, read).await
    }

    async fn in_time<T>(
        &self,
        url: &Url,
        request: Request<Full<Bytes>>,
        read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, Unfetched>,
    ) -> Result<T, Unfetched> {
        let answered = self.converse(url, request, read);
        let in_time = tokio::time::timeout(self.0.guard.patience, answered).await;
        in_time.map_err(|_| Unfetched::TooSlow)?
    }

    async fn converse<T>(
        &self,
        url: &Url,
        request: Request<Full<Bytes>>,
        read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, Unfetched>,
    ) -> Result<T, Unfetched> {
        let Parts { guard, resolver, tls } = &*self.0;
        let stream = connect(url, guard, resolver, tls).await?;
        let mut builder = Builder::new();
        builder.max_headers(MAX_FIELDS).max_header_size(MAX_FIELD_BYTES);
        builder.max_buf_size(MAX_BUFFER_BYTES);
        let connected = builder.handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = connected.map_err(|_| Unfetched::Unreachable)?;
        let answered = async {
            let response = sender.send_request(request).await;
            read(response.map_err(|_| Unfetched::Unreachable)?).await
        };
        tokio::pin!(answered, connection);
        // The connection may end before what it brought has been read.
        tokio::select! {
            biased;
            answered = &mut answered => return answered,
            _ = &mut connection => {}
        }
        answered.await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.guard).finish()
    }
}

fn request(
    ask: Ask<'_>,
    method: &Method,
    kind: &str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Unfetched> {
    let mut builder = Request::builder()
        .method(method)
        .uri(ask.url.target())
        .header(HOST, ask.url.authority())
        .header(ACCEPT, ask.accept.join(", "))
        .header(ACCEPT_ENCODING, "identity")
        .header(USER_AGENT, concat!("bailiwick/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close");
    if *method == Method::POST {
        builder = builder.header(CONTENT_TYPE, kind);
    }
    builder.body(Full::new(body)).map_err(|_| Unfetched::NotAUrl("no request can be made of it"))
}

/// `Authorization`, if there is one; not printed with the rest.
pub(crate) fn authorized(authorization: Option<HeaderValue>) -> HeaderMap {
    let field = authorization.map(|mut value| {
        value.set_sensitive(true);
        (AUTHORIZATION, value)
    });
    field.into_iter().collect()
}

fn check(response: &Response<Incoming>, accept: &[&str]) -> Result<(), Unfetched> {
    let status = response.status();
    if status.is_redirection() {
        return Err(Unfetched::Redirected);
    }
    if status != http::StatusCode::OK {
        return Err(Unfetched::Status(status.as_u16()));
    }
    let field = |name| response.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let coded = field(CONTENT_ENCODING).is_some_and(|it| !it.eq_ignore_ascii_case("identity"));
    let media_type = field(CONTENT_TYPE).and_then(|it| it.split(';').next()).unwrap_or_default();
    let is_asked_for = accept.iter().any(|it| it.eq_ignore_ascii_case(media_type.trim()));
    if coded || !is_asked_for { Err(Unfetched::MediaType) } else { Ok(()) }
}

async fn read(mut body: Incoming, max_bytes: usize) -> Result<Vec<u8>, Unfetched> {
    let too_large = Unfetched::TooLarge(max_bytes);
    if usize::try_from(body.size_hint().lower()).map_or(true, |declared| declared > max_bytes) {
        return Err(too_large);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unfetched::Unreachable)?;
        let Some(data) = frame.data_ref() else { continue };
        if data.len() > max_bytes.saturating_sub(bytes.len()) {
            return Err(too_large);
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes)
}
