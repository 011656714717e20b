//! The gateway's settings, out of the configuration.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_gateway::settings::{Backend, Bounds, Settings as Gateway, Tls};
use bailiwick_proof::message::Window;
use socket2::{Domain, Protocol, Socket, Type};

use super::{Fault, Places, Sources, outside};
use crate::config::{Settings, TlsSettings};

/// A port that is taken and not yet listened on: the gateway's cores share it.
pub(super) struct Reserved {
    _socket: Socket,
    pub(super) address: SocketAddr,
}

impl Reserved {
    pub(super) fn bind(address: SocketAddr) -> Result<Self, Fault> {
        let bound = || {
            let domain = Domain::for_address(address);
            let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
            socket.set_reuse_address(true)?;
            socket.set_reuse_port(true)?;
            socket.bind(&address.into())?;
            let address = socket.local_addr()?.as_socket();
            let address = address.ok_or_else(|| std::io::Error::other("no address"))?;
            Ok(Self { _socket: socket, address })
        };
        bound().map_err(|source| Fault::Listen { address, source })
    }
}

/// Where agents reach the gateway when the configuration does not say.
pub(super) fn public_url(settings: &Settings, address: SocketAddr) -> String {
    let scheme = if settings.gateway.tls.is_some() { "https" } else { "http" };
    settings.gateway.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"))
}

/// How long a signature may be valid.
pub(super) fn window(settings: &Settings) -> Window {
    Window {
        window_seconds: u32::try_from(settings.signature.window_seconds).unwrap_or(0),
        skew_seconds: u32::try_from(settings.signature.skew_seconds).unwrap_or(0),
    }
}

/// What the gateway is told, once its own address and the issuer are settled.
pub(super) fn settings(
    settings: &Settings,
    sources: &Sources,
    listen: SocketAddr,
    issuer: &str,
) -> Gateway {
    let public_url = public_url(settings, listen);
    let apis = settings.apis.iter().map(|api| Backend {
        api: api.resolve(&public_url),
        upstream_ca: api.upstream_ca.clone(),
        card_keys: api.card_keys.clone(),
    });
    Gateway {
        listen,
        tls: settings.gateway.tls.as_ref().map(tls),
        proxies: settings.gateway.proxies.clone(),
        beside: settings.gateway.beside.clone(),
        scheme: if public_url.starts_with("https:") { "https" } else { "http" },
        cores: settings.gateway.threads.get(),
        journal: Places::in_directory(&settings.data_dir).journal(),
        durability: settings.ledger.durability,
        node: sources.node.clone(),
        audience: public_url.clone(),
        wallets: outside::wallets(settings),
        issuer: issuer.to_owned(),
        trust_domain: settings.trust_domain.clone(),
        window: window(settings),
        max_staleness: Duration::from_secs(settings.gateway.max_staleness_seconds),
        delegation_depth: u32::try_from(settings.token.delegation_depth).unwrap_or(1),
        apis: apis.collect(),
        bounds: Arc::new(bounds(settings)),
    }
}

/// What a listener is told about TLS.
pub(super) fn tls(tls: &TlsSettings) -> Tls {
    Tls { cert: tls.cert.clone(), key: tls.key.clone(), clients: tls.clients.clone() }
}

fn bounds(settings: &Settings) -> Bounds {
    let limits = settings.gateway.limits;
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Bounds {
        max_headers: count(limits.max_headers),
        max_header_bytes: count(limits.max_header_bytes),
        max_body_bytes: limits.max_body_bytes,
        first_byte: Duration::from_secs(limits.first_byte_timeout_seconds),
        idle: Duration::from_secs(limits.idle_timeout_seconds),
        drain: Duration::from_secs(limits.drain_seconds),
        ..Bounds::default()
    }
}
