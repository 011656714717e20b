//! A whole installation in this process, as `bailiwick init` and `bailiwick serve` make one: on any
//! free ports of the loopback, in a directory that goes with it.

use bailiwick_cli::config;
use bailiwick_cli::wire::{self, Role, Running, Sources};
use tempfile::TempDir;

use crate::sources::{Hands, entropy};
use crate::upstream::Upstream;

/// An installation that runs, with an upstream behind it.
pub struct Installation {
    /// What its APIs stand for.
    pub upstream: Upstream,
    /// The first operator's token.
    pub token: String,
    /// The server's clock.
    pub hands: Hands,
    /// The authority's address.
    pub authority: String,
    /// The gateway's address.
    pub gateway: String,
    running: Running,
    apis: String,
    directory: TempDir,
}

impl Installation {
    /// Begins one whose APIs, as the configuration has them, stand before the upstream at the
    /// address that `apis` is told.
    pub async fn begin(apis: impl FnOnce(&str) -> String) -> Self {
        let (upstream, hands) = (Upstream::start().await, Hands::running());
        let apis = apis(&format!("http://{}", upstream.address));
        let directory = tempfile::tempdir().unwrap();
        let anywhere = settings(["127.0.0.1:0"; 2], &apis, &directory);
        let made = wire::install(&anywhere, &sources(&hands)).await.unwrap();
        let running = wire::start(anywhere, Role::All, sources(&hands)).await.unwrap();
        let (authority, gateway) = (running.issuer().unwrap(), running.public_url().unwrap());
        let (authority, gateway) = (authority.to_owned(), gateway.to_owned());
        let token = made.token.to_string();
        Self { upstream, token, hands, authority, gateway, running, apis, directory }
    }

    /// Stops it, and starts it where it was, so many seconds later by its clock.
    pub async fn restart(self, seconds: i64) -> Self {
        let places = [self.running.authority_addr(), self.running.gateway_addr()];
        let [authority, gateway] = places.map(|place| place.unwrap().to_string());
        self.running.stop().await;
        self.hands.advance(seconds);
        let settings = settings([&authority, &gateway], &self.apis, &self.directory);
        let running = wire::start(settings, Role::All, sources(&self.hands)).await.unwrap();
        Self { running, ..self }
    }

    /// Stops it.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

fn settings(listen: [&str; 2], apis: &str, directory: &TempDir) -> config::Settings {
    let [authority, gateway] = listen;
    let text = format!(
        "trust_domain = \"acme.example\"\n[authority]\nlisten = \"{authority}\"\n\
         [gateway]\nlisten = \"{gateway}\"\nthreads = 1\n{apis}"
    );
    config::parse(&text, directory.path()).unwrap().settings
}

fn sources(hands: &Hands) -> Sources {
    let entropy = entropy(u64::from_le_bytes(hands.now().as_millis().to_le_bytes()));
    Sources { clock: hands.clock(), entropy, node: "test".to_owned(), variable: |_| None }
}
