//! People: who they are, and how long a sign-in at a browser holds.

pub(crate) mod cookie;
pub(crate) mod session;
