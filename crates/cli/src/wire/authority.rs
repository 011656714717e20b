//! The authority, served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Fault;
use super::secured::{Peer, Secured, with_peers};

/// A listener that is open but not yet served: its port is known.
pub(super) struct Reserved {
    listener: TcpListener,
    pub(super) address: SocketAddr,
}

/// The authority while it answers.
pub(super) struct Serving {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Reserved {
    pub(super) async fn bind(address: SocketAddr) -> Result<Self, Fault> {
        let unheard = |source| Fault::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;
        Ok(Self { listener, address })
    }

    /// Serves, over TLS where it is told how.
    pub(super) fn serve(self, router: Router, tls: Option<Arc<ServerConfig>>) -> Serving {
        let (stop, stopping) = oneshot::channel::<()>();
        let stopped = async {
            // A sender that is gone means the same as one that has spoken.
            let _ = stopping.await;
        };
        let task = match tls {
            None => {
                let service = router.into_make_service_with_connect_info::<SocketAddr>();
                let serving = axum::serve(self.listener, service).with_graceful_shutdown(stopped);
                tokio::spawn(serving.into_future())
            }
            Some(config) => {
                let secured = Secured::begin(self.listener, self.address, config);
                let told = with_peers(router).into_make_service_with_connect_info::<Peer>();
                let serving = axum::serve(secured, told).with_graceful_shutdown(stopped);
                tokio::spawn(serving.into_future())
            }
        };
        Serving { address: self.address, stop, task }
    }
}

impl Serving {
    /// Stops accepting and lets open requests end within `patience`.
    pub(super) async fn stop(self, patience: Duration) {
        let _ = self.stop.send(());
        let task = self.task;
        let abort = task.abort_handle();
        if tokio::time::timeout(patience, task).await.is_err() {
            abort.abort();
        }
    }
}
