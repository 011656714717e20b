//! One core's listener: accepts connections, hands them on, and stops when told, letting what was
//! begun come to its end.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::settings::Bounds;

/// What is done with a connection.
pub(super) trait Receives: Clone + 'static {
    /// Whether anything at all is said to whoever calls from here.
    fn knows(&self, _: IpAddr) -> bool {
        true
    }

    /// Serves it to its end.
    async fn receive(self, stream: TcpStream, peer: SocketAddr, watcher: Watcher);
}

/// One core's listener.
pub(super) struct Door<R> {
    pub(super) listener: TcpListener,
    pub(super) reception: R,
    pub(super) bounds: std::sync::Arc<Bounds>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl<R: Receives> Door<R> {
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
        let closing = async {
            if let Ok(graceful) = Rc::try_unwrap(graceful) {
                graceful.shutdown().await;
            }
        };
        if timeout(self.bounds.drain, closing).await.is_err() {
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
        if !self.reception.knows(peer.ip()) {
            tracing::info!(%peer, "a stranger's connection is closed");
            return;
        }
        if open.get() >= self.bounds.max_connections {
            tracing::warn!(%peer, "too many connections; one more is refused");
            return;
        }
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection ended before it began");
            return;
        }
        let (reception, watcher) = (self.reception.clone(), graceful.watcher());
        let counted = Counted::enter(open);
        tokio::task::spawn_local(async move {
            let _counted = counted;
            reception.receive(stream, peer, watcher).await;
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
