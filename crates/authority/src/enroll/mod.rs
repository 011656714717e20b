//! How agents come in by themselves, with no HTTP.

pub(crate) mod admit;
pub(crate) mod applicant;
pub(crate) mod discover;
pub(crate) mod limits;
pub(crate) mod own_keys;
pub(crate) mod register;
pub(crate) mod request;
