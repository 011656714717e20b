//! Client certificates in the TLS handshake: asked for, never demanded, and only with their key.

use std::path::PathBuf;
use std::sync::Arc;

use bailiwick_gateway::listen::tls;
use bailiwick_gateway::settings::{ClientCertificates, Tls};
use bailiwick_proof::certificate::Chain;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme, SupportedProtocolVersion};
use tokio::io::AsyncReadExt;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Certificates, the client's own first, and a key.
struct Client {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    /// The last of the chain, in PEM.
    root: String,
}

impl Client {
    fn self_signed() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["agent".to_owned()]).unwrap();
        let made = params.self_signed(&key).unwrap();
        Self { chain: vec![made.der().clone()], key, root: made.pem() }
    }

    /// A leaf below so many authorities; all of them are in the chain.
    fn below(authorities: usize) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let mut key = KeyPair::generate().unwrap();
        let made = authority.self_signed(&key).unwrap();
        let (mut chain, root) = (vec![made.der().clone()], made.pem());
        for number in 1..=authorities {
            let leaf = CertificateParams::new([format!("agent-{number}")]).unwrap();
            let params = if number == authorities { leaf } else { authority.clone() };
            let next = KeyPair::generate().unwrap();
            let issuer = Issuer::from_params(&authority, &key);
            chain.insert(0, params.signed_by(&next, &issuer).unwrap().der().clone());
            key = next;
        }
        Self { chain, key, root }
    }

    /// The same certificates, shown by somebody with another key.
    fn stolen(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: KeyPair::generate().unwrap(),
            root: self.root.clone(),
        }
    }
}

/// Shows a certificate whatever the key, which honest configurations refuse to.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesClientCert for Shows {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A listener's settings in files, and the certificate a client trusts.
struct Server {
    directory: tempfile::TempDir,
    cert: CertificateDer<'static>,
}

impl Server {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(directory.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(directory.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { directory, cert: made.cert.der().clone() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes the authority that stands at the end of a client's chain.
    fn under(&self, client: &Client) -> ClientCertificates {
        std::fs::write(self.path("ca.pem"), &client.root).unwrap();
        ClientCertificates::Under(self.path("ca.pem"))
    }

    /// The certificates the listener is left with after a handshake, or nothing when it failed.
    async fn meet(
        &self,
        clients: &ClientCertificates,
        client: Option<&Client>,
        version: &'static SupportedProtocolVersion,
    ) -> Option<Option<Arc<Chain>>> {
        let tls = Tls {
            cert: self.path("cert.pem"),
            key: self.path("key.pem"),
            clients: clients.clone(),
        };
        let acceptor = TlsAcceptor::from(tls::server_config(&tls).unwrap());
        let connector = TlsConnector::from(Arc::new(self.client_config(client, version)));
        let (near, far) = tokio::io::duplex(64 * 1024);
        let name = ServerName::try_from("localhost").unwrap();
        let calling = async {
            // A client learns only by reading that a TLS 1.3 server refused it.
            if let Ok(mut stream) = connector.connect(name, near).await {
                let _ = stream.read_u8().await;
            }
        };
        let answering = async {
            let stream = acceptor.accept(far).await.ok()?;
            Some(tls::peer(stream.get_ref().1))
        };
        tokio::join!(calling, answering).1
    }

    fn client_config(
        &self,
        client: Option<&Client>,
        version: &'static SupportedProtocolVersion,
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.cert.clone()).unwrap();
        let builder = ClientConfig::builder_with_protocol_versions(&[version]);
        let builder = builder.with_root_certificates(roots);
        let Some(client) = client else { return builder.with_no_client_auth() };
        let pem = client.key.serialize_pem();
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let key = CertifiedKey::new(client.chain.clone(), any_supported_type(&key).unwrap());
        builder.with_client_cert_resolver(Arc::new(Shows(Arc::new(key))))
    }
}

const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];

#[tokio::test]
async fn whoever_holds_the_key_of_a_certificate_is_known_by_it() {
    let server = Server::new();
    let optional = ClientCertificates::Optional;
    for version in VERSIONS {
        for client in [Client::self_signed(), Client::below(2)] {
            let met = server.meet(&optional, Some(&client), version).await.unwrap().unwrap();
            assert_eq!(met.leaf().der(), client.chain.first().unwrap().as_ref());
            assert_eq!(met.intermediates().len(), client.chain.len() - 1);
            let stolen = client.stolen();
            assert_eq!(server.meet(&optional, Some(&stolen), version).await, None);
        }
        assert_eq!(server.meet(&optional, None, version).await, Some(None), "none is demanded");
    }
}

#[tokio::test]
async fn a_chain_that_is_too_long_or_no_certificate_ends_the_handshake() {
    let server = Server::new();
    let optional = ClientCertificates::Optional;
    for version in VERSIONS {
        let five = Client::below(4);
        assert!(server.meet(&optional, Some(&five), version).await.is_some());
        let six = Client::below(5);
        assert_eq!(server.meet(&optional, Some(&six), version).await, None);
        let mut nonsense = Client::self_signed();
        nonsense.chain.push(CertificateDer::from(vec![0x30, 0x00]));
        assert_eq!(server.meet(&optional, Some(&nonsense), version).await, None);
    }
}

#[tokio::test]
async fn with_authorities_a_certificate_that_is_shown_has_to_be_theirs() {
    let server = Server::new();
    let (ours, other) = (Client::below(1), Client::below(1));
    let under = server.under(&ours);
    for version in VERSIONS {
        let met = server.meet(&under, Some(&ours), version).await;
        assert!(met.flatten().is_some());
        for stranger in [&other, &Client::self_signed(), &ours.stolen()] {
            assert_eq!(server.meet(&under, Some(stranger), version).await, None);
        }
        assert_eq!(server.meet(&under, None, version).await, Some(None), "none is demanded");
    }
}

#[tokio::test]
async fn nobody_is_asked_where_certificates_are_not_wanted() {
    let server = Server::new();
    let client = Client::self_signed();
    for version in VERSIONS {
        let met = server.meet(&ClientCertificates::Ignored, Some(&client), version).await;
        assert_eq!(met, Some(None));
    }
}
