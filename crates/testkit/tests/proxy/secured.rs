//! TLS on both sides, with HTTP/2 where both ends speak it.

use std::path::PathBuf;
use std::sync::Arc;

use bailiwick_gateway::settings::{ClientCertificates, Tls};
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A certificate for `localhost` that is its own authority, in files.
struct Identity {
    directory: tempfile::TempDir,
}

impl Identity {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(directory.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { directory }
    }

    fn cert(&self) -> PathBuf {
        self.directory.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    fn acceptor(&self, protocol: &str) -> TlsAcceptor {
        let chain = vec![CertificateDer::from_pem_file(self.cert()).unwrap()];
        let key = PrivateKeyDer::from_pem_file(self.key()).unwrap();
        let builder = ServerConfig::builder().with_no_client_auth();
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.cert()).unwrap()).unwrap();
        let builder = ClientConfig::builder().with_root_certificates(roots);
        TlsConnector::from(Arc::new(builder.with_no_client_auth()))
    }
}

/// An upstream that speaks TLS and answers each request with the HTTP version it came in.
async fn secured_upstream(identity: &Identity, protocol: &str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let acceptor = identity.acceptor(protocol);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            tokio::spawn(async move {
                let service = hyper::service::service_fn(|request: http::Request<_>| async move {
                    let _: &hyper::body::Incoming = request.body();
                    let host = request.uri().authority().map(ToString::to_string);
                    let text = format!("{:?} {}", request.version(), host.is_some());
                    Ok::<_, std::convert::Infallible>(http::Response::new(text))
                });
                let executor = hyper_util::rt::TokioExecutor::new();
                let builder = hyper_util::server::conn::auto::Builder::new(executor);
                let io = hyper_util::rt::TokioIo::new(stream);
                let _ = builder.serve_connection(io, service).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn an_upstream_is_spoken_to_in_the_best_protocol_it_offers() {
    let identity = Identity::new();
    for (protocol, expected) in [("h2", "HTTP/2.0 true"), ("http/1.1", "HTTP/1.1 false")] {
        let upstream = Some(secured_upstream(&identity, protocol).await);
        let upstream_ca = Some(identity.cert());
        let choices = Choices { upstream, upstream_ca, ..Choices::default() };
        let world = World::begin_with(choices).await;
        for _ in 0..3 {
            let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
            let reply = world.send(&ask).await;
            assert_eq!(String::from_utf8(reply.body).unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn an_upstream_whose_certificate_is_not_trusted_is_not_spoken_to() {
    let (identity, other) = (Identity::new(), Identity::new());
    let upstream = Some(secured_upstream(&identity, "h2").await);
    let upstream_ca = Some(other.cert());
    let world = World::begin_with(Choices { upstream, upstream_ca, ..Choices::default() }).await;
    let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    assert_eq!(world.send(&ask).await.verdict(), "502 upstream_failed");
}

#[tokio::test]
async fn the_gateway_ends_tls_itself_and_its_scheme_is_signed() {
    let identity = Identity::new();
    let tls = Some(Tls {
        cert: identity.cert(),
        key: identity.key(),
        clients: ClientCertificates::Optional,
    });
    let world = World::begin_with(Choices { tls, ..Choices::default() }).await;
    let components = vec!["@method", "@target-uri"];
    for (scheme, expected) in [("https", "HTTP/1.1 200"), ("http", "HTTP/1.1 401")] {
        let mut proof = world.proof();
        proof.components = Some(components.clone());
        let ask = Ask { scheme, ..Ask::new("GET", "/acme/tickets/7") }.signed(&proof);
        let stream = TcpStream::connect(world.gateway.address()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = identity.connector().connect(name, stream).await.unwrap();
        stream.write_all(&ask.bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(expected), "{answer}");
    }
    let plain = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
    assert_eq!(world.send(&plain).await.status, 0, "no plain HTTP where TLS is spoken");
}
