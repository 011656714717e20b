//! People: who they are, how they prove it, and how long a sign-in at a browser holds.

pub(crate) mod attempt;
pub(crate) mod cookie;
pub(crate) mod own;
pub(crate) mod party;
pub(crate) mod passkey;
pub(crate) mod provider;
pub(crate) mod session;
pub(crate) mod way;
