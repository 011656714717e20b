//! Client certificates (RFC 5280): which one was presented, whether it is valid now, and whom it
//! names.
//!
//! Nothing here proves possession: that is the TLS handshake's part (RFC 8446, section 4.4.3), or
//! that of the proxy which ended TLS and sends the certificate on (RFC 9440). A chain that came
//! from there is then either a certificate registered for an agent ([`registered`]), or an
//! X.509-SVID ([`svid`]).

mod authority;
mod bundle;
mod chain;
mod header;
mod leaf;
mod refused;
pub mod registered;
pub mod svid;

pub use bundle::{MAX_AUTHORITIES, TrustBundle};
pub use chain::{Chain, MAX_CERTIFICATES};
pub use header::{CLIENT_CERT, CLIENT_CERT_CHAIN, MAX_FIELD_BYTES, from_headers};
pub use leaf::{Certificate, MAX_BYTES};
pub use refused::Refused;
