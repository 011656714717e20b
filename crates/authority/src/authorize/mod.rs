//! How a person lets an agent act for them (RFC 6749, section 4.1): what it asks for, their
//! consent, and the code it goes away with. No HTTP, and no pages.

pub(crate) mod consent;
pub(crate) mod extent;
pub(crate) mod parameters;
pub(crate) mod pushed;
pub(crate) mod reply;
pub(crate) mod request;
