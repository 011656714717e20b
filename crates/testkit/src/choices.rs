//! What a test may choose before its world begins.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::api::Enforcement;
use bailiwick_domain::operation::Operation;
use bailiwick_fetch::Sources;
use bailiwick_gateway::settings::{Bounds, Proxies, Tls};
use bailiwick_proof::card_signature::CardKeys;
use bailiwick_proof::wallet::Accounts;
use ipnet::IpNet;

use crate::sources::Hands;

/// What a test may choose before its world begins.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The hands of its clock.
    pub hands: Hands,
    /// Where nonces and limits are kept.
    pub fast: String,
    /// What a request may cost.
    pub bounds: Bounds,
    /// Where `acme` is, instead of at the recording upstream.
    pub upstream: Option<String>,
    /// Where the server of MCP is that is behind `/mcp`, if there is one.
    pub mcp: Option<String>,
    /// Where the agent is that is behind `/agent` and speaks A2A, if there is one.
    pub a2a: Option<String>,
    /// What is configured of that agent beside its card.
    pub a2a_operations: Vec<Arc<Operation>>,
    /// The keys one of which has to sign the card of that agent.
    pub card_keys: Option<Arc<CardKeys>>,
    /// What comes of a request to `acme` that does not fit its description.
    pub contract: Enforcement,
    /// Whom to trust for an `https` upstream.
    pub upstream_ca: Option<PathBuf>,
    /// The gateway's own certificate and key.
    pub tls: Option<Tls>,
    /// Who in front of the gateway is believed.
    pub proxies: Proxies,
    /// Where proxies that it stands beside may ask from; from the loopback where nothing is said.
    pub callers: Vec<IpNet>,
    /// Where trust bundles and nodes are.
    pub sources: Sources,
    /// Which Ethereum accounts can prove themselves.
    pub accounts: Accounts,
    /// Where the store is.
    pub store: String,
    /// How long the gateway may be out of touch with it. For ever where nothing is said: a test
    /// that moves the clock by a day does not wait for the next contact.
    pub max_staleness: Duration,
}

impl Default for Choices {
    fn default() -> Self {
        let bounds = Bounds { drain: Duration::from_secs(1), ..Bounds::default() };
        Self {
            hands: Hands::default(),
            fast: "memory".to_owned(),
            bounds,
            upstream: None,
            mcp: None,
            a2a: None,
            a2a_operations: Vec::new(),
            card_keys: None,
            contract: Enforcement::default(),
            upstream_ca: None,
            tls: None,
            proxies: Proxies::default(),
            callers: vec![IpNet::new_assert(Ipv4Addr::LOCALHOST.into(), 8)],
            sources: Sources::default(),
            accounts: Accounts::Offline,
            store: "sqlite:world.db".to_owned(),
            max_staleness: Duration::MAX,
        }
    }
}
