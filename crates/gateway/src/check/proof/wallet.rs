//! The signature of an Ethereum account (ERC-8128), in either generation.

use std::sync::Arc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_proof::wallet::{Candidates, Failures, Means, Presented, Refused};

use super::bound::{Bound, Unspent};
use crate::asked::Asked;
use crate::asked::facts::Challenge;
use crate::challenged;
use crate::core::Gate;
use crate::world::{KnownKey, Proves};

/// Verifies the candidates in the order they came; the first that holds counts.
pub(super) async fn verify(
    candidates: Candidates,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Bound, Denial> {
    if candidates.others() > 0 {
        return Err(Denial::CredentialConflict("a wallet's signature and another one"));
    }
    asked.facts.note(|known| known.challenge = Some(Challenge::Wallet(None)));
    let mut failures = Failures::default();
    for candidate in candidates {
        let tried = match candidate {
            Ok(presented) => attempt(&presented, (asked, gate)).await,
            Err(refused) => Err(refused),
        };
        match tried {
            Ok(bound) => return Ok(bound),
            Err(refused) => failures.add(refused),
        }
    }
    Err(challenged::wallet(failures.reason(), asked))
}

/// Everything that is cheap comes first, and whose account it is before its mathematics.
async fn attempt(
    presented: &Presented,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Bound, Refused> {
    let settings = &gate.core.settings;
    let request = asked.signed();
    settings.wallets.check(&presented.account())?;
    presented.check_window(asked.at(), &settings.window)?;
    presented.check_coverage(&request, !asked.payload.is_empty())?;
    let nonce = presented.nonce()?.to_owned();
    let on_chain = find(&presented.account().to_string(), gate);
    let anywhere = find(&presented.account().address.to_string(), gate);
    if on_chain.is_none() && anywhere.is_none() {
        return Err(Refused::PrincipalNotAllowed);
    }
    let progress = presented.begin(&request, settings.wallets.accounts)?;
    let means = gate.core.outside.chains.settle(progress).await?;
    // The same address may be another's contract on another chain.
    let key = match means {
        Means::Key => on_chain.or(anywhere),
        Means::Contract | Means::Undeployed => on_chain,
    };
    let key = Arc::clone(key.ok_or(Refused::PrincipalNotAllowed)?);
    let until = presented.expires_at().plus_seconds(i64::from(settings.window.skew_seconds) + 1);
    let created_at = presented.created_at();
    let nonce = Some(Unspent { key: key.id, nonce, created_at, until });
    Ok(Bound { token: None, under: None, key: Some(key), strength: Strength::Key, nonce })
}

fn find<'a>(thumbprint: &str, gate: &'a Gate<'_>) -> Option<&'a Arc<KnownKey>> {
    gate.world.found_by(thumbprint).filter(|key| matches!(key.proves, Proves::Wallet))
}
