//! A person lets an agent act for them.

mod attacks;
mod authorize;
mod backchannel;
mod clients;
mod device;
mod device_attacks;
mod documents;
pub(crate) mod flow;
mod grants;
mod ping;
mod pushed;
mod refresh;
mod register;
