//! The programs that chores call, installed when they are missing.

use anyhow::{Context, Result, ensure};

use crate::run::{answers, command, output, succeeds};

/// A cargo subcommand: how to ask whether it is there, its package, and a version that works.
pub(crate) struct Tool(&'static str, &'static str, &'static str);

pub(crate) const DENY: Tool = Tool("cargo deny --version", "cargo-deny", "0.20.2");
pub(crate) const NEXTEST: Tool = Tool("cargo nextest --version", "cargo-nextest", "0.9.143");
pub(crate) const FUZZ: Tool = Tool("cargo fuzz --version", "cargo-fuzz", "0.13.1");

impl Tool {
    /// Makes sure it is there.
    pub(crate) fn ensure(&self) -> Result<()> {
        let Self(question, package, version) = self;
        if answers(question) {
            return Ok(());
        }
        eprintln!("installing {package} {version}");
        let line = format!("cargo install {package} --locked --version {version}");
        ensure!(succeeds(&mut command(&line))?, "{package} cannot be installed: `{line}` failed");
        Ok(())
    }
}

/// Makes sure that Debian packages are there, by the programs they bring.
pub(crate) fn debian(packages: &str) -> Result<()> {
    eprintln!("installing {packages}");
    let sudo = if is_root()? { "" } else { "sudo -n " };
    let install = format!("{sudo}apt-get install -y --no-install-recommends {packages}");
    let attempt = || {
        let mut command = command(&install);
        succeeds(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    if attempt()? {
        return Ok(());
    }
    succeeds(&mut command(&format!("{sudo}apt-get update")))?;
    ensure!(attempt()?, "`{install}` failed; install {packages} by hand");
    Ok(())
}

/// Whether this process may do anything.
pub(crate) fn is_root() -> Result<bool> {
    Ok(output(&mut command("id -u")).context("who am I?")?.trim() == "0")
}
