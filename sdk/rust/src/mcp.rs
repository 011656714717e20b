//! The transport of MCP's own client for Rust (`rmcp`), each of whose requests is signed.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::TryStreamExt;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use reqwest::{Request, Response, Url};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::BoxedSseResponse;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpClientTransportConfig, StreamableHttpError,
    StreamableHttpPostResponse,
};
use sse_stream::SseStream;

use crate::acting::Acting;
use crate::error::Error;

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
/// The most of an answer, or of one event, that is read: 16 MiB.
const MAX_MESSAGE: usize = 16 * 1_048_576;

/// What `rmcp` sends by: an agent. [`Acting::mcp`] makes a transport of it.
#[derive(Debug, Clone)]
pub struct SignedMcp(Acting);

type Failed = StreamableHttpError<Error>;
type Fields = HashMap<HeaderName, HeaderValue>;

impl Acting {
    /// A transport to the MCP server at this address, for `rmcp`'s client; each request is sent as
    /// this agent, and signed newly.
    pub fn mcp(&self, url: impl Into<Arc<str>>) -> StreamableHttpClientTransport<SignedMcp> {
        let config = StreamableHttpClientTransportConfig::with_uri(url);
        StreamableHttpClientTransport::with_client(SignedMcp(self.clone()), config)
    }
}

impl StreamableHttpClient for SignedMcp {
    type Error = Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _: Option<String>,
        custom_headers: Fields,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let mut request = asking(Method::POST, &uri, session_id.as_deref(), custom_headers)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        *request.body_mut() = Some(serde_json::to_vec(&message)?.into());
        let answer = self.send(request).await?;
        let (status, session) = (answer.status(), session_of(&answer));
        match status {
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => {
                return Ok(StreamableHttpPostResponse::Accepted);
            }
            StatusCode::NOT_FOUND if session_id.is_some() => {
                return Err(StreamableHttpError::SessionExpired);
            }
            _ => {}
        }
        if status.is_success() && is(&answer, EVENTS) {
            return Ok(StreamableHttpPostResponse::Sse(events(answer), session));
        }
        if !is(&answer, JSON) {
            return Err(unexpected(status));
        }
        let body = whole(answer).await?;
        let read = serde_json::from_slice::<ServerJsonRpcMessage>(&body);
        // What is refused in JSON-RPC's own words is for whoever asked.
        read.map(|message| StreamableHttpPostResponse::Json(message, session))
            .map_err(|error| if status.is_success() { error.into() } else { unexpected(status) })
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _: Option<String>,
        custom_headers: Fields,
    ) -> Result<(), Failed> {
        let request = asking(Method::DELETE, &uri, Some(&session_id), custom_headers)?;
        match self.send(request).await?.status() {
            // A server need not let its sessions be ended.
            status if status.is_success() || status == StatusCode::METHOD_NOT_ALLOWED => Ok(()),
            status => Err(unexpected(status)),
        }
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _: Option<String>,
        custom_headers: Fields,
    ) -> Result<BoxedSseResponse, Failed> {
        let mut request = asking(Method::GET, &uri, session_id.as_deref(), custom_headers)?;
        if let Some(id) = last_event_id {
            request.headers_mut().insert(LAST_EVENT, field(&id)?);
        }
        let answer = self.send(request).await?;
        match answer.status() {
            StatusCode::METHOD_NOT_ALLOWED => Err(StreamableHttpError::ServerDoesNotSupportSse),
            status if status.is_success() && is(&answer, EVENTS) => Ok(events(answer)),
            status => Err(unexpected(status)),
        }
    }
}

impl SignedMcp {
    async fn send(&self, request: Request) -> Result<Response, Failed> {
        self.0.execute(request).await.map_err(StreamableHttpError::Client)
    }
}

fn asking(
    method: Method,
    uri: &str,
    session_id: Option<&str>,
    fields: Fields,
) -> Result<Request, Failed> {
    let misused = |error| Error::misused(format!("no address: {error}"));
    let url = Url::parse(uri).map_err(|error| StreamableHttpError::Client(misused(error)))?;
    let mut request = Request::new(method, url);
    let headers = request.headers_mut();
    headers.extend(fields);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    if let Some(id) = session_id {
        headers.insert(SESSION, field(id)?);
    }
    Ok(request)
}

fn field(text: &str) -> Result<HeaderValue, Failed> {
    let misused = |_| StreamableHttpError::Client(Error::misused("an id that no field can have"));
    HeaderValue::from_str(text).map_err(misused)
}

fn session_of(answer: &Response) -> Option<String> {
    Some(answer.headers().get(SESSION)?.to_str().ok()?.to_owned())
}

fn is(answer: &Response, essence: &str) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let told = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    told.trim().eq_ignore_ascii_case(essence)
}

fn unexpected(status: StatusCode) -> Failed {
    StreamableHttpError::UnexpectedServerResponse(format!("{status}, and no message of MCP").into())
}

async fn whole(mut answer: Response) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        if body.len().saturating_add(chunk.len()) > MAX_MESSAGE {
            return Err(StreamableHttpError::ResponseBodyTooLarge { max_size: MAX_MESSAGE });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn broken(error: reqwest::Error) -> Failed {
    StreamableHttpError::Io(std::io::Error::other(error))
}

/// The events of an answer, none of them longer than is read.
fn events(answer: Response) -> BoxedSseResponse {
    let mut open = Open::default();
    let bytes = answer.bytes_stream().map_err(std::io::Error::other);
    let bounded = bytes.and_then(move |chunk| {
        let is_short = open.takes(&chunk);
        let long = || std::io::Error::other("an event is longer than 16 MiB");
        std::future::ready(is_short.then_some(chunk).ok_or_else(long))
    });
    Box::pin(SseStream::from_bytes_stream(bounded))
}

/// How much there is of the event that is open.
#[derive(Default)]
struct Open {
    bytes: usize,
    /// Whether the line so far is empty: the next end of a line ends the event.
    is_at_start: bool,
}

impl Open {
    fn takes(&mut self, chunk: &[u8]) -> bool {
        for byte in chunk {
            self.bytes = self.bytes.saturating_add(1);
            match byte {
                b'\n' if self.is_at_start => self.bytes = 0,
                b'\n' => self.is_at_start = true,
                b'\r' => {}
                _ => self.is_at_start = false,
            }
            if self.bytes > MAX_MESSAGE {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_as_long_as_is_read_and_no_longer() {
        let line = vec![b'a'; MAX_MESSAGE / 2];
        let mut open = Open::default();
        for _ in 0..3 {
            for part in [b"data:", &line[..], b"\r\n\r\n", b"data: x\n\n"] {
                assert!(open.takes(part));
            }
        }
        assert!(open.takes(&line) && open.takes(b"\n"));
        assert!(!open.takes(&line));
    }
}
