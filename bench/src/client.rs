//! A plain HTTP/1.1 client for the admin API: one connection, one request at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::message::{self, MAX_BYTES};

/// A connection to the authority, in an operator's name.
#[derive(Debug)]
pub(crate) struct Admin {
    line: TcpStream,
    port: u16,
    token: String,
}

impl Admin {
    /// Connects to a port of the loopback interface.
    pub(crate) fn connect(port: u16, token: &str) -> Result<Self> {
        let line = TcpStream::connect(("127.0.0.1", port))?;
        line.set_nodelay(true)?;
        line.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { line, port, token: token.to_owned() })
    }

    /// Sends an object and returns the one that was made of it.
    pub(crate) fn post(&mut self, path: &str, object: &Value) -> Result<Value> {
        let answer = self.exchange("POST", path, &object.to_string())?;
        serde_json::from_slice(&answer).context("the authority's answer is not JSON")
    }

    /// Ends what is there.
    pub(crate) fn delete(&mut self, path: &str) -> Result<()> {
        self.exchange("DELETE", path, "").map(drop)
    }

    fn exchange(&mut self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.port,
            self.token,
            body.len()
        );
        self.line.write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
        let mut buffer = Vec::new();
        let mut part = [0; 4_096];
        let whole = loop {
            let read = self.line.read(&mut part)?;
            ensure!(read > 0, "the authority closed the connection");
            buffer.extend(part.iter().take(read));
            ensure!(buffer.len() <= MAX_BYTES, "the authority's answer is too long");
            if let Some(whole) = message::first(&buffer) {
                break whole;
            }
        };
        let status = message::status(&buffer);
        let body = buffer.get(whole.body..whole.bytes).unwrap_or_default();
        let made = status.is_some_and(|it| (200..300).contains(&it));
        ensure!(made, "{method} {path}: {}", String::from_utf8_lossy(&buffer));
        Ok(body.to_vec())
    }
}
