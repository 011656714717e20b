//! Private keys in files: one JWK each, for their owner's eyes only.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bailiwick_proof::keys::SigningKey;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Reads a private key.
pub(crate) fn read(path: &Path) -> Result<SigningKey, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("{} cannot be read: {error}", path.display()))
            .hint("`bailiwick key new FILE` makes a key pair")
    })?;
    SigningKey::from_jwk(text.trim()).map_err(|error| {
        Failure::usage(format!("{} is no private key: {error}", path.display()))
            .hint("the file holds one private JWK, as `bailiwick key new FILE` writes it")
    })
}

/// Writes a private key to a file that is not there yet, readable by its owner alone.
pub(crate) fn write(path: &Path, key: &SigningKey) -> Result<(), Failure> {
    let text = Zeroizing::new(format!("{}\n", *key.to_jwk()));
    write_new(path, text.as_bytes(), 0o600)
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(path: &Path, contents: &[u8], mode: u32) -> Result<(), Failure> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(|error| {
            match error.kind() {
                ErrorKind::AlreadyExists => {
                    Failure::refused(format!("{} exists and is not overwritten", path.display()))
                        .hint("choose another name, or move the old file away")
                }
                _ => unwritable(path, &error),
            }
        })?;
    file.write_all(contents)
        .and_then(|()| file.sync_all())
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused(format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::credential::Algorithm;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_written_once_for_its_owner_and_reads_back() {
        let directory = tempfile::tempdir().unwrap();
        for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256Sha256, Algorithm::HmacSha256] {
            let path = directory.path().join(algorithm.as_str());
            let key = SigningKey::generate(algorithm, &crate::ambient::entropy()).unwrap();
            write(&path, &key).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(read(&path).unwrap().thumbprint(), key.thumbprint());
            let again = write(&path, &key).unwrap_err();
            assert!(again.message.contains("not overwritten"), "{again}");
            assert_eq!(read(&path).unwrap().thumbprint(), key.thumbprint());
        }
    }

    #[test]
    fn what_is_no_private_key_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k");
        assert!(read(&path).unwrap_err().message.contains("cannot be read"));
        for text in ["", "{}", "secret", r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#] {
            std::fs::write(&path, text).unwrap();
            assert!(read(&path).unwrap_err().message.contains("is no private key"), "{text}");
        }
    }
}
