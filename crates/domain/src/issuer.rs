//! Trusted issuers: whose tokens are believed of workloads, as far as a credential's rule says, and
//! of people, as far as the issuer's own ceiling goes.

use crate::id::IssuerId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// An issuer of `OpenID` Connect tokens: a cluster, a CI system, a platform, a company's
/// sign-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// Its identifier.
    pub id: IssuerId,
    /// Its issuer identifier, exactly as its tokens say it (`OpenID` Connect
    /// Discovery, section 3).
    pub url: String,
    /// What `aud` of its tokens must name to be meant for here.
    pub audience: String,
    /// The most that its tokens about people can hand to an agent; none where they never stand for
    /// people.
    pub person_scopes: Option<ScopeSet>,
    /// When it was first trusted.
    pub created_at: Timestamp,
    /// Since when it is trusted no more.
    pub ended_at: Option<Timestamp>,
}
