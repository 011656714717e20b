//! Whom the installation may ask for keys, out of the configuration.

use bailiwick_fetch::{Guard, Outside, Resolver, Sources as Whom, Upkeep};
use bailiwick_proof::wallet::Served;

use super::{Fault, Sources};
use crate::config::Settings;

/// Everything that is asked of others.
pub(super) fn open(settings: &Settings, sources: &Sources) -> Result<Outside, Fault> {
    let outbound = &settings.outbound;
    let authorities = match &outbound.ca {
        Some(path) => Some(std::fs::read(path).map_err(Fault::file(path))?),
        None => None,
    };
    let guard = Guard {
        allowed: outbound.networks.clone(),
        allow_http: outbound.allow_http,
        authorities,
        ..Guard::default()
    };
    let bundles = settings.bundles.iter();
    let whom = Whom {
        bundles: bundles.map(|it| (it.trust_domain.as_str().into(), it.whence.clone())).collect(),
        nodes: settings.wallet.nodes.clone(),
    };
    let upkeep = Upkeep::new(sources.clock.clone(), sources.entropy.clone());
    Ok(Outside::new(guard, Resolver::system(), upkeep, whom)?)
}

/// Which Ethereum accounts are taken.
pub(super) fn wallets(settings: &Settings) -> Served {
    Served {
        chains: settings.wallet.chains.clone(),
        accounts: settings.wallet.accounts,
        max_validity_seconds: u32::try_from(settings.signature.window_seconds).unwrap_or(0),
    }
}
