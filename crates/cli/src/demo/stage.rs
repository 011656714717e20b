//! Everything that runs: the sample API, and an installation in front of it in a directory that is
//! thrown away.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::client::Client;
use crate::config::{self, Settings};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::sample::Sample;
use crate::wire::{self, Places, Role, Running, Sources};

/// The stage, set.
pub(super) struct Stage {
    pub(super) sample: Sample,
    pub(super) client: Client,
    pub(super) sources: Sources,
    pub(super) admin_token: Zeroizing<String>,
    running: Running,
    gateway: SocketAddr,
    directory: TempDir,
}

impl Stage {
    pub(super) async fn set(invocation: &Invocation) -> Result<Self, Failure> {
        let sample = Sample::start().await.map_err(Failure::refused)?;
        let directory = tempfile::Builder::new().prefix("bailiwick-demo-").tempdir();
        let directory = directory.map_err(Failure::refused)?;
        let settings = settings(sample.address, directory.path())?;
        let sources = invocation.sources();
        let made = wire::install(&settings, &sources).await.map_err(Failure::refused)?;
        let admin_token = made.token;
        let running = wire::start(settings, Role::All, sources.clone()).await;
        let running = running.map_err(Failure::refused)?;
        let lost = || Failure::refused("the stage was not set");
        let gateway = running.gateway_addr().ok_or_else(lost)?;
        let issuer = running.issuer().ok_or_else(lost)?.to_owned();
        let client = Client::new(issuer, Some(admin_token.to_string()))?;
        Ok(Self { sample, client, sources, admin_token, running, gateway, directory })
    }

    /// Where the gateway listens.
    pub(super) fn gateway(&self) -> SocketAddr {
        self.gateway
    }

    /// Where the authority is.
    pub(super) fn issuer(&self) -> &str {
        self.client.url()
    }

    /// The directory of this performance.
    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The directory with the ledger's files.
    pub(super) fn ledger(&self) -> PathBuf {
        Places::in_directory(&self.directory.path().join("data")).ledger()
    }

    /// Brings everything written down so far into the ledger.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        self.running.settle().await.map_err(Failure::refused)
    }

    /// Stops everything; the directory goes with it.
    pub(super) async fn strike(self) {
        self.running.stop().await;
    }
}

fn settings(upstream: SocketAddr, directory: &Path) -> Result<Settings, Failure> {
    let text = CONFIGURATION.replace("UPSTREAM", &format!("http://{upstream}"));
    let checked = config::parse(&text, directory).map_err(config::Unusable::Wrong)?;
    Ok(checked.settings)
}

const CONFIGURATION: &str = r#"
trust_domain = "acme.example"

[gateway]
listen = "127.0.0.1:0"
threads = 2

[authority]
listen = "127.0.0.1:0"

[[api]]
name = "acme"
upstream = "UPSTREAM"

[[api.operation]]
method = "GET"
path = "/tickets"
scopes = ["tickets:read"]

[[api.operation]]
method = "GET"
path = "/tickets/{id}"
scopes = ["tickets:read"]

[[api.operation]]
method = "POST"
path = "/tickets/{id}/notes"
scopes = ["tickets:write"]

[[api.operation]]
method = "GET"
path = "/refunds"
scopes = ["refunds:read"]

[[api.operation]]
method = "POST"
path = "/refunds"
scopes = ["refunds:write"]

[[api.operation]]
method = "GET"
path = "/customers/{id}"
scopes = ["customers:read"]

[[api.operation]]
method = "GET"
path = "/exports/customers"
scopes = ["customers:export"]
limit = "3/min"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_has_a_good_configuration() {
        let upstream = SocketAddr::from(([127, 0, 0, 1], 9));
        assert_eq!(settings(upstream, Path::new("/x")).unwrap().apis[0].operations.len(), 7);
    }
}
