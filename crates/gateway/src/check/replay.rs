//! The proof is used once. Its nonce is consumed last, when everything else has held but people's
//! approval, so that a refused request spends nothing and a copied one gets nothing.

use bailiwick_domain::denial::Denial;
use bailiwick_store::fast::Nonce;

use super::budget::Spend;
use super::delegation::Actor;
use crate::asked::Asked;
use crate::core::Gate;

/// Says that this proof had not been used before, and now is.
#[derive(Debug)]
pub struct Fresh {
    spend: Spend,
}

/// Consumes the nonce; gives the limits back when it was consumed before.
pub async fn spend(
    actor: &Actor,
    spend: Spend,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Fresh, Denial> {
    let Some(unspent) = actor.nonce() else { return Ok(Fresh { spend }) };
    let fast = &gate.core.fast;
    let nonce = Nonce {
        key: unspent.key,
        text: &unspent.nonce,
        created_at: unspent.created_at,
        until: unspent.until,
    };
    let denial = match fast.spend_nonce(&nonce, asked.at()).await {
        Ok(true) => return Ok(Fresh { spend }),
        Ok(false) => Denial::NonceReplayed,
        Err(fault) => {
            tracing::error!(%fault, "nonces cannot be asked; refusing");
            Denial::Unavailable
        }
    };
    spend.release(asked.at(), gate).await;
    Err(denial)
}

impl Fresh {
    /// The nonce of a constant permit.
    #[cfg(feature = "constant-permit")]
    pub(crate) fn constant() -> Self {
        Self { spend: Spend::constant() }
    }

    /// What was taken from the limits.
    pub(crate) fn into_spend(self) -> Spend {
        self.spend
    }
}
