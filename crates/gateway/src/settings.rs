//! What the gateway is told at start. Durations are whole seconds; sizes are bytes.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::api::Api;
use bailiwick_proof::card_signature::CardKeys;
use bailiwick_proof::message::Window;
use bailiwick_proof::wallet;
use bailiwick_store::journal::Durability;
use ipnet::IpNet;

/// Everything the gateway is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes any.
    pub listen: SocketAddr,
    /// Certificate chain and key, when the gateway ends TLS itself.
    pub tls: Option<Tls>,
    /// Who in front of the gateway is believed.
    pub proxies: Proxies,
    /// Where proxies may ask beside which the gateway stands; nowhere when absent.
    pub beside: Option<Beside>,
    /// The scheme agents see in front: `http` or `https`.
    pub scheme: &'static str,
    /// How many cores to run on, each with its own runtime.
    pub cores: usize,
    /// Where the journal is kept.
    pub journal: PathBuf,
    /// When a journal record counts as written.
    pub durability: Durability,
    /// This node's name in the ledger.
    pub node: String,
    /// What tokens and derived keys name that are for this gateway: where agents reach it.
    pub audience: String,
    /// Which Ethereum accounts are taken.
    pub wallets: wallet::Served,
    /// The issuer whose tokens are accepted.
    pub issuer: String,
    /// The trust domain of agents' subjects.
    pub trust_domain: String,
    /// How long a signature may be valid, and how far clocks may be apart.
    pub window: Window,
    /// How long ago the store may have answered last; beyond that every request is refused.
    pub max_staleness: Duration,
    /// How many delegations may lie between an agent and whose authority it acts on.
    pub delegation_depth: u32,
    /// The APIs behind the gateway.
    pub apis: Vec<Backend>,
    /// What a request may cost before it is refused.
    pub bounds: Arc<Bounds>,
}

/// An API and the extra trust its upstream needs.
#[derive(Debug, Clone)]
pub struct Backend {
    /// The API.
    pub api: Api,
    /// A PEM file of the authorities to trust for an `https` upstream, instead of the system's.
    pub upstream_ca: Option<PathBuf>,
    /// Where A2A is spoken: the keys one of which has to sign the agent's card; where there are
    /// none, nothing may.
    pub card_keys: Option<Arc<CardKeys>>,
}

/// Where certificate and key are.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM file with the certificate chain.
    pub cert: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
    /// Whether clients are asked for a certificate.
    pub clients: ClientCertificates,
}

/// What a listener does about client certificates. None is ever demanded: an agent may prove itself
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They are not asked for.
    Ignored,
    /// They are asked for, and anybody may have signed one that is shown.
    Optional,
    /// They are asked for, and the handshake fails unless the authorities in this PEM file vouch
    /// for the one that is shown.
    Under(PathBuf),
}

/// Proxies in front of the gateway: the only ones that are believed about where a request comes
/// from. With none, every request comes from the other end of its connection.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Where they call from.
    pub networks: Vec<IpNet>,
    /// Whether their `Client-Cert` (RFC 9440) is believed.
    pub client_cert_header: bool,
}

/// Where proxies ask whether they may pass a request on.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Where to listen for them; port 0 takes any.
    pub listen: SocketAddr,
    /// Where they ask from. Nobody else is answered.
    pub callers: Vec<IpNet>,
}

impl Proxies {
    /// Whether the proxy at this address is trusted.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// What a request may cost.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The most header fields.
    pub max_headers: usize,
    /// The most bytes in a request's head.
    pub max_header_bytes: usize,
    /// The largest body.
    pub max_body_bytes: u64,
    /// The most connections at a time on one core.
    pub max_connections: usize,
    /// The longest the upstream may take to connect and begin its answer.
    pub first_byte: Duration,
    /// The longest a client may take to send a request's head or a small body, and the longest a
    /// connection stays open with nothing asked.
    pub idle: Duration,
    /// How long open requests may go on after the gateway was told to stop.
    pub drain: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_headers: 64,
            max_header_bytes: 32 * 1024,
            max_body_bytes: 64 * 1024 * 1024,
            max_connections: 10_000,
            first_byte: Duration::from_secs(30),
            idle: Duration::from_mins(1),
            drain: Duration::from_secs(30),
        }
    }
}
