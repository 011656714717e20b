//! What tests talk to: private servers, started on free ports and stopped by process id, and the
//! clients that others wrote.

mod peers;
mod postgres;
mod redis;
mod server;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result};
pub(crate) use peers::{as_listed, ensure_browser, ensure_node, ensure_python};
use server::Server;

/// The servers of one run. Dropping it stops what was started and removes what was written.
pub(crate) struct Services {
    variables: Vec<(&'static str, String)>,
    servers: Vec<Server>,
    folder: Folder,
}

/// A directory that goes with its owner.
struct Folder(PathBuf);

impl Services {
    /// Starts what the environment does not name already.
    pub(crate) fn start() -> Result<Self> {
        let folder = Folder::new()?;
        let mut services = Self { variables: Vec::new(), servers: Vec::new(), folder };
        services.provide("BAILIWICK_TEST_POSTGRES", postgres::start)?;
        services.provide("BAILIWICK_TEST_REDIS", redis::start)?;
        if !services.is_named("BAILIWICK_TEST_PEERS") {
            let folder = peers::install()?.display().to_string();
            services.variables.push(("BAILIWICK_TEST_PEERS", folder));
        }
        Ok(services)
    }

    /// What tests find all of it by.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        self.variables.iter().cloned()
    }

    fn provide(
        &mut self,
        variable: &'static str,
        start: fn(&Path) -> Result<(Server, String)>,
    ) -> Result<()> {
        if self.is_named(variable) {
            return Ok(());
        }
        let (server, url) = start(&self.folder.0)?;
        eprintln!("{variable}: started as process {}", server.id());
        self.servers.push(server);
        self.variables.push((variable, url));
        Ok(())
    }

    /// Whether the environment says where it is, which is then passed on.
    fn is_named(&mut self, variable: &'static str) -> bool {
        let Some(place) = env::var(variable).ok().filter(|place| !place.is_empty()) else {
            return false;
        };
        eprintln!("{variable} is set; nothing is started for it");
        self.variables.push((variable, place));
        true
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.servers.clear();
    }
}

impl Folder {
    fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("bailiwick-test-{}", process::id()));
        fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(fault) = fs::remove_dir_all(&self.0) {
            eprintln!("{} stays behind: {fault}", self.0.display());
        }
    }
}
