//! A private PostgreSQL.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use super::server::{self, Server};
use crate::run::{command, output};
use crate::tools;

/// Debian keeps the programs of each version in a folder of their own.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Who runs the server: it refuses to be root.
type User = Option<(u32, u32)>;

/// Starts one that survives no crash, and tells its URL.
pub(crate) fn start(folder: &Path) -> Result<(Server, String)> {
    if programs().is_none() {
        tools::debian("postgresql")?;
    }
    let programs = programs().context("the programs of PostgreSQL are not found")?;
    let user = user()?;
    let home = folder.join("postgres");
    fs::create_dir(&home)?;
    let password = folder.join("postgres.password");
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&password)?;
    file.write_all(secret()?.as_bytes())?;
    if let Some((user, group)) = user {
        chown(&home, Some(user), Some(group))?;
        chown(&password, Some(user), Some(group))?;
    }
    initialize(&programs, &home, &password, user)?;
    let port = server::free_port()?;
    let mut server = as_user(&programs.join("postgres"), user, &home);
    server.arg("-D").arg(home.join("data")).args(["-p", &port.to_string()]);
    let settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "max_connections=300",
    ];
    server.args(settings.iter().flat_map(|setting| ["-c", setting]));
    let log = folder.join("postgres.log");
    let server = Server::start(&mut server, "ready to accept connections", &log)?;
    let secret = fs::read_to_string(&password)?;
    Ok((server, format!("postgres://postgres:{secret}@127.0.0.1:{port}/postgres")))
}

fn initialize(programs: &Path, home: &Path, password: &Path, user: User) -> Result<()> {
    let mut initdb = as_user(&programs.join("initdb"), user, home);
    initdb.arg("-D").arg(home.join("data")).args(["-U", "postgres", "-A", "scram-sha-256"]);
    initdb.args(["-E", "UTF8", "--locale", "C", "--no-sync"]).arg("--pwfile").arg(password);
    let output = initdb.output().context("initdb does not start")?;
    ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn as_user(program: &Path, user: User, folder: &Path) -> Command {
    let mut command = server::leashed(program);
    command.current_dir(folder).env("LC_ALL", "C");
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

/// The newest version's folder.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let whole = |it: &PathBuf| it.join("initdb").is_file() && it.join("postgres").is_file();
    debian.filter(whole).max().or_else(|| others.into_iter().find(whole))
}

fn user() -> Result<User> {
    if !tools::is_root()? {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        let id = |flag| output(&mut command(&format!("id {flag} {name}")));
        if let (Ok(user), Ok(group)) = (id("-u"), id("-g")) {
            return Ok(Some((user.trim().parse()?, group.trim().parse()?)));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`")
}

/// Enough to keep other users of this machine out for the length of a test run.
fn secret() -> Result<String> {
    use std::collections::hash_map::RandomState;
    use std::hash::BuildHasher;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let word = || RandomState::new().hash_one((now, process::id()));
    Ok(format!("{:016x}{:016x}", word(), word()))
}
