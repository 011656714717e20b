//! The files of a ledger, in a directory or at a server (C2SP tlog-tiles).

use std::path::{Path, PathBuf};

use bailiwick_ledger::checkpoint::{self, Checkpoint, VerifierKey};
use bailiwick_ledger::tile::{Tiles, Unreadable};
use bailiwick_ledger::verify::{self, Report};
use reqwest::{StatusCode, Url};
use tokio::runtime::Handle;

use crate::client::http_to;
use crate::failure::Failure;

/// The largest file that is read: a full bundle of the largest records.
const MAX_BYTES: usize = 32 * 1024 * 1024;
const KEY: &str = "key.pub";

/// Where the files of a ledger are.
#[derive(Debug)]
pub(crate) enum LedgerFiles {
    /// In a directory.
    Directory(PathBuf),
    /// Below a URL.
    Server(Server),
}

/// A server that publishes a ledger.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    http: reqwest::Client,
    runtime: Handle,
}

impl LedgerFiles {
    /// The ledger in this directory.
    pub(crate) fn in_directory(path: &Path) -> Result<Self, Failure> {
        if path.join(checkpoint::PATH).exists() {
            return Ok(Self::Directory(path.to_owned()));
        }
        let nested = path.join("ledger");
        if nested.join(checkpoint::PATH).exists() {
            return Ok(Self::Directory(nested));
        }
        Err(Failure::refused(format!("no ledger in {}: it has no checkpoint", path.display()))
            .hint("the ledger is the directory `ledger` in the data directory"))
    }

    /// The ledger that is published below this URL.
    pub(crate) fn at(url: &str) -> Result<Self, Failure> {
        let parsed = Url::parse(url).map_err(|_| {
            Failure::usage(format!("`{url}` is not a URL")).hint("as in http://127.0.0.1:8701")
        })?;
        let base = url.trim_end_matches('/');
        let url = if parsed.path() == "/" { format!("{base}/ledger") } else { base.to_owned() };
        Ok(Self::Server(Server { url, http: http_to(&parsed)?, runtime: Handle::current() }))
    }

    /// Where it is, for a person.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Directory(path) => path.display().to_string(),
            Self::Server(server) => server.url.clone(),
        }
    }

    /// The key published beside the ledger. It says that the ledger agrees with itself; that it is
    /// the right ledger, only a key that came another way can say.
    pub(crate) fn published_key(&self) -> Result<VerifierKey, Failure> {
        let found = self.read(KEY).map_err(|error| self.unread(KEY, &error))?;
        let found = found.ok_or_else(|| {
            Failure::refused(format!("no key.pub in {}", self.place())).hint("name it with --key")
        })?;
        parse_key(&String::from_utf8_lossy(&found))
    }

    /// Checks the whole ledger against its key, and against an earlier checkpoint.
    pub(crate) fn verify(&self, key: &VerifierKey, from: Option<&str>) -> Result<Report, Failure> {
        let from = from.map(|note| Checkpoint::open(note, key)).transpose().map_err(|error| {
            Failure::refused(format!("the earlier checkpoint is not to be believed: {error}"))
        })?;
        verify::verify(self, key, from.as_ref()).map_err(|broken| {
            let mut message = format!("the ledger is NOT whole: {broken}");
            let mut source = std::error::Error::source(&broken);
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            let failure = Failure::refused(message).code("ledger_broken");
            match broken.first_bad_index() {
                Some(index) => failure.hint(format!("first bad index: {index}")),
                None => failure,
            }
        })
    }

    /// The latest checkpoint as it is published.
    pub(crate) fn note(&self) -> Result<String, Failure> {
        let found = self.read(checkpoint::PATH);
        let found = found.map_err(|error| self.unread(checkpoint::PATH, &error))?;
        let found = found.ok_or_else(|| {
            Failure::refused(format!("{} has no checkpoint yet", self.place()))
                .hint("nothing was recorded so far, or this is no ledger")
        })?;
        String::from_utf8(found).map_err(|_| Failure::refused("the checkpoint is no text"))
    }

    fn unread(&self, name: &str, error: &Unreadable) -> Failure {
        match self {
            Self::Directory(path) => {
                Failure::refused(format!("{} cannot be read: {error}", path.join(name).display()))
            }
            Self::Server(server) => Failure::unreachable(&server.url, error),
        }
    }
}

/// Reads a verifier key, `name+id+key`.
pub(crate) fn parse_key(text: &str) -> Result<VerifierKey, Failure> {
    let parsed = text.trim().parse();
    parsed.map_err(|error| Failure::usage(format!("`{}`: {error}", text.trim())))
}

impl Tiles for LedgerFiles {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        match self {
            Self::Directory(directory) => match std::fs::read(directory.join(path)) {
                Ok(contents) => Ok(Some(contents)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            },
            Self::Server(server) => server.runtime.block_on(server.get(path)),
        }
    }
}

impl Server {
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        let mut response = self.http.get(format!("{}/{path}", self.url)).send().await?;
        match response.status() {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => {}
            status => return Err(format!("it answered {status}").into()),
        }
        let mut contents = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if contents.len() + chunk.len() > MAX_BYTES {
                return Err("it is larger than any file of a ledger".into());
            }
            contents.extend_from_slice(&chunk);
        }
        Ok(Some(contents))
    }
}

/// Runs work that reads many files away from the runtime's own threads.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Failure::refused("the check broke off")))
}
