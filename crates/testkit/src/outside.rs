//! Whom a test's world asks: servers on this machine alone.

use bailiwick_fetch::{Guard, Outside, Resolver, Sources, Upkeep};
use bailiwick_proof::wallet::{Accounts, Served};

use crate::sources::{Hands, entropy};

/// Others are asked over plain HTTP, by address: no name leads anywhere.
pub(crate) fn outside(hands: &Hands, sources: Sources) -> Outside {
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    let guard = Guard { allowed, allow_http: true, ..Guard::default() };
    let nowhere = Resolver::new(|_| Box::pin(async { Ok(Vec::new()) }));
    let upkeep = Upkeep::new(hands.clock(), entropy(5));
    Outside::new(guard, nowhere, upkeep, sources).unwrap()
}

/// Accounts of these kinds, on the main chain.
pub(crate) fn wallets(accounts: Accounts) -> Served {
    Served { chains: vec![1], accounts, max_validity_seconds: 60 }
}
