//! One agent: who it is, its key, and how its authority is reached. Nothing of it is shown.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::Error;
use crate::identity::{self, Identity, Me};
use crate::key::Key;
use crate::link::{Link, Question};
use crate::own_keys;
use crate::settings::{NewKey, Register, Settings};
use crate::signing::Signer;
use crate::store::Store;

/// The path at which an agent asks who it is.
const ME: &str = "/api/agents/me";

/// An agent.
pub(crate) struct Agent {
    pub(crate) link: Link,
    pub(crate) settings: Settings,
    store: Option<Arc<dyn Store>>,
    present: Mutex<Arc<Present>>,
    rotating: tokio::sync::Mutex<()>,
}

/// Who it is at present, and what it signs with. A key that is changed makes another of these.
pub(crate) struct Present {
    pub(crate) identity: Identity,
    pub(crate) signer: Signer,
    /// How often the key was changed before.
    pub(crate) generation: u64,
    dpop: OnceLock<Key>,
}

impl Present {
    fn new(identity: Identity, key: Key, generation: u64) -> Self {
        let signer = Signer { key, keyid: identity.key_id.clone() };
        Self { identity, signer, generation, dpop: OnceLock::new() }
    }

    /// Whether tokens are bound by a signature of the agent's own key; else by a proof.
    pub(crate) fn binds_by_key(&self) -> bool {
        self.signer.key.has_public_part()
    }

    /// The key that tokens are bound to by proofs: the agent's own, or one of this process.
    pub(crate) fn dpop_key(&self) -> Result<&Key, Error> {
        if self.binds_by_key() {
            return Ok(&self.signer.key);
        }
        if let Some(key) = self.dpop.get() {
            return Ok(key);
        }
        let made = Key::generate()?;
        Ok(self.dpop.get_or_init(|| made))
    }
}

impl Agent {
    pub(crate) fn new(
        link: Link,
        settings: Settings,
        held: (Identity, Key),
        store: Option<Arc<dyn Store>>,
    ) -> Self {
        let present = Mutex::new(Arc::new(Present::new(held.0, held.1, 0)));
        Self { link, settings, store, present, rotating: tokio::sync::Mutex::default() }
    }

    pub(crate) fn present(&self) -> Arc<Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the agent's key: makes one, lets it be registered, or registers it itself, proves it
    /// with a live call, keeps it, and signs with it from then on; then revokes the old one, if it
    /// was registered with that. Whoever asks for it while it happens, or on account of a key that
    /// was changed already, finds it done.
    pub(crate) async fn rotate(
        &self,
        register: Option<&Register>,
        before: u64,
        why: Option<crate::denial::Denial>,
    ) -> Result<(), Error> {
        let _alone = self.rotating.lock().await;
        let old = self.present();
        if old.generation != before {
            return Ok(());
        }
        let key = Key::generate()?;
        let Some(register) = register else { return self.succeed(&old, key).await };
        let public_jwk = key.public_jwk().unwrap_or_default();
        let registered = register(NewKey { public_jwk, why }).await;
        let what = "registering the new key";
        let keyid = registered.map_err(|source| Error::Asked { what, source })?;
        self.adopt(Signer { key, keyid }, before).await
    }

    /// Goes over to a key that is registered with the present one, and revokes that.
    async fn succeed(&self, old: &Present, key: Key) -> Result<(), Error> {
        let keyid = own_keys::register(&self.link, &old.signer, &key).await?;
        let next = Signer { key, keyid: keyid.clone() };
        if let Err(failure) = self.adopt(next, old.generation).await {
            // What failed first is told, whether or not the key can be taken back.
            drop(own_keys::revoke(&self.link, &old.signer, &keyid).await);
            return Err(failure);
        }
        own_keys::revoke(&self.link, &self.present().signer, &old.identity.key_id).await
    }

    /// Goes over to the key that another process has stored meanwhile; whether there is another.
    pub(crate) async fn reload(&self, before: u64) -> Result<bool, Error> {
        let _alone = self.rotating.lock().await;
        let present = self.present();
        if present.generation != before {
            return Ok(true);
        }
        let Some(store) = &self.store else { return Ok(false) };
        let Some(kept) = identity::load(&**store).await? else { return Ok(false) };
        let other = |key: &Key| key.thumbprint() != present.signer.key.thumbprint();
        let Some(key) = kept.key.filter(other) else { return Ok(false) };
        let keyid = kept.identity.map_or_else(|| key.thumbprint().to_owned(), |it| it.key_id);
        let signer = Signer { key, keyid };
        let identity = self.prove(&signer).await?;
        self.take(identity, signer.key, before);
        Ok(true)
    }

    /// Whether what a key of then was refused may be had by another one that there is now.
    pub(crate) async fn has_other(&self, error: &Error, before: u64) -> Result<bool, Error> {
        match error {
            Error::Denied(denial)
                if denial.is("credential_expired") || denial.is("credential_revoked") =>
            {
                self.reload(before).await
            }
            Error::Denied(_) => Ok(self.present().generation != before),
            _ => Ok(false),
        }
    }

    async fn adopt(&self, signer: Signer, before: u64) -> Result<(), Error> {
        let identity = self.prove(&signer).await?;
        if let Some(store) = &self.store {
            identity::save_identity(&**store, &identity, &signer.key).await?;
        }
        self.take(identity, signer.key, before);
        Ok(())
    }

    /// Who the agent is by this key, which a live call proves.
    async fn prove(&self, signer: &Signer) -> Result<Identity, Error> {
        Ok(who_am_i(&self.link, signer).await?.identity(&self.link.origin()))
    }

    fn take(&self, identity: Identity, key: Key, before: u64) {
        let next = Arc::new(Present::new(identity, key, before + 1));
        *self.present.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// What the authority says of whoever signs so.
pub(crate) async fn who_am_i(link: &Link, signer: &Signer) -> Result<Me, Error> {
    link.ask(&Question::get(ME, Some(signer))).await
}
