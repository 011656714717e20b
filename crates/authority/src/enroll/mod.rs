//! How agents come in by themselves, with no HTTP.

pub(crate) mod register;
