//! The SDKs: each is built and tested in its own language, against the program as it is.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::run::{Tally, command, counted, root, succeeds};
use crate::services::{as_listed, ensure_node};

/// Where the program is that SDKs find by this variable.
const PROGRAM: &str = "BAILIWICK_BIN";
const TYPESCRIPT: &str = "sdk/typescript";

/// The tests of the TypeScript SDK.
pub(crate) fn typescript() -> Result<(bool, Tally)> {
    let program = program()?;
    build_typescript()?;
    counted(command("npm test --silent").current_dir(root().join(TYPESCRIPT)).env(PROGRAM, program))
}

/// What signing costs the clients of the SDKs, printed.
pub(crate) fn bench() -> Result<bool> {
    build_typescript()?;
    succeeds(command("npm run --silent bench").current_dir(root().join(TYPESCRIPT)))
}

fn build_typescript() -> Result<()> {
    ensure_node()?;
    let folder = root().join(TYPESCRIPT);
    as_listed(&folder.join("package-lock.json"), &folder.join("node_modules"), || {
        let mut npm = command("npm ci --ignore-scripts --no-audit --no-fund --loglevel=error");
        ensure!(succeeds(npm.current_dir(&folder))?, "`npm ci` failed");
        Ok(())
    })?;
    ensure!(succeeds(command("npm run --silent build").current_dir(&folder))?, "it does not build");
    Ok(())
}

/// The program, built as the workspace's tests build it.
fn program() -> Result<PathBuf> {
    let mut build = command("cargo build --quiet --workspace --bins --tests");
    ensure!(succeeds(&mut build)?, "the program does not build");
    let folder = std::env::var("CARGO_TARGET_DIR").map_or(root().join("target"), Into::into);
    Ok(folder.join("debug/bailiwick"))
}
