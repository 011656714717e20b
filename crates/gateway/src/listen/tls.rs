//! TLS at the listener (RFC 8446), with HTTP/2 and HTTP/1.1 offered by ALPN.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::unstartable::Unstartable;
use crate::settings::Tls;

/// Reads certificate chain and key.
pub(super) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, Unstartable> {
    let unreadable = |error: &dyn std::fmt::Display| Unstartable::Tls(error.to_string());
    let chain = CertificateDer::pem_file_iter(&tls.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(&format!("{}: {error}", tls.cert.display())))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| unreadable(&format!("{}: {error}", tls.key.display())))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| unreadable(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
