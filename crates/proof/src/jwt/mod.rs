//! The tokens of this product, and those it takes from others. Its own are access tokens
//! (RFC 9068) and the assertions by which agents authenticate to its token endpoint (RFC 7523).
//! Others' say which workload an agent is: OpenID Connect tokens of an issuer that is trusted for
//! it, held against a [`Rule`], and JWT-SVIDs of a SPIFFE trust domain; or who signed in at
//! an `OpenID` provider.

mod access;
mod actors;
mod assertion;
mod claims;
mod confirmation;
pub mod details;
mod event;
mod id_token;
mod issued;
mod pointer;
mod rule;
mod svid;
mod transaction;
mod workload;

pub use access::{AccessToken, Issuer, MAX_LIFETIME_SECONDS, StatusReference};
pub use assertion::ClientAssertion;
pub use confirmation::Confirmation;
pub use event::{ClaimedEvent, EventExpectation, NotAnEvent, SecurityEvent};
pub use id_token::{IdExpectation, IdToken};
pub use issued::claimed_kid;
pub use rule::{NotARule, Rule};
pub use svid::{JwtSvid, SvidExpectation};
pub use transaction::{
    Agent as TransactionAgent, Done, LIFETIME_SECONDS as TRANSACTION_SECONDS, TransactionToken,
    target_digest,
};
pub use workload::{Expectation, WorkloadToken};
