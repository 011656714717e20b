//! The API behind every peer: answers at once, always the same.

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use crate::message::{self, MAX_BYTES};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
    Content-Length: 25\r\n\r\n{\"ticket\":42,\"open\":true}";

/// Serves on a port of the loopback interface until it is stopped.
pub(crate) fn serve(port: &str) -> Result<()> {
    let port: u16 = port.parse()?;
    Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                loop {
                    let (stream, _) = listener.accept().await?;
                    stream.set_nodelay(true)?;
                    tokio::task::spawn_local(talk(stream));
                }
            })
            .await
    })
}

async fn talk(mut stream: TcpStream) {
    let mut buffer = Vec::with_capacity(MAX_BYTES);
    while let Ok(read) = stream.read_buf(&mut buffer).await {
        if read == 0 || buffer.len() > MAX_BYTES {
            return;
        }
        while let Some(whole) = message::first(&buffer) {
            buffer.drain(..whole.bytes);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_ends_where_it_says_so_that_connections_are_kept() {
        let whole = message::first(ANSWER).map(|it| it.bytes);
        assert_eq!(whole, Some(ANSWER.len()));
    }
}
