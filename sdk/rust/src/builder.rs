//! From a key or a store to a client.

use std::fmt;
use std::sync::{Arc, Mutex};

use reqwest::Url;

use crate::agent::{Agent, who_am_i};
use crate::ambient;
use crate::carrier::{self, Carrier};
use crate::client::Client;
use crate::clock::ServerTime;
use crate::error::Error;
use crate::identity::{self, Identity};
use crate::key::Key;
use crate::link::Link;
use crate::settings::{Options, Settings, server};
use crate::signing::Signer;
use crate::store::Store;

/// What a client is made of.
#[derive(Default)]
#[must_use]
pub struct Builder {
    server: Option<String>,
    key: Option<Key>,
    key_id: Option<String>,
    store: Option<Arc<dyn Store>>,
    options: Options,
}

impl Client {
    /// A client for an agent that is registered already.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// The authority's address. A store that [`bootstrap`](crate::bootstrap) wrote knows it.
    pub fn server(mut self, server: impl Into<String>) -> Self {
        self.server = Some(server.into());
        self
    }

    /// The agent's key.
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// The key's id, `key_…`; its thumbprint does as well.
    pub fn key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// Where an identity is kept, or a key.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// What else may be set.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// The client. The authority is asked whose the key is, unless a store knows.
    pub async fn build(self) -> Result<Client, Error> {
        let kept = match &self.store {
            Some(store) => identity::load(&**store).await?,
            None => None,
        };
        if self.store.is_some() && kept.is_none() && self.key.is_none() {
            let hint = "`bootstrap` enrolls one and keeps it there";
            return Err(Error::store("the store holds no agent", hint));
        }
        let kept = kept.unwrap_or_default();
        let own =
            |key: &Key| kept.key.as_ref().is_some_and(|it| it.thumbprint() == key.thumbprint());
        let is_kept = self.key.as_ref().is_none_or(own);
        let key = self.key.or(kept.key);
        let key = key.ok_or_else(|| Error::misused("a client needs a key, or a store with one"))?;
        let server = self.server.or(kept.server);
        let link = link(&self.options, server.as_deref())?;
        let known = kept.identity.filter(|it| is_kept && it.status == "active");
        let known = known.filter(|it| it.server == link.origin());
        let identity = if let Some(identity) = known {
            identity
        } else {
            let keyid = self.key_id.unwrap_or_else(|| key.thumbprint().to_owned());
            let signer = Signer { key: key.clone(), keyid };
            who_am_i(&link, &signer).await?.identity(&link.origin())
        };
        client(&self.options, link, (identity, key), self.store)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (server, key) = (&self.server, &self.key);
        write!(f, "Builder({server:?} {key:?} {:?})", self.options)
    }
}

/// How the authority is reached.
pub(crate) fn link(options: &Options, address: Option<&str>) -> Result<Link, Error> {
    let missing = || Error::misused("a client needs the authority's address, `server`");
    let server: Url = server(address.ok_or_else(missing)?)?;
    let carrier: Arc<dyn Carrier> = match &options.carrier {
        Some(carrier) => carrier.clone(),
        None => Arc::new(carrier::plain(&server)?),
    };
    let time = ServerTime::new(options.clock.clone(), options.max_skew);
    let (patience, entropy) = (options.patience, ambient::entropy());
    Ok(Link { server, time, entropy, carrier, patience, dpop_nonce: Mutex::default() })
}

/// The client, all of it known.
pub(crate) fn client(
    options: &Options,
    link: Link,
    held: (Identity, Key),
    store: Option<Arc<dyn Store>>,
) -> Result<Client, Error> {
    let settings = Settings::of(options, &held.0.gateway)?;
    Ok(Client::new(Agent::new(link, settings, held, store), options.manner.clone()))
}
