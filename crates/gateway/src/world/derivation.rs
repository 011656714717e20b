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
    edition: u64,
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

    /// How often the roots have changed: keys made of earlier ones are then made again.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Whether both are the same roots.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.secrets == other.secrets
    }

    /// Goes on counting where `before` is: what was made of it is good still if the roots are.
    pub(super) fn succeed(&mut self, before: &Self) {
        self.edition = before.edition + u64::from(!self.is_like(before));
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
        Self { secrets, made, edition: self.edition + 1 }
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
