//! Who is at the other end of a request's connection.

use std::sync::Arc;

use bailiwick_proof::certificate::Chain;

/// The certificates that the client showed in the TLS handshake, whose key it holds: what
/// `tls_client_auth` and `self_signed_tls_client_auth` go by (RFC 8705, section 2). Whoever serves
/// [`crate::router`] adds it to a request's extensions, and leaves it out where there is none; a
/// client cannot. Nothing else of it is verified.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub Arc<Chain>);
