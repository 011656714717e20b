//! Certificates registered for an agent, self-signed or not (RFC 8705, sections 2.2 and 3).

use bailiwick_domain::time::Timestamp;

use super::{Certificate, Refused};

/// Checks that the certificate presented is the one registered under this thumbprint, and that it
/// is valid now. Who signed it does not matter: whoever registered it vouches for it, for as long
/// as it is registered. Possession is what the TLS handshake proved.
pub fn check(presented: &Certificate, thumbprint: &str, now: Timestamp) -> Result<(), Refused> {
    // A thumbprint is public: comparing it in constant time would hide nothing.
    if presented.thumbprint() != thumbprint {
        return Err(Refused::Untrusted("it is not the one that is registered"));
    }
    presented.check_validity(now)
}
