//! One server process.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::run;

const STARTS_WITHIN: Duration = Duration::from_mins(1);
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// A server that runs until this is dropped.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts it, and returns once it has said `ready`; all it says goes to `log`.
    pub(crate) fn start(command: &mut Command, ready: &'static str, log: &Path) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", command.get_program().display()))?;
        let (said, heard) = mpsc::channel();
        let file = File::create(log)?;
        if let Some(output) = child.stdout.take() {
            listen(output, file.try_clone()?, ready, said.clone());
        }
        if let Some(output) = child.stderr.take() {
            listen(output, file, ready, said);
        }
        let server = Self { child };
        if heard.recv_timeout(STARTS_WITHIN).is_err() {
            let words = std::fs::read_to_string(log).unwrap_or_default();
            bail!("a server did not get ready; it said:\n{words}");
        }
        Ok(server)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn ended_by(&mut self, deadline: Instant) -> bool {
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let asked = Command::new("kill").args(["-INT", &self.id().to_string()]).status();
        let asked = asked.is_ok_and(|status| status.success());
        if asked && self.ended_by(Instant::now() + STOPS_WITHIN) {
            return;
        }
        if self.child.kill().is_err() || self.child.wait().is_err() {
            eprintln!("process {} could not be stopped", self.id());
        }
    }
}

/// A port that nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A command that the kernel stops when this process ends without doing so.
pub(crate) fn leashed(program: &Path) -> Command {
    if !run::answers("setpriv --version") {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT", "--"]).arg(program);
    command
}

/// Copies what is said to a file, and tells when the words are among it or nothing more comes.
fn listen(
    output: impl Read + Send + 'static,
    mut log: File,
    ready: &'static str,
    said: Sender<()>,
) {
    thread::spawn(move || {
        let mut said = Some(said);
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if writeln!(log, "{line}").is_err() {
                return;
            }
            let told = said.take_if(|_| line.contains(ready)).map(|said| said.send(()));
            if told.is_some_and(|told| told.is_err()) {
                eprintln!("a server got ready after it was given up");
            }
        }
    });
}
