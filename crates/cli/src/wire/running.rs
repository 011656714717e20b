//! Starting, and what runs then.

use std::net::SocketAddr;
use std::time::Duration;

use bailiwick_authority::{
    Authority, Keys, Making, Parts, Pruner, Pruning, Transmitter, Transmitting,
};
use bailiwick_gateway::listen::gateway::{Foundation, Gateway};
use bailiwick_gateway::listen::tls::server_config;
use bailiwick_store::sequencer::{Config, Handle, Sequencer};

use super::authority::{Reserved, Serving};
use super::ground::Ground;
use super::{Fault, Role, Sources, approval_webhook, documents, gateway, outside, sign_in};
use crate::config::Settings;

/// What runs, until it is stopped.
pub struct Running {
    gateway: Option<(Gateway, String)>,
    authority: Option<Issuing>,
    ground: Ground,
    drain: Duration,
}

/// The authority, and what runs beside it.
struct Issuing {
    serving: Serving,
    issuer: String,
    sequencer: Handle,
    transmitting: Transmitting,
    pruning: Pruning,
    following: documents::Following,
}

/// Opens an installation and serves the halves that were asked for.
pub async fn start(settings: Settings, role: Role, sources: Sources) -> Result<Running, Fault> {
    let ground = Ground::open(&settings, &sources).await?;
    let starting = Starting { settings, sources, ground };
    starting.run(role).await
}

struct Starting {
    settings: Settings,
    sources: Sources,
    ground: Ground,
}

impl Starting {
    async fn run(self, role: Role) -> Result<Running, Fault> {
        let authority = match role {
            Role::All | Role::Authority => {
                Some(Reserved::bind(self.settings.authority.listen).await?)
            }
            Role::Gateway => None,
        };
        let issuer = self.issuer(authority.as_ref().map(|reserved| reserved.address))?;
        let listen = self.settings.gateway.listen;
        let door = match role {
            Role::All | Role::Gateway => Some(gateway::Reserved::bind(listen)?),
            Role::Authority => None,
        };
        let listen = door.as_ref().map_or(listen, |door| door.address);
        if listen.port() == 0 && self.settings.gateway.public_url.is_none() {
            return Err(Fault::PublicUrlUnknown);
        }
        let public_url = gateway::public_url(&self.settings, listen);
        let authority = match authority {
            Some(reserved) => Some(self.serve(reserved, &issuer, &public_url).await?),
            None => None,
        };
        let gateway = match door {
            Some(door) => Some((self.guard(&door, &issuer).await?, public_url)),
            None => None,
        };
        let drain = Duration::from_secs(self.settings.gateway.limits.drain_seconds);
        Ok(Running { gateway, authority, ground: self.ground, drain })
    }

    /// The issuer: as configured, or where the authority listens.
    fn issuer(&self, bound: Option<SocketAddr>) -> Result<String, Fault> {
        if let Some(issuer) = &self.settings.authority.issuer {
            return Ok(issuer.clone());
        }
        let address = bound.unwrap_or(self.settings.authority.listen);
        if address.port() == 0 {
            return Err(Fault::IssuerUnknown);
        }
        let scheme = if self.settings.authority.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{address}"))
    }

    async fn serve(
        &self,
        reserved: Reserved,
        issuer: &str,
        public_url: &str,
    ) -> Result<Issuing, Fault> {
        let tls = self.settings.authority.tls.as_ref().map(gateway::tls);
        let tls = tls.as_ref().map(server_config).transpose().map_err(Fault::AuthorityTls)?;
        let Ground { store, fast, sealer, outside, places } = &self.ground;
        let Sources { clock, entropy, .. } = &self.sources;
        let making = Making { sealer, clock, entropy };
        let keys = Keys::open(store, making).await?;
        let config = Config {
            journal_dir: places.journal(),
            ledger_dir: places.ledger(),
            signer: keys.ledger(&self.settings.ledger.origin)?,
        };
        let sequencer = Sequencer::start(store.clone(), config).await?;
        let parts = Parts {
            store: store.clone(),
            fast: fast.clone(),
            outside: outside.clone(),
            sealer: sealer.clone(),
            keys,
            settings: self.authority_settings(issuer, public_url)?,
            apis: self.settings.apis.iter().map(|api| api.resolve(public_url)).collect(),
            ledger_dir: places.ledger(),
            sequencer: sequencer.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        };
        let authority = Authority::new(parts)?;
        documents::adopt(&authority, &self.settings.apis).await?;
        let following = documents::follow(authority.clone());
        let transmitting = Transmitter::new(authority.clone()).start();
        let pruning = Pruner::new(authority.clone()).start();
        let serving = reserved.serve(bailiwick_authority::router(authority), tls);
        let issuer = issuer.to_owned();
        Ok(Issuing { serving, issuer, sequencer, transmitting, pruning, following })
    }

    fn authority_settings(
        &self,
        issuer: &str,
        public_url: &str,
    ) -> Result<bailiwick_authority::Settings, Fault> {
        let token = self.settings.token;
        Ok(bailiwick_authority::Settings {
            trust_domain: self.settings.trust_domain.clone(),
            issuer: issuer.to_owned(),
            gateway: public_url.to_owned(),
            token_ttl_seconds: u32::try_from(token.ttl_seconds).unwrap_or(0),
            token_bound: token.bound,
            signing_key_days: u32::try_from(self.settings.authority.signing_key_days).unwrap_or(0),
            delegation_depth: u32::try_from(token.delegation_depth).unwrap_or(0),
            wallets: outside::wallets(&self.settings),
            window: gateway::window(&self.settings),
            sign_in: sign_in::ways(&self.settings, &self.sources)?,
            approval_webhooks: approval_webhook::webhooks(&self.settings, &self.sources)?,
            signal_sources: self.settings.authority.signal_sources.clone(),
            client_documents: self.settings.authority.client_documents.clone(),
            card_keys: documents::card_keys(&self.settings.apis),
        })
    }

    async fn guard(&self, door: &gateway::Reserved, issuer: &str) -> Result<Gateway, Fault> {
        let settings = gateway::settings(&self.settings, &self.sources, door.address, issuer);
        let foundation = Foundation {
            store: self.ground.store.clone(),
            fast: self.ground.fast.clone(),
            outside: self.ground.outside.clone(),
            sealer: self.ground.sealer.clone(),
            clock: self.sources.clock.clone(),
            entropy: self.sources.entropy.clone(),
        };
        Ok(Gateway::start(settings, foundation).await?)
    }
}

impl Running {
    /// Where the gateway listens.
    pub fn gateway_addr(&self) -> Option<SocketAddr> {
        self.gateway.as_ref().map(|(gateway, _)| gateway.address())
    }

    /// Where the gateway listens for proxies that it stands beside, if it does.
    pub fn beside_addr(&self) -> Option<SocketAddr> {
        self.gateway.as_ref().and_then(|(gateway, _)| gateway.beside())
    }

    /// Where the authority listens.
    pub fn authority_addr(&self) -> Option<SocketAddr> {
        self.authority.as_ref().map(|it| it.serving.address)
    }

    /// The URL agents know the gateway by.
    pub fn public_url(&self) -> Option<&str> {
        self.gateway.as_ref().map(|(_, url)| url.as_str())
    }

    /// The issuer of tokens.
    pub fn issuer(&self) -> Option<&str> {
        self.authority.as_ref().map(|it| it.issuer.as_str())
    }

    /// Returns once everything written down before this call is in the ledger and can be searched.
    pub async fn settle(&self) -> Result<(), Fault> {
        match &self.authority {
            Some(issuing) => Ok(issuing.sequencer.settle().await?),
            None => Ok(()),
        }
    }

    /// Stops accepting, lets open requests end, and brings the last records into the ledger.
    pub async fn stop(self) {
        if let Some((gateway, _)) = self.gateway {
            gateway.stop().await;
        }
        if let Some(issuing) = self.authority {
            let Issuing { serving, sequencer, transmitting, pruning, following, .. } = issuing;
            serving.stop(self.drain).await;
            transmitting.stop().await;
            pruning.stop().await;
            drop(following);
            if let Err(fault) = sequencer.stop().await {
                tracing::error!(%fault, "the last records wait in the journal for the next start");
            }
        }
        self.ground.store.close().await;
    }
}
