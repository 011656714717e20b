//! TLS at the listener (RFC 8446), with HTTP/2 and HTTP/1.1 offered by ALPN.

use std::path::Path;
use std::sync::Arc;

use bailiwick_proof::certificate::Chain;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use super::possession::Possession;
use super::unstartable::Unstartable;
use crate::settings::{ClientCertificates, Tls};

/// What a listener offers: its certificate chain and key, and how it asks for the client's. Early
/// data, which could be replayed, is never accepted (RFC 8446, section 8).
pub fn server_config(tls: &Tls) -> Result<Arc<ServerConfig>, Unstartable> {
    let chain = read_certificates(&tls.cert)?;
    let key =
        PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| unreadable(&tls.key, error))?;
    let builder = ServerConfig::builder();
    let builder = match verifier(&tls.clients)? {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let config = builder.with_single_cert(chain, key);
    let mut config = config.map_err(|error| Unstartable::Tls(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The certificates that the client at the other end holds the key of; read once a connection. A
/// resumed session has those of the handshake that began it (RFC 8446, section 2.2).
pub fn peer(connection: &ServerConnection) -> Option<Arc<Chain>> {
    let sent = connection.peer_certificates()?;
    Chain::from_der(sent.iter().map(AsRef::as_ref)).ok().map(Arc::new)
}

fn verifier(
    clients: &ClientCertificates,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, Unstartable> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let authorities = match clients {
        ClientCertificates::Ignored => return Ok(None),
        ClientCertificates::Optional => None,
        ClientCertificates::Under(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in read_certificates(path)? {
                roots.add(certificate).map_err(|error| unreadable(path, error))?;
            }
            let builder =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            Some(builder.build().map_err(|error| unreadable(path, error))?)
        }
    };
    let algorithms = provider.signature_verification_algorithms;
    Ok(Some(Arc::new(Possession { algorithms, authorities })))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Unstartable> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: impl std::fmt::Display) -> Unstartable {
    Unstartable::Tls(format!("{}: {error}", path.display()))
}
