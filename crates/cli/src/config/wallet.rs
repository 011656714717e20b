//! `[wallet]`: which Ethereum accounts can prove themselves (ERC-8128).

use std::collections::BTreeMap;

use bailiwick_fetch::Url;
use bailiwick_proof::wallet::Accounts;

use super::section::Section;

/// Which chains are served, and what is asked of them.
#[derive(Debug, Clone)]
pub struct WalletSettings {
    /// The chains, by number (EIP-155).
    pub chains: Vec<u64>,
    /// Which accounts.
    pub accounts: Accounts,
    /// Nodes to ask about accounts, by the number of their chain.
    pub nodes: BTreeMap<u64, Url>,
}

const CHAINS: &str = "numbers of chains (EIP-155), as in [1, 8453]; [] for none";
const ACCOUNTS: &str = "\"key\" (no chain is asked) or \"universal\" (contracts too)";
const NODES: &str = "JSON-RPC endpoints by chain, as in { 1 = \"https://node.example\" }";

pub(super) fn read(section: &mut Section<'_>) -> Option<WalletSettings> {
    let chains: Vec<u64> = section.find("chains", CHAINS).unwrap_or_else(|| vec![1]);
    let accounts = match section.text("accounts", "key", ACCOUNTS).as_str() {
        "key" => Some(Accounts::Offline),
        "universal" => Some(Accounts::Universal),
        other => {
            let reason = format!("`{other}` is no kind of accounts");
            section.refuse("accounts", reason, format!("write {ACCOUNTS}"));
            None
        }
    };
    let nodes = read_nodes(section)?;
    let accounts = accounts?;
    if let Some(stray) = nodes.keys().find(|chain| !chains.contains(chain)) {
        let reason = format!("chain {stray} is not in `chains`");
        section.refuse("nodes", reason, "add it there, or take the node out");
        return None;
    }
    if accounts == Accounts::Offline && !nodes.is_empty() {
        let hint = "write accounts = \"universal\", or leave nodes out";
        section.refuse("nodes", "are never asked: accounts = \"key\"", hint);
        return None;
    }
    let mute = chains.iter().find(|chain| !nodes.contains_key(chain));
    if let (Accounts::Universal, Some(mute)) = (accounts, mute) {
        let reason = format!("no node answers for chain {mute}");
        section.refuse("nodes", reason, format!("write {NODES}"));
        return None;
    }
    Some(WalletSettings { chains, accounts, nodes })
}

fn read_nodes(section: &mut Section<'_>) -> Option<BTreeMap<u64, Url>> {
    let written: BTreeMap<String, String> = section.find("nodes", NODES).unwrap_or_default();
    let read = |(chain, url): (String, String)| Some((chain.parse().ok()?, url.parse().ok()?));
    let nodes: Option<BTreeMap<u64, Url>> = written.into_iter().map(read).collect();
    if nodes.is_none() {
        section.refuse("nodes", "are not URLs by chain", format!("write {NODES}"));
    }
    nodes
}
