//! Preparing a data directory: once, before the first start.

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use bailiwick_store::Store;
use zeroize::Zeroizing;

use super::{Fault, Places, Sources, ground};
use crate::config::Settings;

/// Prepares the data directory: sealing key, database, and one operator, whose token is returned
/// here and kept nowhere. Refused where there is an installation.
pub async fn install(settings: &Settings, sources: &Sources) -> Result<Zeroizing<String>, Fault> {
    let places = Places::in_directory(&settings.data_dir);
    for directory in [settings.data_dir.clone(), places.keys(), places.journal(), places.ledger()] {
        make_private(&directory)?;
    }
    let key = Zeroizing::new(sources.entropy.bytes::<32>());
    ground::write_seal_key(&places.seal_key(), &key)?;
    let store = Store::open(&settings.store.url, Path::new("/")).await?;
    let operator = bailiwick_authority::create_operator(&store, &sources.clock, &sources.entropy);
    let (_, token) = operator.await?;
    store.close().await;
    Ok(token)
}

/// A directory that only the owner of the process may enter.
fn make_private(path: &Path) -> Result<(), Fault> {
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Fault::file(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
