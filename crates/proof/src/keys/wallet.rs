//! Signatures of Ethereum accounts that have a key: ECDSA over secp256k1 of a message that is
//! marked as one (ERC-191), from which the signer's address is recovered.

use bailiwick_domain::denial::Denial;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, SecretKey};

use super::address::{Address, keccak256};
use super::refused::KeyError;

/// Half the order of the curve: the largest `s` of a signature that has only one form.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];
/// What `v` adds to the number of the point.
const V: u8 = 27;

/// The hash that a wallet signs for a message (ERC-191, version 0x45, `personal_sign`).
pub(crate) fn personal_hash(message: &[u8]) -> [u8; 32] {
    let length = message.len().to_string();
    keccak256(&[b"\x19Ethereum Signed Message:\n", length.as_bytes(), message])
}

/// Whether `signature` is that account's over the hash: exactly 65 bytes `r || s || v`, `s` in its
/// lower half, `v` 27 or 28. Compact, DER and every other form of the same numbers is refused, so
/// that a signature cannot be altered into another valid one.
pub(crate) fn verify(hash: &[u8; 32], signature: &[u8], signer: &Address) -> Result<(), Denial> {
    let recovered = recover(hash, signature).ok_or(Denial::SignatureInvalid)?;
    if recovered == *signer { Ok(()) } else { Err(Denial::SignatureInvalid) }
}

fn recover(hash: &[u8; 32], signature: &[u8]) -> Option<Address> {
    let (numbers, rest) = signature.split_first_chunk::<64>()?;
    let recovery = match rest {
        [27] => RecoveryId::Zero,
        [28] => RecoveryId::One,
        _ => return None,
    };
    let (_, s) = numbers.split_last_chunk::<32>()?;
    if *s > HALF_ORDER {
        return None;
    }
    let signature = RecoverableSignature::from_compact(numbers, recovery).ok()?;
    let point = signature.recover(Message::from_digest(*hash)).ok()?;
    of_point(&point)
}

/// The private key of an account.
pub(super) struct WalletKey {
    scalar: SecretKey,
    address: Address,
}

impl WalletKey {
    pub(super) fn new(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        let scalar = SecretKey::from_secret_bytes(*scalar)
            .map_err(|_| KeyError::Malformed("d is not a private key of the curve"))?;
        let address = of_point(&scalar.public_key()).ok_or(KeyError::Failed)?;
        Ok(Self { scalar, address })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The coordinates of the public point.
    pub(super) fn point(&self) -> [u8; 64] {
        let [_, point @ ..] = self.scalar.public_key().serialize_uncompressed();
        point
    }

    /// `r || s || v` over the message, with a nonce that the key and the message decide (RFC 6979).
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let hash = Message::from_digest(personal_hash(message));
        let signed = RecoverableSignature::sign_ecdsa_recoverable(hash, &self.scalar);
        let (recovery, numbers) = signed.serialize_compact();
        [numbers.as_slice(), &[V.saturating_add(recovery.to_u8())]].concat()
    }
}

impl Drop for WalletKey {
    fn drop(&mut self) {
        self.scalar.non_secure_erase();
    }
}

fn of_point(point: &secp256k1::PublicKey) -> Option<Address> {
    let [_, point @ ..] = point.serialize_uncompressed();
    Address::of_point(&point)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> WalletKey {
        let mut scalar = [0; 32];
        scalar[31] = 1;
        WalletKey::new(&scalar).unwrap()
    }

    #[test]
    fn the_first_key_has_the_address_everybody_knows() {
        assert_eq!(key().address().to_string(), "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
    }

    #[test]
    fn what_is_no_scalar_is_no_key() {
        assert!(WalletKey::new(&[0; 32]).is_err());
        assert!(WalletKey::new(&[0xff; 32]).is_err());
    }

    #[test]
    fn only_one_form_of_a_signature_is_taken() {
        let hash = personal_hash(b"hello");
        let signature = key().sign(b"hello");
        let check = |signature: &[u8], expected: bool| {
            let verified = verify(&hash, signature, key().address());
            assert_eq!(verified.is_ok(), expected, "{signature:02x?}");
        };
        check(&signature, true);
        let v = signature[64];
        assert!(v == 27 || v == 28);
        for other in [0, 1, 26, 29, 30, 37, 38, 255, 55 - v] {
            let mut changed = signature.clone();
            changed[64] = other;
            check(&changed, false);
        }
        check(&signature[..64], false);
        check(&[signature.as_slice(), &[0]].concat(), false);
        check(&[], false);
        check(&[&[0; 32], &signature[32..]].concat(), false);
        check(&[&signature[..32], &[0; 32], &[v]].concat(), false);
        check(&[&[0xff; 32], &signature[32..]].concat(), false);
        check(&[&signature[..32], &upper(&signature[32..64]), &[55 - v]].concat(), false);
    }

    /// The order of the curve less this number: the other `s` that verifies.
    fn upper(s: &[u8]) -> Vec<u8> {
        let s = SecretKey::from_secret_bytes(s.try_into().unwrap()).unwrap();
        s.negate().to_secret_bytes().to_vec()
    }
}
