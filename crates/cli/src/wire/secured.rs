//! The authority's listener when it ends TLS itself: handshakes happen beside each other, so that a
//! slow client keeps nobody waiting.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use bailiwick_authority::PeerCertificate;
use bailiwick_gateway::listen::tls;
use bailiwick_proof::certificate::Chain;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How many handshakes may be under way.
const HANDSHAKES: usize = 256;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections whose handshake is done.
pub(super) struct Secured {
    done: mpsc::Receiver<(TlsStream<TcpStream>, Peer)>,
    address: SocketAddr,
}

/// Who is at the other end.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    address: SocketAddr,
    certificate: Option<Arc<Chain>>,
}

impl Secured {
    /// Accepts from now on, until this is dropped.
    pub(super) fn begin(
        listener: TcpListener,
        address: SocketAddr,
        config: Arc<ServerConfig>,
    ) -> Self {
        let (sender, done) = mpsc::channel(HANDSHAKES);
        tokio::spawn(accept(listener, TlsAcceptor::from(config), sender));
        Self { done, address }
    }
}

/// The router, to which every request says who is at the other end of its connection.
pub(super) fn with_peers(router: Router) -> Router {
    router.layer(middleware::from_fn(introduce))
}

/// Puts the peer's address and certificate where the authority looks for them.
async fn introduce(mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions_mut().remove::<ConnectInfo<Peer>>() {
        request.extensions_mut().insert(ConnectInfo(peer.address));
        if let Some(certificate) = peer.certificate {
            request.extensions_mut().insert(PeerCertificate(certificate));
        }
    }
    next.run(request).await
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    done: mpsc::Sender<(TlsStream<TcpStream>, Peer)>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = done.closed() => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let (acceptor, done) = (acceptor.clone(), done.clone());
        tokio::spawn(async move {
            let _place = place;
            match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let certificate = tls::peer(stream.get_ref().1);
                    // Nobody takes it any more when the authority has stopped.
                    let _ = done.send((stream, Peer { address, certificate })).await;
                }
                Ok(Err(error)) => tracing::info!(%address, %error, "a TLS handshake failed"),
                Err(_) => tracing::info!(%address, "a TLS handshake took too long"),
            }
        });
    }
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Peer) {
        match self.done.recv().await {
            Some(connection) => connection,
            None => pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { address: self.address, certificate: None })
    }
}

impl Connected<IncomingStream<'_, Secured>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Secured>) -> Self {
        stream.remote_addr().clone()
    }
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::routing::get;
    use bailiwick_gateway::settings::{ClientCertificates, Tls};
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;

    use super::*;

    type Identity = rcgen::CertifiedKey<rcgen::KeyPair>;

    fn identity() -> Identity {
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
    }

    async fn who(peer: Option<Extension<PeerCertificate>>) -> String {
        match peer {
            Some(Extension(PeerCertificate(chain))) => chain.leaf().thumbprint().to_owned(),
            None => "nobody".to_owned(),
        }
    }

    async fn serve(server: &Identity) -> SocketAddr {
        let directory = tempfile::tempdir().unwrap();
        let (cert, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
        std::fs::write(&cert, server.cert.pem()).unwrap();
        std::fs::write(&key, server.signing_key.serialize_pem()).unwrap();
        let config = Tls { cert, key, clients: ClientCertificates::Optional };
        let config = tls::server_config(&config).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let secured = Secured::begin(listener, address, config);
        let router = with_peers(Router::new().route("/who", get(who)));
        let told = router.into_make_service_with_connect_info::<Peer>();
        tokio::spawn(axum::serve(secured, told).into_future());
        address
    }

    async fn ask(address: SocketAddr, server: &Identity, client: Option<&Identity>) -> String {
        let mut roots = RootCertStore::empty();
        roots.add(server.cert.der().clone()).unwrap();
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let config = match client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let key =
                    PrivateKeyDer::from_pem_slice(client.signing_key.serialize_pem().as_bytes());
                builder
                    .with_client_auth_cert(vec![client.cert.der().clone()], key.unwrap())
                    .unwrap()
            }
        };
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect(name, stream).await.unwrap();
        let request = "GET /who HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.rsplit("\r\n\r\n").next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn the_authority_learns_which_certificate_a_client_showed() {
        let (server, client) = (identity(), identity());
        let address = serve(&server).await;
        // A connection that never speaks keeps nobody waiting.
        let _silent = TcpStream::connect(address).await.unwrap();
        let shown = Chain::from_der([client.cert.der().as_ref()]).unwrap();
        let answer = ask(address, &server, Some(&client)).await;
        assert_eq!(answer, shown.leaf().thumbprint());
        assert_eq!(ask(address, &server, None).await, "nobody");
    }
}
