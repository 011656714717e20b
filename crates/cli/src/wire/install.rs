//! Preparing a data directory: once, before the first start.

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use bailiwick_store::Store;
use zeroize::Zeroizing;

use super::{Fault, Places, Sources, ground};
use crate::config::Settings;

/// What lets the first ones in. Kept nowhere.
#[derive(Debug)]
pub struct Installed {
    /// The first operator's admin token.
    pub token: Zeroizing<String>,
    /// The link for the first person, for a day; absent where people cannot have passkeys.
    pub welcome: Option<Zeroizing<String>>,
}

/// Prepares the data directory: sealing key, database, one operator, and a link for one person.
/// Refused where there is an installation.
pub async fn install(settings: &Settings, sources: &Sources) -> Result<Installed, Fault> {
    let places = Places::in_directory(&settings.data_dir);
    for directory in [settings.data_dir.clone(), places.keys(), places.journal(), places.ledger()] {
        make_private(&directory)?;
    }
    let key = Zeroizing::new(sources.entropy.bytes::<32>());
    ground::write_seal_key(&places.seal_key(), &key)?;
    let store = Store::open(&settings.store.url, Path::new("/")).await?;
    let Sources { clock, entropy, .. } = sources;
    let (_, token) = bailiwick_authority::create_operator(&store, clock, entropy).await?;
    let listen = settings.authority.listen;
    let issuer = settings.authority.issuer.clone().unwrap_or(format!("http://{listen}"));
    let welcome = bailiwick_authority::create_welcome(&store, &issuer, clock, entropy).await?;
    store.close().await;
    Ok(Installed { token, welcome })
}

/// A directory that only the owner of the process may enter.
fn make_private(path: &Path) -> Result<(), Fault> {
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Fault::file(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
