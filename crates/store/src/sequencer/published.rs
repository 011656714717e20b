//! The ledger's directory: the files that are served, and nothing else.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use bailiwick_ledger::checkpoint;
use bailiwick_ledger::grow::Written;
use bailiwick_ledger::tile::{Tile, Tiles, Unreadable};

/// The file with the key that checkpoints verify with.
pub const KEY_PATH: &str = "key.pub";

/// The ledger's directory. Only names of the format are looked up in it (C2SP tlog-tiles), each in
/// its one spelling.
#[derive(Debug, Clone)]
pub struct Published(PathBuf);

impl Published {
    /// The ledger in this directory.
    pub fn at(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// The contents of a published file; nothing when there is none of that name.
    pub fn file(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let of_the_format =
            matches!(name, checkpoint::PATH | KEY_PATH) || name.parse::<Tile>().is_ok();
        if !of_the_format {
            return Ok(None);
        }
        match fs::read(self.0.join(name)) {
            Ok(contents) => Ok(Some(contents)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes files so that they are whole and there after a power loss. Until that is so, nothing
    /// speaks of them: a file that is there already was left by a turn that was broken off.
    pub(super) fn write(&self, files: &[Written]) -> io::Result<()> {
        let mut changed = BTreeSet::new();
        for file in files {
            let path = self.0.join(file.tile.to_string());
            self.fill(&path, &file.bytes, &mut changed)?;
            changed.extend(path.parent().map(Path::to_owned));
        }
        sync(&changed)
    }

    /// Writes the one file that changes its contents: readers find the old ones or the new.
    pub(super) fn write_named(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut changed = BTreeSet::new();
        let path = self.0.join(name);
        let staged = path.with_extension("new");
        self.fill(&staged, bytes, &mut changed)?;
        fs::rename(&staged, &path)?;
        changed.extend(path.parent().map(Path::to_owned));
        sync(&changed)
    }

    fn fill(&self, path: &Path, bytes: &[u8], changed: &mut BTreeSet<PathBuf>) -> io::Result<()> {
        let mut file = match File::create(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.create_above(path, changed)?;
                File::create(path)?
            }
            created => created?,
        };
        file.write_all(bytes)?;
        file.sync_data()
    }

    /// Creates the directories above a path; each new one changes the one above it.
    fn create_above(&self, path: &Path, changed: &mut BTreeSet<PathBuf>) -> io::Result<()> {
        let inside = |directory: &&Path| directory.starts_with(&self.0);
        for directory in path.ancestors().skip(1).take_while(inside) {
            if directory.try_exists()? {
                changed.insert(directory.to_owned());
                break;
            }
            changed.insert(directory.to_owned());
        }
        path.parent().map_or(Ok(()), fs::create_dir_all)
    }

    /// Removes the partial tiles that a full one stands in for (C2SP tlog-tiles, "Partial Tiles").
    pub(super) fn remove_partial(&self, full: &[Tile]) -> io::Result<()> {
        for tile in full {
            match fs::remove_dir_all(self.0.join(format!("{tile}.p"))) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

fn sync(directories: &BTreeSet<PathBuf>) -> io::Result<()> {
    directories.iter().try_for_each(|directory| File::open(directory)?.sync_all())
}

impl Tiles for Published {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        Ok(self.file(path)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_format_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let published = Published::at(&directory.path().join("ledger"));
        fs::write(directory.path().join("secret"), b"secret").unwrap();
        for name in ["tile/0/000", "tile/0/001.p/7", "checkpoint", "key.pub"] {
            published.write_named(name, name.as_bytes()).unwrap();
        }
        fs::write(directory.path().join("ledger/private"), b"private").unwrap();
        for (name, found) in [
            ("checkpoint", true),
            ("key.pub", true),
            ("tile/0/000", true),
            ("tile/0/001.p/7", true),
            ("tile/0/001", false),
            ("private", false),
            ("../secret", false),
            ("tile/../../secret", false),
            ("tile/0/../../../secret", false),
            ("/etc/passwd", false),
            ("tile/0", false),
            ("", false),
        ] {
            let expected = found.then(|| name.as_bytes().to_vec());
            assert_eq!(published.file(name).unwrap(), expected, "{name}");
        }
    }
}
