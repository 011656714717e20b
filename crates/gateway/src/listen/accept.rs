//! What agents ask, connection by connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::certificate::Chain;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use super::door::Receives;
use super::local::OnThisCore;
use super::screen::{Alarm, Screened};
use super::{card, health, resource, tls};
use crate::asked::origin::Connection;
use crate::asked::payload::Source;
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

/// What is done with the connections of agents.
#[derive(Clone)]
pub(super) struct Reception {
    pub(super) core: Rc<Core>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) admission: Admission,
}

impl Receives for Reception {
    async fn receive(self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let Self { core, tls, admission } = self;
        let connection = Connection { peer: peer.ip(), certificate: None };
        let visit = Visit { core, connection, admission };
        let Some(acceptor) = tls else { return visit.converse(stream, watcher).await };
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
            Self::Constant(everyone) => crate::constant::admit(asked, gate, everyone).await,
        }
    }
}

impl Visit {
    /// The same visit by a client that holds the key of these certificates.
    fn showing(mut self, certificate: Option<Arc<Chain>>) -> Self {
        self.connection.certificate = certificate;
        self
    }

    async fn converse<S>(self, stream: S, watcher: Watcher)
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
            via: None,
        };
        if alarm.is_raised() {
            return refuse_smuggled(request, arrival, &gate);
        }
        let request = request.map(Source::Arriving);
        let asked = match Asked::read(request, arrival, &self.connection, &core.settings) {
            Ok(asked) => asked,
            Err(malformed) => {
                let has_body = has_body(&malformed.parts);
                let refused = refuse_malformed(&malformed, &gate);
                return if has_body { last(refused, malformed.parts.version) } else { refused };
            }
        };
        let own = health::answer(&asked, &gate)
            .or_else(|| resource::answer(&asked, &gate))
            .or_else(|| card::answer(&asked, &gate));
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
                let refused = respond::refuse_asked(&denial, &asked, &gate);
                record::refuse(&asked, &denial, refused.status().as_u16(), &gate);
                if asked.payload.has_arrived() {
                    return refused;
                }
                last(refused, asked.parts.version)
            }
        }
    }
}

/// Whether a request says that a body comes behind its head.
fn has_body(parts: &Parts) -> bool {
    let length = parts.headers.get(CONTENT_LENGTH).map(HeaderValue::as_bytes);
    length.is_some_and(|length| length != b"0") || parts.headers.contains_key(TRANSFER_ENCODING)
}

/// The last answer on its connection, and said to be (RFC 9112, section 9.6): the rest of a body
/// that was refused unread is not read either, and nobody is to send another request behind it.
fn last(mut refused: Response<Answer>, version: Version) -> Response<Answer> {
    if version < Version::HTTP_2 {
        refused.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    refused
}

pub(super) fn refuse_malformed(malformed: &Malformed, gate: &Gate<'_>) -> Response<Answer> {
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
pub(super) fn protocol(bounds: &Bounds) -> Builder<OnThisCore> {
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
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
