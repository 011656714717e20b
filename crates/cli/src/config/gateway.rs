//! `[gateway]`: where agents call, and how much one connection may ask of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::Path;

use bailiwick_domain::api::Mode;
use bailiwick_gateway::settings::{Beside, Proxies};

use super::address;
use super::limits::{self, LimitSettings};
use super::section::{Bounds, Section};
use super::tls::{self, TlsSettings};
use super::{beside, mode, proxies};

/// The enforcing half.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// Where it listens; port 0 lets the operating system choose.
    pub listen: SocketAddr,
    /// The origin agents know it by; the listener's own address when absent.
    pub public_url: Option<String>,
    /// The certificate it serves; plain HTTP when absent.
    pub tls: Option<TlsSettings>,
    /// Who in front of it is believed.
    pub proxies: Proxies,
    /// Where proxies ask that it stands beside; nowhere when absent.
    pub beside: Option<Beside>,
    /// How many cores it runs on.
    pub threads: NonZeroUsize,
    /// How long ago the store may have answered last; beyond that nobody is let in.
    pub max_staleness_seconds: u64,
    /// What is done with requests that are to be refused, where an API does not say.
    pub mode: Mode,
    /// What one request may cost.
    pub limits: LimitSettings,
}

pub(super) fn read(section: &mut Section<'_>, base: &Path) -> Option<GatewaySettings> {
    let listen = address::listener(section, SocketAddr::from((Ipv4Addr::LOCALHOST, 8700)));
    let public_url = address::origin(section, "public_url");
    let tls = tls::read(section, base);
    let proxies = proxies::read(section);
    let beside = beside::read(section, listen);
    let threads = section.number("threads", Bounds { least: 1, default: cores(), most: 256 });
    let max_staleness_seconds =
        section.number("max_staleness_seconds", Bounds { least: 1, default: 10, most: 300 });
    let limits = section.within("limits", limits::read);
    let mode = mode::read(section, Mode::default());
    let public_url = public_url.ok()?;
    if let (Some(listen), None) = (listen, &public_url)
        && listen.ip().is_unspecified()
    {
        section.refuse(
            "public_url",
            format!("is missing, and {listen} is no address an agent can call"),
            "write the URL agents use, as in \"https://gateway.acme.example\"",
        );
        return None;
    }
    Some(GatewaySettings {
        listen: listen?,
        public_url,
        tls: tls.ok()?,
        proxies: proxies?,
        beside: beside.ok()?,
        max_staleness_seconds,
        threads: usize::try_from(threads).ok().and_then(NonZeroUsize::new)?,
        mode: mode?,
        limits,
    })
}

fn cores() -> u64 {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    u64::try_from(cores).unwrap_or(1).clamp(1, 256)
}
