//! What short-lived keys and nonces are derived from: the two newest roots.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bailiwick_proof::derived::Roots;
use bailiwick_proof::dpop::Nonces;
use bailiwick_store::roots::Root;
use bailiwick_vault::seal::Sealer;
use zeroize::Zeroizing;

/// How many roots are kept: the newest, and the one whose keys may still be in use.
const KEPT: usize = 2;

type Secret = Zeroizing<[u8; 32]>;

/// The roots, and what follows from them.
#[derive(Clone, Default)]
pub struct Derivation {
    secrets: BTreeMap<u32, Secret>,
    made: Option<Arc<(Roots, Nonces)>>,
}

impl Derivation {
    /// The roots, if there are any.
    pub fn roots(&self) -> Option<&Roots> {
        self.made.as_deref().map(|(roots, _)| roots)
    }

    /// The nonces that DPoP proofs are to carry (RFC 9449, section 9), if there are roots.
    pub fn nonces(&self) -> Option<&Nonces> {
        self.made.as_deref().map(|(_, nonces)| nonces)
    }

    /// Which roots these are: keys made of earlier ones are then made again.
    pub fn edition(&self) -> u64 {
        self.secrets.last_key_value().map_or(0, |(epoch, _)| u64::from(*epoch))
    }

    pub(super) fn with(&self, roots: &[Root], sealer: &Sealer) -> Self {
        let mut secrets = self.secrets.clone();
        secrets.extend(roots.iter().filter_map(|root| open(root, sealer)));
        while secrets.len() > KEPT {
            secrets.pop_first();
        }
        let made = secrets.last_key_value().and_then(|(newest, _)| {
            let roots = Roots::new(*newest, secrets.clone()).ok()?;
            let nonces = Nonces::new(&*roots.branch("dpop nonces").ok()?);
            Some(Arc::new((roots, nonces)))
        });
        Self { secrets, made }
    }
}

fn open(root: &Root, sealer: &Sealer) -> Option<(u32, Secret)> {
    let opened = sealer.open(&root.sealed, &root.purpose()).ok();
    let secret = opened.and_then(|opened| <[u8; 32]>::try_from(opened.as_slice()).ok());
    if secret.is_none() {
        tracing::error!(epoch = root.epoch, "a root cannot be opened; its keys are refused");
    }
    Some((root.epoch, Zeroizing::new(secret?)))
}

impl fmt::Debug for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Derivation({:?})", self.secrets.keys())
    }
}
