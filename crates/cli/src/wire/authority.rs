//! The authority, served.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Fault;

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

    pub(super) fn serve(self, router: Router) -> Serving {
        let (stop, stopping) = oneshot::channel::<()>();
        let stopped = async {
            // A sender that is gone means the same as one that has spoken.
            let _ = stopping.await;
        };
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(stopped);
        let task = tokio::spawn(serving.into_future());
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
