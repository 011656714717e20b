//! The API of the demonstration: a small help desk with tickets, refunds and customers. It knows
//! nothing of agents beyond the headers that the gateway puts on each request.

mod desk;
mod records;
mod server;

pub(crate) use server::Sample;
