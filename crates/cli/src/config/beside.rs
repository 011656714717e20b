//! `[gateway.beside]`: where proxies of another make ask whether they may pass a request on, and
//! from where they may ask.

use std::net::SocketAddr;

use bailiwick_gateway::settings::Beside;

use super::networks;
use super::section::{Noted, Section};

const LISTEN: &str = "an address and a port, as in \"127.0.0.1:8702\"";
const CALLERS: &str = "write the networks that your proxies ask from";

/// What is written; nothing when the table is not there. Both keys have to be, and agents call
/// elsewhere.
pub(super) fn read(
    section: &mut Section<'_>,
    agents: Option<SocketAddr>,
) -> Result<Option<Beside>, Noted> {
    if !section.has("beside") {
        return Ok(None);
    }
    let read = section.within("beside", |section| read_both(section).ok_or(Noted))?;
    if agents.is_some_and(|agents| overlap(agents, read.listen)) {
        let listen = read.listen;
        section.refuse("beside.listen", format!("{listen} is where agents call"), LISTEN);
        return Err(Noted);
    }
    Ok(Some(read))
}

/// Whether a connection could reach either: both would take it, for all cores share a port.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && (everywhere || one.ip() == other.ip())
}

fn read_both(section: &mut Section<'_>) -> Option<Beside> {
    if !section.has("listen") {
        section.refuse("listen", "is missing", format!("write {LISTEN}"));
    }
    let listen = section.parse("listen", LISTEN);
    let callers = networks::read(section, "callers", CALLERS);
    if callers.as_ref().is_some_and(Vec::is_empty) {
        section.refuse("callers", "lets nobody ask", CALLERS);
        return None;
    }
    Some(Beside { listen: listen?, callers: callers? })
}
