//! One core: accepts connections, serves requests on them, and stops when told, letting what was
//! begun come to its end.

use std::cell::Cell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::certificate::Chain;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use super::local::OnThisCore;
use super::screen::{Alarm, Screened};
use super::{health, resource, tls};
use crate::asked::origin::Connection;
use crate::asked::{Arrival, Asked, Malformed};
use crate::check::record;
use crate::core::{Core, Gate};
use crate::observed::Leave;
use crate::permit::Permit;
use crate::pipeline;
use crate::settings::Bounds;
use crate::upstream::answer::Answer;
use crate::upstream::{respond, send};

/// The most streams one HTTP/2 connection may have open.
const STREAMS: u32 = 256;

/// One core's listener.
pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) core: Rc<Core>,
    pub(super) admission: Admission,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Door {
    /// Serves until told to stop, and then until every open request has ended or time is up.
    pub(super) async fn serve(mut self) {
        let graceful = Rc::new(GracefulShutdown::new());
        let open = Rc::new(Cell::new(0_usize));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = self.stopping.wait_for(|stopping| *stopping) => break,
            };
            match accepted {
                Ok((stream, peer)) => self.welcome(stream, peer, &graceful, &open),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::task::yield_now().await;
                }
            }
        }
        drop(self.listener);
        let patience = self.core.settings.bounds.drain;
        let closing = async {
            if let Ok(graceful) = Rc::try_unwrap(graceful) {
                graceful.shutdown().await;
            }
        };
        if timeout(patience, closing).await.is_err() {
            tracing::warn!("requests were still open when time was up; they are broken off");
        }
    }

    fn welcome(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        graceful: &Rc<GracefulShutdown>,
        open: &Rc<Cell<usize>>,
    ) {
        if open.get() >= self.core.settings.bounds.max_connections {
            tracing::warn!(%peer, "too many connections; one more is refused");
            return;
        }
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection ended before it began");
            return;
        }
        let admission = self.admission.clone();
        let connection = Connection { peer: peer.ip(), certificate: None };
        let visit = Visit { core: Rc::clone(&self.core), connection, admission };
        let (watcher, counted) = (graceful.watcher(), Counted::enter(open));
        let tls = self.tls.clone();
        tokio::task::spawn_local(async move {
            let _counted = counted;
            match tls {
                None => visit.converse(stream, watcher).await,
                Some(acceptor) => {
                    let patience = visit.core.settings.bounds.idle;
                    match timeout(patience, acceptor.accept(stream)).await {
                        Ok(Ok(secured)) => {
                            let certificate = tls::peer(secured.get_ref().1);
                            visit.showing(certificate).converse(secured, watcher).await;
                        }
                        Ok(Err(error)) => tracing::info!(%peer, %error, "a TLS handshake failed"),
                        Err(_) => tracing::info!(%peer, "a TLS handshake took too long"),
                    }
                }
            }
        });
    }
}

/// How many connections are open.
struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn enter(open: &Rc<Cell<usize>>) -> Self {
        open.set(open.get() + 1);
        Self(Rc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// One connection.
#[derive(Clone)]
struct Visit {
    core: Rc<Core>,
    connection: Connection,
    admission: Admission,
}

/// How requests are admitted: by the pipeline. Only the benchmark of forwarding alone can be built
/// to do otherwise.
#[derive(Clone, Default)]
pub(super) enum Admission {
    #[default]
    Checked,
    #[cfg(feature = "constant-permit")]
    Constant(crate::constant::Everyone),
}

impl Admission {
    async fn admit(&self, asked: &Asked, gate: &Gate<'_>) -> Result<Permit, Denial> {
        match self {
            Self::Checked => pipeline::admit(asked, gate).await,
            #[cfg(feature = "constant-permit")]
            Self::Constant(everyone) => crate::constant::admit(asked, gate, everyone),
        }
    }
}

impl Visit {
    /// The same visit by a client that holds the key of these certificates.
    fn showing(mut self, certificate: Option<Arc<Chain>>) -> Self {
        self.connection.certificate = certificate;
        self
    }

    async fn converse<S>(self, stream: S, watcher: hyper_util::server::graceful::Watcher)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let builder = protocol(&self.core.settings.bounds);
        let peer = self.connection.peer;
        let (stream, alarm) = Screened::new(stream);
        let service = service_fn(move |request| {
            let (visit, alarm) = (self.clone(), alarm.clone());
            async move { Ok::<_, Infallible>(visit.answer(request, &alarm).await) }
        });
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::info!(%peer, error = %chain(&*error), "a connection broke off");
        }
    }

    async fn answer(&self, request: Request<Incoming>, alarm: &Alarm) -> Response<Answer> {
        let core = &self.core;
        let world = core.world.load_full();
        let gate = Gate { world: &world, core };
        let at = core.clock.now();
        let arrival = Arrival {
            id: core.next_id(at),
            at,
            begun: Instant::now(),
            address: self.connection.peer,
            scheme: core.settings.scheme,
            chance: core.next_number(),
        };
        if alarm.is_raised() {
            return refuse_smuggled(request, arrival, &gate);
        }
        let asked = match Asked::read(request, arrival, &self.connection, &core.settings) {
            Ok(asked) => asked,
            Err(malformed) => return refuse_malformed(&malformed, &gate),
        };
        let own = health::answer(&asked, &gate).or_else(|| resource::answer(&asked, &gate));
        if let Some(answer) = own {
            return answer;
        }
        let denial = match self.admission.admit(&asked, &gate).await {
            Ok(permit) => return send::send(Leave::Admitted(permit), asked, core).await,
            Err(denial) => denial,
        };
        match pipeline::observe(&asked, denial, &gate).await {
            Ok(observed) => send::send(Leave::Observed(observed), asked, core).await,
            Err(denial) => {
                record::refuse(&asked, &denial, respond::status(&denial).as_u16(), &gate);
                respond::refuse_asked(&denial, &asked, &gate)
            }
        }
    }
}

fn refuse_malformed(malformed: &Malformed, gate: &Gate<'_>) -> Response<Answer> {
    let denial = &malformed.denial;
    record::refuse_malformed(malformed, respond::status(denial).as_u16(), gate);
    respond::refuse(denial, None, malformed.arrival.id)
}

/// Refuses, and trusts nothing more on this connection.
fn refuse_smuggled(
    request: Request<Incoming>,
    arrival: Arrival,
    gate: &Gate<'_>,
) -> Response<Answer> {
    let denial = Denial::RequestMalformed("both Transfer-Encoding and Content-Length");
    let (parts, _) = request.into_parts();
    let mut response = refuse_malformed(&Malformed { arrival, parts, denial }, gate);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// HTTP/1.1 and HTTP/2 on one port, every size bounded.
fn protocol(bounds: &Bounds) -> Builder<OnThisCore> {
    let mut builder = Builder::new(OnThisCore);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.idle)
        .max_headers(bounds.max_headers)
        .max_buf_size(bounds.max_header_bytes.max(8 * 1024));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(bounds.max_header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(bounds.idle)
        .keep_alive_timeout(bounds.idle);
    builder
}

/// An error with its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
