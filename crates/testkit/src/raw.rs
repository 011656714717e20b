//! HTTP/1.1 byte by byte, for requests that no well-behaved client would send.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came over the wire.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The status; 0 when there was no connection, or no answer on it.
    pub status: u16,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first field of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The problem that the body is, or that an error of JSON-RPC has in it.
    pub fn problem(&self) -> serde_json::Value {
        let body = self.json();
        body.pointer("/error/data").cloned().unwrap_or(body)
    }

    /// The denial's code, where the body is one.
    pub fn code(&self) -> Option<String> {
        self.problem().get("code")?.as_str().map(str::to_owned)
    }

    /// Status and code in one word, for comparing: `200` or `401 nonce_replayed`.
    pub fn verdict(&self) -> String {
        match self.code() {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }
}

/// Sends bytes on a new connection and reads until the peer closes it.
pub async fn send(address: SocketAddr, bytes: &[u8]) -> Reply {
    let Ok(mut stream) = TcpStream::connect(address).await else { return Reply::default() };
    // A peer that refuses may close before everything was sent.
    let _ = stream.write_all(bytes).await;
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received).await;
    parse(&received)
}

fn parse(received: &[u8]) -> Reply {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(end) = end else { return Reply::default() };
    let (head, rest) = received.split_at(end);
    let body = rest.get(4..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked"));
    let body = if chunked { join_chunks(body) } else { body.to_vec() };
    Reply { status: status.parse().unwrap_or_default(), headers, body }
}

fn join_chunks(mut rest: &[u8]) -> Vec<u8> {
    let mut joined = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(rest.get(..end).unwrap_or_default()).unwrap_or_default();
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        let from = end + 2;
        if size == 0 {
            break;
        }
        joined.extend_from_slice(rest.get(from..from + size).unwrap_or_default());
        rest = rest.get(from + size + 2..).unwrap_or_default();
    }
    joined
}
