//! Whose signals are taken in.

use bailiwick_fetch::Url;

/// A transmitter whose signals are believed about what is its own: people whom it vouches for,
/// workloads it issues tokens to, and, where that is said, a SPIFFE trust domain.
#[derive(Debug, Clone)]
pub struct SignalSource {
    /// Its issuer, exactly as its tokens say it.
    pub issuer: String,
    /// What `aud` of its tokens must name.
    pub audience: String,
    /// Where its keys are; where its `ssf-configuration` says, when left out.
    pub jwks_uri: Option<Url>,
    /// The trust domain that it speaks for, if any.
    pub trust_domain: Option<String>,
}
