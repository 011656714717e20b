//! Processes that the benchmark starts and stops.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

const STARTS_WITHIN: Duration = Duration::from_secs(30);
const STOPS_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// The core on which the measured process runs alone.
pub(crate) const PEER_CORE: &str = "0";
/// The core that load and upstream share.
pub(crate) const OTHER_CORE: &str = "1";

/// A process that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts a program on one core, to be stopped by the kernel if this process ends without doing
    /// so; what it says goes to a file in `folder`.
    pub(crate) fn start(core: &str, line: &[&str], folder: &Path) -> Result<Self> {
        let name = line.first().and_then(|it| it.rsplit('/').next()).unwrap_or("?").to_owned();
        let log = File::create(folder.join(format!("{name}.log")))?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--", "taskset", "-c", core])
            .args(line)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        Ok(Self { child, name })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the request is answered on the port.
    pub(crate) fn answers(mut self, port: u16, request: &[u8]) -> Result<Self> {
        let deadline = Instant::now() + STARTS_WITHIN;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended by itself: {status}", self.name);
            }
            if answer(port, request).is_ok() {
                return Ok(self);
            }
            thread::sleep(PAUSE);
        }
        bail!("{} does not answer on port {port}", self.name)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        let deadline = Instant::now() + STOPS_WITHIN;
        while asked.as_ref().is_ok_and(std::process::ExitStatus::success)
            && Instant::now() < deadline
        {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(PAUSE);
        }
        if self.child.kill().is_err() || self.child.wait().is_err() {
            eprintln!("{} (process {}) could not be stopped", self.name, self.id());
        }
    }
}

fn answer(port: u16, request: &[u8]) -> Result<()> {
    let mut line = TcpStream::connect(("127.0.0.1", port))?;
    line.set_read_timeout(Some(Duration::from_secs(2)))?;
    line.write_all(request)?;
    let mut start = [0; 12];
    line.read_exact(&mut start)?;
    ensure!(start.starts_with(b"HTTP/1.1 "), "not an answer");
    Ok(())
}

/// Runs a program to its end and returns what it wrote.
pub(crate) fn output(line: &[&str], input: &str) -> Result<String> {
    let (program, arguments) = line.split_first().context("nothing to run")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{program} does not start"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {said}", line.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

/// A port that nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A directory that goes with its owner.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// A fresh one.
    pub(crate) fn new() -> Result<Self> {
        let name = format!("bailiwick-bench-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self(path))
    }

    /// A new folder inside.
    pub(crate) fn inside(&self, name: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(fault) = fs::remove_dir_all(&self.0) {
            eprintln!("{} stays behind: {fault}", self.0.display());
        }
    }
}
