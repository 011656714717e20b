//! The doors for proxies of another make that this gateway stands beside: each tells of a request
//! that it has received and is told whether it may pass it on. Whatever way it tells, the request
//! becomes the same [`crate::asked::Asked`] and goes through the same pipeline.
//!
//! | door | for |
//! |---|---|
//! | gRPC `envoy.service.auth.v3.Authorization/Check` | Envoy |
//! | `/ext_authz`, `/ext_authz_with_body`, then the target | Envoy, over HTTP |
//! | `/auth_request` | nginx |
//! | `/forward_auth` | Caddy, Traefik |
//! | `/access/v1/evaluation`, `/access/v1/evaluations` | AuthZEN, about what is only described |

mod authzen;
mod envoy;
mod forward;
mod grpc;
mod inquiry;
mod messages;
mod reply;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;

use super::accept::{chain, protocol};
use super::door::Receives;
use super::screen::Screened;
use crate::core::Core;
use crate::settings::Proxies;
use inquiry::Counter;
use reply::Reply;

/// What is done with the connections of proxies.
#[derive(Clone)]
pub(super) struct Inquiries {
    core: Rc<Core>,
    callers: Rc<Proxies>,
}

impl Inquiries {
    /// For those that the settings let ask; without any, nobody is answered.
    pub(super) fn new(core: Rc<Core>) -> Self {
        let callers = core.settings.beside.iter().flat_map(|beside| &beside.callers);
        let networks = callers.copied().collect();
        Self { callers: Rc::new(Proxies { networks, client_cert_header: false }), core }
    }

    async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Reply> {
        let counter = Counter { core: &self.core, peer };
        let path = request.uri().path();
        if path == grpc::CHECK {
            return grpc::answer(request, &counter).await;
        }
        if let Some(door) = envoy::Door::at(path) {
            return envoy::answer(request, door, &counter).await;
        }
        if let Some(door) = authzen::Door::at(path) {
            return authzen::answer(request, door, &counter).await;
        }
        match forward::Door::at(path) {
            Some(door) => forward::answer(request, door, &counter).await,
            None => Reply::plain(StatusCode::NOT_FOUND, "there is no such door here\n"),
        }
    }
}

/// Refuses, and trusts nothing more on this connection.
fn refuse_smuggled() -> Response<Reply> {
    let mut response = Reply::plain(StatusCode::BAD_REQUEST, "framed in two ways\n");
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

impl Receives for Inquiries {
    fn knows(&self, peer: IpAddr) -> bool {
        self.callers.trusts(peer)
    }

    async fn receive(self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let builder = protocol(&self.core.settings.bounds);
        let (stream, alarm) = Screened::new(stream);
        let service = service_fn(move |request| {
            let (inquiries, alarm) = (self.clone(), alarm.clone());
            async move {
                if alarm.is_raised() {
                    return Ok(refuse_smuggled());
                }
                Ok::<_, Infallible>(inquiries.answer(request, peer.ip()).await)
            }
        });
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::info!(%peer, error = %chain(&*error), "a proxy's connection broke off");
        }
    }
}
