//! One call of the program: how it speaks, where its configuration is, and what the world gives.

use std::path::{Path, PathBuf};

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Clock;

use crate::ambient;
use crate::client::Client;
use crate::config::{self, Checked};
use crate::destination::Destination;
use crate::failure::Failure;
use crate::output::Output;
use crate::wire::Sources;

/// What every command has at hand.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) output: Output,
    config: Option<PathBuf>,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
}

impl Invocation {
    pub(crate) fn new(json: bool, config: Option<PathBuf>) -> Self {
        Self {
            output: Output::new(json),
            config,
            clock: ambient::clock(),
            entropy: ambient::entropy(),
        }
    }

    /// The configuration file: the one that was named, or the one in the present directory.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.clone().unwrap_or_else(|| PathBuf::from(config::FILE_NAME))
    }

    /// The configuration, with its warnings said aside.
    pub(crate) fn configuration(&self) -> Result<Checked, Failure> {
        Ok(config::read(&self.config_file())?)
    }

    /// Where the ledger of this installation is on disk.
    pub(crate) fn ledger_directory(&self) -> Result<PathBuf, Failure> {
        Ok(self.configuration()?.settings.data_dir.join("ledger"))
    }

    /// Time, randomness and this node's name.
    pub(crate) fn sources(&self) -> Sources {
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        Sources { clock, entropy, node: ambient::node(), variable: ambient::variable }
    }

    /// Where the authority is, as far as arguments, environment, profile and file say.
    pub(crate) fn destination(&self) -> Result<Destination, Failure> {
        Destination::find(self.config.as_deref())
    }

    /// The authority, to be asked as an operator.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let destination = self.destination()?;
        Client::new(destination.url, destination.token)
    }

    /// Whether a configuration was named or is in the present directory.
    pub(crate) fn has_configuration(&self) -> bool {
        self.config.is_some() || Path::new(config::FILE_NAME).exists()
    }
}
