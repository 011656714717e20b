//! Trusted issuers: whose tokens are believed of workloads, as far as a credential's rule says.

use crate::id::IssuerId;
use crate::time::Timestamp;

/// An issuer of `OpenID` Connect tokens for workloads: a cluster, a CI system, a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// Its identifier.
    pub id: IssuerId,
    /// Its issuer identifier, exactly as its tokens say it (`OpenID` Connect
    /// Discovery, section 3).
    pub url: String,
    /// What `aud` of its tokens must name to be meant for here.
    pub audience: String,
    /// When it was first trusted.
    pub created_at: Timestamp,
    /// Since when it is trusted no more.
    pub ended_at: Option<Timestamp>,
}
