//! Proof by the signature of an Ethereum account over the very request (ERC-8128).

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::wallet::{Account, Candidates, Failures, Means, Presented, Refused};

use crate::authority::Authority;
use crate::received::{Received, Unproven};

/// An account that signed the request.
#[derive(Debug)]
pub(crate) struct Signer {
    /// The account.
    pub(crate) account: Account,
    /// How it proved itself.
    pub(crate) means: Means,
    /// The nonce, not spent yet.
    pub(crate) nonce: String,
    /// When it says that it signed.
    pub(crate) created_at: Timestamp,
    /// When the signature stops being valid.
    pub(crate) expires_at: Timestamp,
}

impl Signer {
    /// The names under which the account may be registered: on every chain when it has a key, and
    /// only on its own when it is a contract, which may be another's elsewhere.
    pub(crate) fn names(&self) -> Vec<String> {
        let on_chain = self.account.to_string();
        match self.means {
            Means::Key => vec![on_chain, self.account.address.to_string()],
            Means::Contract | Means::Undeployed => vec![on_chain],
        }
    }
}

/// The account that signed the request; none when no signature claims to be an account's. Of
/// several the first that holds counts.
pub(crate) async fn signer(
    authority: &Authority,
    received: Received<'_>,
) -> Result<Option<Signer>, Unproven> {
    let found = Candidates::find(&received.head.headers);
    let Some(candidates) = found.map_err(|refused| refused.denial())? else { return Ok(None) };
    if candidates.others() > 0 {
        return Err(Denial::CredentialConflict("a wallet's signature and another one").into());
    }
    let mut failures = Failures::default();
    for candidate in candidates {
        let tried = match candidate {
            Ok(presented) => attempt(authority, received, &presented).await,
            Err(refused) => Err(refused),
        };
        match tried {
            Ok(signer) => return Ok(Some(signer)),
            Err(refused) => failures.add(refused),
        }
    }
    Err(failures.reason().denial().into())
}

async fn attempt(
    authority: &Authority,
    received: Received<'_>,
    presented: &Presented,
) -> Result<Signer, Refused> {
    let settings = &authority.settings;
    let request = received.signed(authority);
    settings.wallets.check(&presented.account())?;
    presented.check_window(authority.now(), &settings.window)?;
    presented.check_coverage(&request, !received.body.is_empty())?;
    let nonce = presented.nonce()?.to_owned();
    let progress = presented.begin(&request, settings.wallets.accounts)?;
    let means = authority.outside.chains.settle(progress).await?;
    let (created_at, expires_at) = (presented.created_at(), presented.expires_at());
    Ok(Signer { account: presented.account(), means, nonce, created_at, expires_at })
}
