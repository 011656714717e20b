//! Web Bot Auth: a message signature by a key out of the directory that the agent is registered by.

use std::sync::Arc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_fetch::{Directories, NoKey};
use bailiwick_proof::bot::{self, SignatureAgent};
use bailiwick_proof::keys::{PublicKey, Verifier};
use bailiwick_proof::message::Presented;

use super::bound::Bound;
use super::signature::unspent;
use crate::asked::Asked;
use crate::core::Gate;
use crate::world::Proves;

/// Verifies the signature. Nothing is fetched but directories that somebody is registered by.
///
/// A signature that covers only for which host it is, as the profile allows, proves no more than
/// that somebody saw it: it counts as a bearer's.
pub(super) async fn verify(
    signature: &Presented,
    agent: &SignatureAgent,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Bound, Denial> {
    let unknown = |_| Denial::CredentialUnknown;
    let directory = Directories::locate(agent.as_str()).map_err(unknown)?;
    let key = gate.world.found_by(&directory.to_string());
    let key = key.filter(|key| matches!(key.proves, Proves::Directory));
    let key = Arc::clone(key.ok_or(Denial::CredentialUnknown)?);
    let request = asked.signed();
    signature.check_window(asked.at(), &gate.core.settings.window)?;
    bot::check_least(signature, &request)?;
    let nonce = Some(unspent(signature, key.id, gate)?);
    let published = gate.core.outside.directories.find(&directory, signature.keyid()).await;
    let published = published.map_err(|missing| refuse(&missing))?;
    signature.verify(&request, &Verifier::Public(PublicKey::clone(&published)))?;
    let whole = signature.check_coverage(&request, !asked.payload.is_empty()).is_ok();
    let strength = if whole { Strength::Key } else { Strength::Bearer };
    Ok(Bound { token: None, under: None, key: Some(key), strength, nonce })
}

fn refuse(missing: &NoKey) -> Denial {
    match missing {
        NoKey::Unknown => Denial::CredentialUnknown,
        NoKey::Untimely => Denial::CredentialExpired,
        NoKey::Unfetched(unfetched) => {
            tracing::warn!(%unfetched, "an agent's directory cannot be fetched; refusing");
            Denial::Unavailable
        }
    }
}
