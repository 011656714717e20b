//! A person lets an agent act for them.

mod attacks;
mod authorize;
mod clients;
mod documents;
mod flow;
mod grants;
mod pushed;
mod refresh;
mod register;
