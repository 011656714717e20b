//! The SDKs: each is built and tested in its own language, against the program as it is.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::run::{Tally, command, counted, root, succeeds};
use crate::services::{as_listed, ensure_browser, ensure_node, ensure_python};

/// Where the program is that SDKs find by this variable.
const PROGRAM: &str = "BAILIWICK_BIN";
const TYPESCRIPT: &str = "sdk/typescript";

/// A variable by which tests find a server.
type Variable = (&'static str, String);

/// The tests of the TypeScript SDK, which find servers by these variables. Deno and Workers come as
/// packages; the browser does not.
pub(crate) fn typescript(variables: &[Variable]) -> Result<(bool, Tally)> {
    let program = program()?;
    build_typescript()?;
    ensure_browser()?;
    let mut npm = command("npm test --silent");
    let npm = npm.current_dir(root().join(TYPESCRIPT)).env(PROGRAM, program);
    counted(npm.envs(variables.iter().cloned()))
}

/// The checks of the Python SDK, which makes an environment of its own.
pub(crate) fn python(variables: &[Variable]) -> Result<(bool, Tally)> {
    let program = program()?;
    ensure_python()?;
    let mut check = command("python3 sdk/python/check.py");
    let check = check.arg(target().join("sdk-python")).env(PROGRAM, program);
    counted(check.envs(variables.iter().cloned()))
}

/// What signing costs the clients of the SDKs, printed.
pub(crate) fn bench() -> Result<bool> {
    build_typescript()?;
    let typescript =
        succeeds(command("npm run --silent bench").current_dir(root().join(TYPESCRIPT)))?;
    ensure_python()?;
    let python = target().join("sdk-python/venv/bin/python");
    ensure!(python.is_file(), "the Python SDK has no environment yet: run `cargo xtask test`");
    let python = command(&python.to_string_lossy()).arg("bench/sdk/python.py").status()?;
    Ok(typescript && python.success())
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
    Ok(target().join("debug/bailiwick"))
}

fn target() -> PathBuf {
    std::env::var("CARGO_TARGET_DIR").map_or(root().join("target"), Into::into)
}
