//! Whatever a test may be given.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::entropy::Entropy;
use bailiwick_proof::keys::SigningKey;
use proptest::prelude::*;

/// The closed list.
pub(crate) const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::Ed25519,
    Algorithm::EcdsaP256Sha256,
    Algorithm::HmacSha256,
    Algorithm::Eip191Secp256k1,
];

/// A key that the seed decides.
pub(crate) fn key(algorithm: Algorithm, seed: u8) -> SigningKey {
    let entropy = Entropy::new(move |buffer| {
        for (place, byte) in buffer.iter_mut().enumerate() {
            *byte = seed.wrapping_mul(31).wrapping_add(u8::try_from(place % 251).unwrap());
        }
    });
    SigningKey::generate(algorithm, &entropy).unwrap()
}

/// Any algorithm.
pub(crate) fn algorithm() -> impl Strategy<Value = Algorithm> {
    proptest::sample::select(&ALGORITHMS)
}

/// The bytes with one bit turned; the place is taken modulo their length.
pub(crate) fn flip(bytes: &[u8], place: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    if !flipped.is_empty() {
        let place = place % (flipped.len() * 8);
        flipped[place / 8] ^= 1 << (place % 8);
    }
    flipped
}
