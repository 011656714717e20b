//! `[outbound]`: what this installation may ask other servers for keys.

use std::path::{Path, PathBuf};

use ipnet::IpNet;

use super::networks;
use super::section::{Noted, Section};

/// The rules that every fetch of keys is held to.
#[derive(Debug, Clone, Default)]
pub struct OutboundSettings {
    /// Networks that may be asked although they are not public.
    pub networks: Vec<IpNet>,
    /// Whether those may be asked over plain HTTP.
    pub allow_http: bool,
    /// PEM certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
}

pub(super) fn read(section: &mut Section<'_>, base: &Path) -> Option<OutboundSettings> {
    let networks = networks::read(section, "networks", "write the networks of your own servers")?;
    let allow_http = section.find("allow_http", "true or false").unwrap_or(false);
    let ca = read_ca(section, base);
    if allow_http && networks.is_empty() {
        let hint = "name the networks, or leave allow_http out";
        section.refuse("allow_http", "allows nothing without `networks`", hint);
        return None;
    }
    Some(OutboundSettings { networks, allow_http, ca: ca.ok()? })
}

fn read_ca(section: &mut Section<'_>, base: &Path) -> Result<Option<PathBuf>, Noted> {
    if !section.has("ca") {
        return Ok(None);
    }
    section.file("ca", "the path of PEM certificates", base).map(Some).ok_or(Noted)
}
