//! A private Redis.

use std::path::Path;

use anyhow::Result;

use super::server::{Server, free_port, leashed};
use crate::{run, tools};

/// Starts one that keeps nothing, and tells its URL.
pub(crate) fn start(folder: &Path) -> Result<(Server, String)> {
    if !run::answers("redis-server --version") {
        tools::debian("redis-server")?;
    }
    let port = free_port()?;
    let mut command = leashed(Path::new("redis-server"));
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
    command.arg("--dir").arg(folder).current_dir(folder);
    let server =
        Server::start(&mut command, "Ready to accept connections", &folder.join("redis.log"))?;
    Ok((server, format!("redis://127.0.0.1:{port}")))
}
