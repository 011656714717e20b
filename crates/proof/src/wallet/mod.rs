//! Requests signed with Ethereum accounts (ERC-8128), in the two forms that are on the wire: the
//! one that the published clients send ([`Generation::One`]) and the one of the current draft
//! ([`Generation::Two`]).
//!
//! [`Candidates::find`] says whether a request carries such signatures at all; ordinary ones are
//! left to [`crate::message`], whose engine reads the components and builds the base here too. The
//! checks on a [`Presented`] can be made in any order; [`Presented::begin`] is the costly one, and
//! for accounts that are contracts it asks questions that somebody else puts to a chain. The nonce
//! is for the caller to spend, last of all, under [`Account`]'s text.

mod abi;
mod account;
mod candidates;
mod chain;
mod check;
mod failures;
mod presented;
mod refused;
mod served;
mod sign;
mod verification;
mod wrapper;

pub use crate::keys::{Address, NotAnAddress};
pub use account::{Account, Generation};
pub use candidates::Candidates;
pub use chain::{Answer, Question};
pub use check::expected_digest;
pub use failures::Failures;
pub use presented::Presented;
pub use refused::Refused;
pub use served::{Accounts, Served, accept_signature};
pub use sign::{Signing, sign};
pub use verification::{Means, Pending, Progress};
