//! The two tokens of this product: access tokens it issues (RFC 9068) and assertions by which
//! agents authenticate to its token endpoint (RFC 7523).

mod access;
mod assertion;
mod claims;
mod confirmation;

pub use access::{AccessToken, Issuer, MAX_LIFETIME_SECONDS};
pub use assertion::ClientAssertion;
pub use confirmation::Confirmation;
