//! Agents as OAuth clients: what they say of themselves, how they register, and how they are found.

pub(crate) mod document;
pub(crate) mod find;
pub(crate) mod manage;
pub(crate) mod metadata;
pub(crate) mod named;
pub(crate) mod register;
pub(crate) mod requester;
