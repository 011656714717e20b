//! What both halves stand on: the store, the fast store and the sealing key.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use bailiwick_store::Store;
use bailiwick_store::fast::Fast;
use bailiwick_vault::seal::Sealer;
use zeroize::Zeroizing;

use super::{Fault, Places, Sources};
use crate::config::Settings;

/// What both halves stand on.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) store: Store,
    pub(super) fast: Fast,
    pub(super) sealer: Arc<Sealer>,
    pub(super) places: Places,
}

impl Ground {
    pub(super) async fn open(settings: &Settings, sources: &Sources) -> Result<Self, Fault> {
        let places = Places::in_directory(&settings.data_dir);
        let sealer = read_seal_key(&places.seal_key())?;
        // Paths in the settings are resolved already; what is relative has no meaning here.
        let store = Store::open(&settings.store.url, Path::new("/")).await?;
        let fast = Fast::open(&settings.store.fast, sources.clock.now())?;
        Ok(Self { store, fast, sealer: Arc::new(sealer), places })
    }
}

fn read_seal_key(path: &Path) -> Result<Sealer, Fault> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(Fault::file(path))?;
    let key = decode(text.trim()).ok_or_else(|| Fault::SealKey(path.to_owned()))?;
    Ok(Sealer::new(key)?)
}

/// Writes the sealing key to a file that is not there yet, readable by its owner alone.
pub(super) fn write_seal_key(path: &Path, key: &[u8; 32]) -> Result<(), Fault> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Fault::Installed(path.to_owned()),
        _ => Fault::file(path)(error),
    })?;
    let mut digits = Zeroizing::new(String::with_capacity(65));
    for byte in key {
        digits.extend(
            [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16)).iter().flatten(),
        );
    }
    digits.push('\n');
    file.write_all(digits.as_bytes()).and_then(|()| file.sync_all()).map_err(Fault::file(path))
}

fn decode(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().enumerate() {
        let digits = text.get(place * 2..place * 2 + 2)?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealing_key_is_sixty_four_hexadecimal_digits() {
        assert_eq!(decode(&"0f".repeat(32)), Some([15; 32]));
        for text in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"é".repeat(32)] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn a_sealing_key_is_written_once_and_reads_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("seal.key");
        assert!(matches!(read_seal_key(&path), Err(Fault::File { .. })));
        write_seal_key(&path, &[7; 32]).unwrap();
        assert!(read_seal_key(&path).is_ok());
        assert!(matches!(write_seal_key(&path, &[8; 32]), Err(Fault::Installed(_))));
        std::fs::write(&path, "07").unwrap();
        assert!(matches!(read_seal_key(&path), Err(Fault::SealKey(_))));
    }
}
