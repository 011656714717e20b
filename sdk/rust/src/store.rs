//! Where an agent's identity is kept. What is kept is text with a private key in it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::ambient;
use crate::error::Error;

/// The largest text that is read from a file, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// A place for one identity. One of your own takes two functions: a vault, a keychain, a database.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// What was saved last; nothing where nothing was. Errors are made by [`Error::store`].
    async fn load(&self) -> Result<Option<Zeroizing<String>>, Error>;

    /// Keeps this text, and nothing of it half.
    async fn save(&self, text: &str) -> Result<(), Error>;
}

/// A file that its owner alone can read, as `bailiwick key new` writes one too.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// The file at this path, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl Store for FileStore {
    async fn load(&self) -> Result<Option<Zeroizing<String>>, Error> {
        let path = self.path.clone();
        aside(move || read_private(&path)).await
    }

    async fn save(&self, text: &str) -> Result<(), Error> {
        let (path, text) = (self.path.clone(), Zeroizing::new(text.to_owned()));
        aside(move || write_private(&path, &text)).await
    }
}

/// Does what waits for a disk where it holds up nobody.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Error::store("the file was given up", "try again")))
}

/// What is in a file that nobody else can read; nothing where there is none.
pub(crate) fn read_private(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    let said = path.display();
    let unreadable = |error: &std::io::Error| {
        Error::store(format!("{said} cannot be read: {error}"), "check its owner and its mode")
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| unreadable(&error))?,
    };
    let mode = file.metadata().map_err(|error| unreadable(&error))?.permissions().mode();
    if mode & 0o077 != 0 {
        let what = format!("{said} can be read by others (mode {:o})", mode & 0o777);
        return Err(Error::store(what, format!("`chmod 600 {said}`")));
    }
    let mut text = Zeroizing::new(String::new());
    let read = file.take(MAX_BYTES + 1).read_to_string(&mut text);
    let length = read.map_err(|error| unreadable(&error))?;
    if u64::try_from(length).is_ok_and(|length| length <= MAX_BYTES) {
        return Ok(Some(text));
    }
    Err(Error::store(format!("{said} is no key file: it is too large"), "name the right file"))
}

/// Writes a file whole or not at all, for its owner alone.
fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let unique = URL_SAFE_NO_PAD.encode(ambient::entropy().bytes::<12>());
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{unique}"));
    let draft = PathBuf::from(draft);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    write().map_err(|error| {
        // What is there of it is of no use to anybody; where nothing is, nothing is removed.
        let _ = std::fs::remove_file(&draft);
        let what = format!("{} cannot be written: {error}", path.display());
        Error::store(what, "check that its folder is there, and is yours")
    })
}

/// A variable of the environment, read and never written.
#[derive(Debug, Clone)]
pub struct EnvironmentStore {
    name: String,
}

impl EnvironmentStore {
    /// The variable with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl Default for EnvironmentStore {
    /// `BAILIWICK_AGENT`.
    fn default() -> Self {
        Self::new("BAILIWICK_AGENT")
    }
}

#[async_trait]
impl Store for EnvironmentStore {
    async fn load(&self) -> Result<Option<Zeroizing<String>>, Error> {
        Ok(ambient::variable(&self.name))
    }

    async fn save(&self, _: &str) -> Result<(), Error> {
        Err(Error::store(
            format!("the variable {} cannot be kept", self.name),
            "enroll once with a file, and put what is in it into the variable where the agent runs",
        ))
    }
}

/// As long as the process lives.
#[derive(Default)]
pub struct MemoryStore {
    kept: Mutex<Option<Zeroizing<String>>>,
}

impl MemoryStore {
    /// One that holds this already.
    pub fn holding(text: impl Into<String>) -> Self {
        Self { kept: Mutex::new(Some(Zeroizing::new(text.into()))) }
    }
}

/// What it holds is not shown.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self) -> Result<Option<Zeroizing<String>>, Error> {
        Ok(self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn save(&self, text: &str) -> Result<(), Error> {
        let text = Zeroizing::new(text.to_owned());
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    #[tokio::test]
    async fn a_file_is_its_owners_alone_and_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.json");
        let store = FileStore::new(&path);
        assert!(store.load().await.unwrap().is_none());
        for text in ["a longer text", "short"] {
            store.save(text).await.unwrap();
            assert_eq!(&**store.load().await.unwrap().unwrap(), text);
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    async fn check(store: &FileStore, expected: [&str; 2]) {
        let failed = store.load().await.unwrap_err();
        assert_eq!(failed.code(), "store_unusable");
        for words in expected {
            assert!(failed.to_string().contains(words), "{failed}");
        }
    }

    #[tokio::test]
    async fn a_file_that_others_can_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.json");
        let store = FileStore::new(&path);
        store.save("{}").await.unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        check(&store, ["read by others (mode 640)", "chmod 600"]).await;
        store.save(&" ".repeat(70_000)).await.unwrap();
        check(&store, ["too large", "right file"]).await;
        let nowhere = FileStore::new(folder.path().join("missing/agent.json"));
        let failed = nowhere.save("{}").await.unwrap_err();
        assert!(failed.to_string().contains("cannot be written"), "{failed}");
    }

    #[tokio::test]
    async fn the_environment_is_read_and_not_written() {
        let store = EnvironmentStore::new("BAILIWICK_NO_SUCH_AGENT");
        assert!(store.load().await.unwrap().is_none());
        let failed = store.save("{}").await.unwrap_err();
        assert!(failed.to_string().contains("enroll once with a file"), "{failed}");
    }
}
