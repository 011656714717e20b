//! Client certificates at the handshake: the client holds the key of the one it shows.

use std::iter;
use std::sync::Arc;

use bailiwick_proof::certificate::Chain;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

/// Asks for a certificate and does not insist. Of one that comes, it checks the size, that it can
/// be read, and that the client holds its key (`CertificateVerify`: RFC 8446, section 4.4.3; RFC
/// 5246, section 7.4.8). Whether it is worth anything is asked where the agent is known: a
/// registered certificate may well be signed by its own key (RFC 8705, section 2.2). With
/// `authorities`, those have to vouch for it besides.
#[derive(Debug)]
pub(super) struct Possession {
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    pub(super) authorities: Option<Arc<dyn ClientCertVerifier>>,
}

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        match &self.authorities {
            Some(authorities) => authorities.root_hint_subjects(),
            None => &[],
        }
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let sent = iter::once(end_entity).chain(intermediates).map(AsRef::as_ref);
        Chain::from_der(sent).map_err(|_| CertificateError::BadEncoding)?;
        match &self.authorities {
            Some(authorities) => authorities.verify_client_cert(end_entity, intermediates, now),
            None => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
