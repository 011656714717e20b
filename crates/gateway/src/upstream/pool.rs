//! One core's connections to upstreams. Nothing here is shared with another core.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::endpoint::{Endpoint, Secured};
use crate::asked::payload::{Outgoing, Sending};
use crate::listen::local::OnThisCore;

/// The most idle connections kept to one upstream on one core.
const MOST_IDLE: usize = 128;
/// How long a connection may lie idle before it is not trusted any more.
const LONGEST_IDLE: Duration = Duration::from_secs(45);

/// Idle connections, by the API's place in the list.
pub struct Pool {
    idle: RefCell<Vec<Vec<(Instant, Connection)>>>,
    patience: Duration,
}

/// A connection that requests can be sent on.
pub enum Connection {
    /// One exchange at a time.
    Http1(http1::SendRequest<Outgoing>),
    /// Many exchanges at a time.
    Http2(http2::SendRequest<Outgoing>),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// No connection could be made.
    #[error("the upstream cannot be reached: {0}")]
    Unreachable(#[from] io::Error),
    /// The connection or the exchange broke.
    #[error("the exchange with the upstream broke: {0}")]
    Broken(#[from] hyper::Error),
    /// Nothing came in time.
    #[error("the upstream did not answer in time")]
    TooLate,
}

/// An answer, and the connection to give back once its body has been read.
pub struct Answered {
    /// The upstream's response.
    pub response: Response<Incoming>,
    /// The connection.
    pub connection: Connection,
}

impl Pool {
    /// An empty pool; `patience` bounds connecting and the wait for the first byte together.
    pub fn new(patience: Duration) -> Self {
        Self { idle: RefCell::default(), patience }
    }

    /// Sends a request and waits for the head of the answer, for as long as the body moves on and
    /// then as long as there is patience. A request that a stale connection did not take is sent on
    /// a new one; one that was taken is never sent again.
    pub async fn exchange(
        &self,
        place: usize,
        endpoint: &Endpoint,
        request: Request<Outgoing>,
        sending: &Sending,
    ) -> Result<Answered, Unanswered> {
        let exchange = std::pin::pin!(self.exchange_once(place, endpoint, request));
        wait(self.patience, sending, exchange).await
    }

    async fn exchange_once(
        &self,
        place: usize,
        endpoint: &Endpoint,
        mut request: Request<Outgoing>,
    ) -> Result<Answered, Unanswered> {
        loop {
            let (mut connection, is_new) = match self.take(place).await {
                Some(connection) => (connection, false),
                // Boxed, so that requests that find a connection carry no handshake's state.
                None => (Box::pin(connect(endpoint)).await?, true),
            };
            connection.shape(&mut request, endpoint);
            match connection.send(request).await {
                Ok(response) => return Ok(Answered { response, connection }),
                Err((_, Some(untaken))) if !is_new => request = untaken,
                Err((error, _)) => return Err(error.into()),
            }
        }
    }

    /// An idle connection that is still good.
    async fn take(&self, place: usize) -> Option<Connection> {
        loop {
            let (since, mut connection) = self.idle.borrow_mut().get_mut(place)?.pop()?;
            if since.elapsed() < LONGEST_IDLE && connection.is_ready().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose exchange is over.
    pub fn put(&self, place: usize, connection: Connection) {
        if connection.is_closed() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if idle.len() <= place {
            idle.resize_with(place + 1, Vec::new);
        }
        let kept = idle.get_mut(place).filter(|kept| kept.len() < MOST_IDLE);
        if let Some(kept) = kept {
            kept.push((Instant::now(), connection));
        }
    }
}

/// Waits for an exchange while its body moves on, and then as long as there is patience.
async fn wait<T>(
    patience: Duration,
    sending: &Sending,
    mut exchange: Pin<&mut impl Future<Output = Result<T, Unanswered>>>,
) -> Result<T, Unanswered> {
    loop {
        let passed = sending.passed();
        match tokio::time::timeout(patience, exchange.as_mut()).await {
            Ok(answered) => return answered,
            Err(_) if sending.passed() > passed => {}
            Err(_) => return Err(Unanswered::TooLate),
        }
    }
}

impl Connection {
    fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_closed(),
            Self::Http2(sender) => sender.is_closed(),
        }
    }

    /// Whether a request can be sent now. The task that drives the connection may just need a turn
    /// to notice that the last exchange is over, or that the peer has closed.
    async fn is_ready(&mut self) -> bool {
        for _ in 0..2 {
            let (closed, ready) = match self {
                Self::Http1(sender) => (sender.is_closed(), sender.is_ready()),
                Self::Http2(sender) => (sender.is_closed(), sender.is_ready()),
            };
            if closed || ready {
                return ready && !closed;
            }
            tokio::task::yield_now().await;
        }
        false
    }

    /// Gives the request the target form of the protocol: origin form with `Host` for HTTP/1.1,
    /// scheme and authority for HTTP/2 (RFC 9113, section 8.3.1).
    fn shape(&self, request: &mut Request<Outgoing>, endpoint: &Endpoint) {
        let Self::Http2(_) = self else {
            *request.version_mut() = http::Version::HTTP_11;
            return;
        };
        *request.version_mut() = http::Version::HTTP_2;
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(http::uri::Scheme::HTTPS);
        parts.authority = endpoint.authority.to_str().ok().and_then(|text| text.parse().ok());
        *request.uri_mut() = http::Uri::from_parts(parts).unwrap_or_default();
        request.headers_mut().remove(http::header::HOST);
    }

    async fn send(
        &mut self,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, (hyper::Error, Option<Request<Outgoing>>)> {
        let sent = match self {
            Self::Http1(sender) => sender.try_send_request(request).await,
            Self::Http2(sender) => sender.try_send_request(request).await,
        };
        sent.map_err(|mut error| {
            let untaken = error.take_message();
            (error.into_error(), untaken)
        })
    }
}

async fn connect(endpoint: &Endpoint) -> Result<Connection, Unanswered> {
    let (host, port) = &endpoint.address;
    let stream = TcpStream::connect((host.as_str(), *port)).await?;
    stream.set_nodelay(true)?;
    match &endpoint.tls {
        None => speak_http1(TokioIo::new(stream)).await,
        Some(secured) => connect_secured(stream, secured).await,
    }
}

async fn connect_secured(stream: TcpStream, tls: &Secured) -> Result<Connection, Unanswered> {
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    let stream = connector.connect(tls.name.clone(), stream).await?;
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return speak_http1(TokioIo::new(stream)).await;
    }
    let handshake = http2::Builder::new(OnThisCore).handshake(TokioIo::new(stream));
    let (sender, driver) = handshake.await?;
    tokio::task::spawn_local(async move {
        if let Err(error) = driver.await {
            tracing::debug!(%error, "a connection to an upstream ended");
        }
    });
    Ok(Connection::Http2(sender))
}

async fn speak_http1<S>(stream: S) -> Result<Connection, Unanswered>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, driver) = http1::handshake(stream).await?;
    tokio::task::spawn_local(async move {
        if let Err(error) = driver.with_upgrades().await {
            tracing::debug!(%error, "a connection to an upstream ended");
        }
    });
    Ok(Connection::Http1(sender))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Whether an exchange is waited for whose body moves on so often and is then answered.
    async fn is_answered(steps: u64, every: Duration) -> bool {
        let sending = Sending::default();
        let exchange = async {
            let mut clock = tokio::time::interval(every);
            clock.tick().await;
            for step in 1..=steps {
                clock.tick().await;
                sending.pass(step);
            }
            clock.tick().await;
            Ok(())
        };
        wait(PATIENCE, &sending, std::pin::pin!(exchange)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_may_take_its_time_while_it_moves_on() {
        assert!(is_answered(0, Duration::from_secs(29)).await);
        assert!(is_answered(100, Duration::from_secs(29)).await);
        assert!(!is_answered(0, Duration::from_secs(31)).await);
        assert!(!is_answered(5, Duration::from_secs(61)).await);
    }
}
