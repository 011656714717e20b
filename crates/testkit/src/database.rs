//! A part of a PostgreSQL server that is one test's own, and a wire to it that can be cut.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bailiwick_store::Store;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// An empty schema. The server is named by `BAILIWICK_TEST_POSTGRES`.
pub struct Schema {
    /// Where a store is to be opened.
    pub url: String,
    name: String,
    admin: Store,
}

impl Schema {
    /// Makes one.
    pub async fn make() -> Self {
        let server = server();
        let name = format!("kit_{:016x}", RandomState::new().build_hasher().finish());
        // This store's own tables are each connection's own, and gone with it.
        let admin = Store::open(&within(&server, "pg_temp"), Path::new("/")).await.unwrap();
        run(&admin, format!("CREATE SCHEMA {name}")).await;
        Self { url: within(&server, &name), name, admin }
    }

    /// Removes it with all that is in it, once nobody uses it.
    pub async fn remove(self) {
        run(&self.admin, format!("DROP SCHEMA {} CASCADE", self.name)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the servers are named by the environment")]
fn server() -> String {
    let found = std::env::var("BAILIWICK_TEST_POSTGRES").ok();
    assert!(found.is_some(), "no PostgreSQL server is named: run `cargo xtask test`");
    found.unwrap_or_default()
}

fn within(server: &str, schema: &str) -> String {
    let joint = if server.contains('?') { '&' } else { '?' };
    format!("{server}{joint}options[search_path]={schema}")
}

async fn run(store: &Store, sql: String) {
    let leaked: &'static str = sql.leak();
    let mut tx = store.begin_append().await.unwrap();
    tx.execute(leaked, []).await.unwrap();
    tx.save().await.unwrap();
}

/// A relay between a client and a server, until it is cut.
pub struct Wire {
    /// Where it listens.
    pub address: SocketAddr,
    connections: Arc<Mutex<Option<JoinSet<()>>>>,
    accepting: JoinHandle<()>,
}

impl Wire {
    /// Begins to relay to this address, `host:port`.
    pub async fn lay(server: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(Mutex::new(Some(JoinSet::new())));
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&connections)));
        Self { address, connections, accepting }
    }

    /// Breaks off every connection, and lets no new one live.
    pub async fn cut(&self) {
        let open = self.connections.lock().unwrap().take();
        if let Some(mut open) = open {
            open.shutdown().await;
        }
    }

    /// Relays again.
    pub fn mend(&self) {
        *self.connections.lock().unwrap() = Some(JoinSet::new());
    }

    /// The same URL of a database, by way of this wire.
    pub async fn to(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (place, path) = rest.split_once('/').unwrap();
        let (user, server) = place.split_once('@').unwrap();
        let wire = Self::lay(server.to_owned()).await;
        let url = format!("{scheme}://{user}@{}/{path}", wire.address);
        (wire, url)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    server: String,
    connections: Arc<Mutex<Option<JoinSet<()>>>>,
) {
    while let Ok((mut near, _)) = listener.accept().await {
        let server = server.clone();
        let relay = async move {
            if let Ok(mut far) = TcpStream::connect(server).await {
                // However it ends, both sides hear of it.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        };
        if let Some(open) = connections.lock().unwrap().as_mut() {
            open.spawn(relay);
        }
    }
}
