//! Clients that others wrote and published, each run by a script in a process of its own.
//!
//! The scripts are in `peers/`; `cargo xtask test` installs the packages they import, at the
//! versions and hashes written beside them, and says where in `BAILIWICK_TEST_PEERS`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The variable that says where the packages are installed.
const INSTALLED: &str = "BAILIWICK_TEST_PEERS";

/// A script, by its name without the ending.
#[derive(Debug, Clone, Copy)]
pub enum Peer {
    /// Run by Node.js.
    JavaScript(&'static str),
    /// Run by Python.
    Python(&'static str),
}

/// A script that serves, until this is dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// Where it is, as it says.
    pub url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer {
    /// Starts it, and waits until it says where it serves: the first line of its standard output,
    /// a URL as JSON.
    pub async fn serve(self) -> Serving {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let listening = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).unwrap();
            line
        });
        let url = serde_json::from_str(&listening.await.unwrap()).unwrap();
        Serving { child, url }
    }

    /// Runs it to its end: JSON to its standard input, JSON from its standard output.
    pub async fn run(self, told: &Value) -> Value {
        let told = told.to_string();
        tokio::task::spawn_blocking(move || self.run_blocking(&told)).await.unwrap()
    }

    fn run_blocking(self, told: &str) -> Value {
        let mut command = self.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What is on the loopback is asked directly, whatever the machine is set up for.
        command.env("NO_PROXY", "*").env("no_proxy", "*");
        let mut child = command.spawn().unwrap();
        // One that ends without reading says why.
        let _ = child.stdin.take().unwrap().write_all(told.as_bytes());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{self:?} ended with {}:\n{said}", output.status);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn command(self) -> Command {
        match self {
            Self::JavaScript(name) => {
                let mut command = Command::new("node");
                // The scripts are a link beside their packages, which are looked for there.
                command.args(["--preserve-symlinks", "--preserve-symlinks-main"]);
                command.arg(installed().join(format!("javascript/scripts/{name}.mjs")));
                command
            }
            Self::Python(name) => {
                let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/python");
                let mut command = Command::new(installed().join("python/bin/python"));
                command.arg("-B").arg(scripts.join(format!("{name}.py")));
                command
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the packages are found by the environment")]
pub(crate) fn installed() -> PathBuf {
    let found = std::env::var_os(INSTALLED).map(PathBuf::from);
    found.unwrap_or_else(|| panic!("{INSTALLED} names no folder: run `cargo xtask test`"))
}
