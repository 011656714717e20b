//! A connection to exactly the address that was checked.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::guard::Guard;
use crate::resolver::Resolver;
use crate::unfetched::Unfetched;
use crate::url::Url;

/// How many of a name's addresses are tried.
const MAX_ADDRESSES: usize = 4;

/// Resolves once, checks what was found, and connects to that. TLS is for the name in the URL.
pub(crate) async fn connect(
    url: &Url,
    guard: &Guard,
    resolver: &Resolver,
    tls: &Arc<ClientConfig>,
) -> Result<Stream, Unfetched> {
    guard.check_scheme(url)?;
    let found = match url.address() {
        Some(address) => vec![address],
        None => resolver.resolve(url.host()).await.map_err(|_| Unfetched::Unresolved)?,
    };
    let mut plain = Err(Unfetched::Unreachable);
    for address in guard.admit(url, &found)?.into_iter().take(MAX_ADDRESSES) {
        let connecting = TcpStream::connect(SocketAddr::new(address, url.port()));
        if let Ok(Ok(stream)) = tokio::time::timeout(guard.connect_patience, connecting).await {
            plain = Ok(stream);
            break;
        }
    }
    let plain = plain?;
    if !url.is_secure() {
        return Ok(Stream::Plain(plain));
    }
    let name = ServerName::try_from(url.host().to_owned());
    let name = name.map_err(|_| Unfetched::NotAUrl("its host cannot have a certificate"))?;
    let secured = TlsConnector::from(Arc::clone(tls)).connect(name, plain).await;
    secured.map(|stream| Stream::Secured(Box::new(stream))).map_err(|_| Unfetched::Untrusted)
}

/// A connection, secured or plain.
pub(crate) enum Stream {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Secured(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Secured(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secured(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secured(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
