//! What both halves stand on: the store, the fast store and the sealing key.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bailiwick_domain::time::Timestamp;
use bailiwick_fetch::Outside;
use bailiwick_store::Store;
use bailiwick_store::fast::Fast;
use bailiwick_vault::seal::Sealer;
use zeroize::Zeroizing;

use super::{Fault, Places, Sources, outside};
use crate::config::Settings;

/// What both halves stand on.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) store: Store,
    pub(super) fast: Fast,
    pub(super) sealer: Arc<Sealer>,
    pub(super) outside: Outside,
    pub(super) places: Places,
}

impl Ground {
    pub(super) async fn open(settings: &Settings, sources: &Sources) -> Result<Self, Fault> {
        let places = Places::in_directory(&settings.data_dir);
        let sealer = read_seal_key(&places.seal_key())?;
        // Paths in the settings are resolved already; what is relative has no meaning here.
        let store = Store::open(&settings.store.url, Path::new("/")).await?;
        let skew = settings.signature.skew_seconds;
        let since = remembered_since(&places, sources.clock.now(), skew);
        let fast = Fast::open(&settings.store.fast, since)?;
        let outside = outside::open(settings, sources)?;
        Ok(Self { store, fast, sealer: Arc::new(sealer), outside, places })
    }
}

/// From when on a memory of nonces that begins now is whole. A process that ran before may have
/// seen proofs dated up to the skew after its last sign of life; what it knew of them is lost.
fn remembered_since(places: &Places, now: Timestamp, skew_seconds: u64) -> Timestamp {
    let journal = std::fs::read_dir(places.journal()).into_iter().flatten().flatten();
    let checkpoint = places.ledger().join("checkpoint");
    let published = Some(checkpoint).filter(|path| has_records(path));
    let signs = journal.map(|entry| entry.path()).chain(published);
    let written = signs.filter_map(|path| path.metadata().and_then(|it| it.modified()).ok());
    let last = written.filter_map(|at| at.duration_since(UNIX_EPOCH).ok()).max();
    let last = last.and_then(|at| i64::try_from(at.as_millis()).ok()).map(Timestamp::from_millis);
    let lost = i64::try_from(skew_seconds).unwrap_or(i64::MAX).saturating_add(1);
    last.map_or(now, |last| now.max(last.plus_seconds(lost)))
}

/// Whether a checkpoint is of a tree with something in it: its second line is the size.
fn has_records(checkpoint: &Path) -> bool {
    let text = std::fs::read_to_string(checkpoint).unwrap_or_default();
    text.lines().nth(1).is_some_and(|size| size != "0")
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
    fn a_memory_begins_after_the_last_proof_that_an_earlier_one_may_have_seen() {
        let directory = tempfile::tempdir().unwrap();
        let places = Places::in_directory(directory.path());
        let now = Timestamp::from_seconds(1_000);
        assert_eq!(remembered_since(&places, now, 5), now, "nothing ran before");
        std::fs::create_dir(places.journal()).unwrap();
        let file = std::fs::File::create(places.journal().join("a.log")).unwrap();
        for (written, expected) in [(900, 1_000), (993, 1_000), (998, 1_004), (1_000, 1_006)] {
            file.set_modified(UNIX_EPOCH + std::time::Duration::from_secs(written)).unwrap();
            let since = remembered_since(&places, now, 5);
            assert_eq!(since, Timestamp::from_seconds(expected), "last sign of life at {written}");
        }
        drop(std::fs::remove_dir_all(places.journal()));
        std::fs::create_dir(places.ledger()).unwrap();
        for (size, expected) in [("0", 1_000), ("7", 1_006)] {
            let checkpoint = places.ledger().join("checkpoint");
            std::fs::write(&checkpoint, format!("origin\n{size}\nroot\n")).unwrap();
            let file = std::fs::File::options().append(true).open(&checkpoint).unwrap();
            file.set_modified(UNIX_EPOCH + std::time::Duration::from_secs(1_000)).unwrap();
            let since = remembered_since(&places, now, 5);
            assert_eq!(since, Timestamp::from_seconds(expected), "a ledger of {size}");
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
