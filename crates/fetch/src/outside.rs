//! Everything that is asked of others, put together once.

use std::collections::BTreeMap;

use crate::bundles::Whence;
use crate::chains::Chains;
use crate::client::Client;
use crate::directory::Directories;
use crate::documents::Documents;
use crate::guard::{Guard, Unusable};
use crate::pings::Pings;
use crate::providers::Providers;
use crate::resolver::Resolver;
use crate::signals::Signals;
use crate::trust::Trust;
use crate::upkeep::Upkeep;
use crate::url::Url;

/// Whom others are asked about: workloads, agents with directories, contract accounts, people.
/// Clones share what was fetched.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Other issuers and trust domains.
    pub trust: Trust,
    /// Where agents publish their keys.
    pub directories: Directories,
    /// What clients publish about themselves.
    pub documents: Documents,
    /// Nodes of Ethereum chains.
    pub chains: Chains,
    /// Clients that are told of a person's decision, and webhooks of what waits for people.
    pub pings: Pings,
    /// Where people sign in.
    pub providers: Providers,
    /// Who sends signals, and who receives them.
    pub signals: Signals,
}

/// Where the operator says that things are.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Bundles by the name of their trust domain.
    pub bundles: BTreeMap<Box<str>, Whence>,
    /// Nodes by the number of their chain (EIP-155).
    pub nodes: BTreeMap<u64, Url>,
}

impl Outside {
    /// Asks under these rules.
    pub fn new(
        guard: Guard,
        resolver: Resolver,
        upkeep: Upkeep,
        sources: Sources,
    ) -> Result<Self, Unusable> {
        let client = Client::new(guard, resolver)?;
        Ok(Self {
            trust: Trust::new(client.clone(), upkeep.clone(), sources.bundles),
            directories: Directories::new(client.clone(), upkeep.clone()),
            providers: Providers::new(client.clone(), upkeep.clone()),
            documents: Documents::new(client.clone(), upkeep.clone()),
            signals: Signals::new(client.clone(), upkeep),
            pings: Pings::new(client.clone()),
            chains: Chains::new(client, sources.nodes),
        })
    }
}
