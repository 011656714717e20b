//! The gateway with a constant permit, in a process of its own.

use anyhow::Result;

use super::{Peer, Place};
use crate::maker::{self, Credential};
use crate::process::{PEER_CORE, Process};

/// Starts it.
pub(crate) fn start(place: &Place) -> Result<Peer> {
    let own = std::env::current_exe()?.display().to_string();
    let folder = place.folder.display().to_string();
    let (port, upstream) = (place.port.to_string(), place.upstream.to_string());
    let probe = maker::make(&Credential::Nothing, 1)?.concat();
    let line = [&*own, "forward", &folder, &port, &upstream];
    let process = Process::start(PEER_CORE, &line, &place.folder)?.answers(place.port, &probe)?;
    Ok(Peer { process, port: place.port })
}
