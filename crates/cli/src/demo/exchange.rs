//! One request and its answer, byte for byte as they were made: nothing is normalized on the way,
//! so that an attack arrives as it was meant.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::failure::Failure;

/// A request, ready to be sent once or several times.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Prepared {
    /// Sends it on a connection of its own.
    pub(super) async fn send(&self, to: SocketAddr) -> Result<Answer, Failure> {
        let unsent =
            |error: &dyn std::fmt::Display| Failure::unreachable(&format!("http://{to}"), error);
        let stream = TcpStream::connect(to).await.map_err(|error| unsent(&error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| unsent(&error))?;
        let driving = tokio::spawn(connection);
        let response =
            sender.send_request(self.build(to)?).await.map_err(|error| unsent(&error))?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(|error| unsent(&error))?;
        driving.abort();
        Ok(Answer { status, body: body.to_bytes().to_vec() })
    }

    fn build(&self, to: SocketAddr) -> Result<Request<Full<Bytes>>, Failure> {
        let body = Full::new(Bytes::from(self.body.clone()));
        let request = Request::builder().method(self.method.clone()).uri(&self.target);
        let mut request = request.body(body).map_err(Failure::refused)?;
        *request.headers_mut() = self.headers.clone();
        let host = to.to_string().parse().map_err(Failure::refused)?;
        request.headers_mut().insert("host", host);
        Ok(request)
    }
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
