//! What is measured: each starts on one core and forwards to the same upstream.

pub(crate) mod envoy;
pub(crate) mod forwarding;
pub(crate) mod gateway;
pub(crate) mod nginx;

use std::path::PathBuf;

use crate::process::Process;

/// One running peer.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Its process.
    pub(crate) process: Process,
    /// Where it listens on the loopback interface.
    pub(crate) port: u16,
}

/// What every peer needs to know.
#[derive(Debug)]
pub(crate) struct Place {
    /// An empty folder of its own.
    pub(crate) folder: PathBuf,
    /// Where it listens.
    pub(crate) port: u16,
    /// Where the API behind it listens.
    pub(crate) upstream: u16,
}
