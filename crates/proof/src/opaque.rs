//! Secrets that are carried as they are: `bwa_…` admin tokens, `bwi_…` invite codes, `bwk_…` API
//! keys, `bww_…` links for people who come in, `bws_…` cookies of people who signed in, `bwe_…`
//! tokens of those who receive signals; and what OAuth clients carry: `bwc_…` authorization codes,
//! `bwr_…` refresh tokens, `bwp_…` names of pushed requests, `bwd_…` device codes, `bwq_…` names of
//! requests to a person elsewhere, `bwt_…` registration access tokens.
//!
//! Prefix, 43 base62 characters drawn at random (256 bits), and 6 of checksum: CRC-32 of all that
//! goes before, in base62. The checksum lets a scanner tell a real one from a look-alike, and a
//! mistyped one is refused before anything is looked up. Only a digest is ever stored.

use aws_lc_rs::digest::{SHA256, digest};
use bailiwick_domain::entropy::Entropy;
use zeroize::Zeroizing;

use crate::base64url;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = 43;
const CHECKSUM: usize = 6;

/// What a secret opens; decides its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// The admin API.
    Administration,
    /// Registration of an agent by itself.
    Registration,
    /// The APIs behind the gateway, for an agent that cannot sign.
    Apis,
    /// The authority, for a person who comes in with a link.
    Welcome,
    /// The authority's pages, for the browser of a person who signed in; carried in a cookie.
    Pages,
    /// One stream of signals, for its receiver.
    Signals,
    /// The token endpoint, once: an authorization code (RFC 6749, section 1.3.1).
    Code,
    /// The token endpoint, for as long as a consent lasts: a refresh token (RFC 6749, section 1.5).
    Refresh,
    /// An authorization request that was pushed (RFC 9126, section 2.2).
    Pushed,
    /// The token endpoint, once a person has entered the code beside it: a device code (RFC 8628,
    /// section 3.2).
    Device,
    /// The token endpoint, once the person whom the client named has decided: an `auth_req_id`
    /// (CIBA Core 1.0, section 7.3).
    Backchannel,
    /// A client's own registration (RFC 7592, section 3).
    Client,
}

impl Opens {
    /// Every kind there is.
    pub const ALL: [Self; 12] = [
        Self::Administration,
        Self::Registration,
        Self::Apis,
        Self::Welcome,
        Self::Pages,
        Self::Signals,
        Self::Code,
        Self::Refresh,
        Self::Pushed,
        Self::Device,
        Self::Backchannel,
        Self::Client,
    ];

    /// What a text claims to open, by its prefix alone.
    pub fn claimed(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|opens| text.starts_with(opens.prefix()))
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Administration => "bwa_",
            Self::Registration => "bwi_",
            Self::Apis => "bwk_",
            Self::Pages => "bws_",
            Self::Welcome => "bww_",
            Self::Signals => "bwe_",
            Self::Code => "bwc_",
            Self::Refresh => "bwr_",
            Self::Pushed => "bwp_",
            Self::Device => "bwd_",
            Self::Backchannel => "bwq_",
            Self::Client => "bwt_",
        }
    }
}

/// A fresh secret and the digest to store of it.
pub fn fresh(opens: Opens, entropy: &Entropy) -> (Zeroizing<String>, [u8; 32]) {
    let mut secret = Zeroizing::new(String::with_capacity(64));
    secret.push_str(opens.prefix());
    let mut drawn = 0;
    while drawn < RANDOM {
        let bytes = Zeroizing::new(entropy.bytes::<64>());
        // 248 is the largest multiple of 62 in a byte: beyond it, some digits would be likelier.
        let fair = bytes.iter().filter(|byte| **byte < 248).take(RANDOM - drawn);
        for byte in fair {
            secret.push(digit(u32::from(*byte)));
            drawn += 1;
        }
    }
    let checksum = checksum(&secret);
    secret.push_str(&checksum);
    let digest = sha256(secret.as_bytes());
    (secret, digest)
}

/// The digest that a well-formed secret of this kind is stored under; nothing for any other text.
/// Prefix, length, alphabet and checksum are held first, so that nothing else is ever hashed or
/// looked up.
pub fn digest_of(opens: Opens, text: &str) -> Option<[u8; 32]> {
    let drawn = text.strip_prefix(opens.prefix())?;
    let plain = drawn.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain || drawn.len() != RANDOM + CHECKSUM {
        return None;
    }
    let (head, tail) = text.split_at_checked(text.len() - CHECKSUM)?;
    (checksum(head) == tail).then(|| sha256(text.as_bytes()))
}

/// The digest as an API key's thumbprint: base64url, without padding.
pub fn thumbprint(digest: &[u8; 32]) -> String {
    base64url::encode(digest)
}

fn digit(value: u32) -> char {
    let place = usize::try_from(value % 62).unwrap_or(0);
    DIGITS.get(place).copied().map_or('0', char::from)
}

fn checksum(text: &str) -> String {
    let mut rest = crc32(text.as_bytes());
    let mut digits = ['0'; CHECKSUM];
    for place in digits.iter_mut().rev() {
        *place = digit(rest);
        rest /= 62;
    }
    digits.iter().collect()
}

/// CRC-32 as in IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| step(c)))
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    fn entropy() -> Entropy {
        let next = AtomicU8::new(0);
        Entropy::new(move |buffer| {
            buffer.fill_with(|| next.fetch_add(37, Ordering::Relaxed));
        })
    }

    #[test]
    fn crc32_has_its_standard_check_value() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_fresh_secret_is_known_again_by_its_digest_and_by_its_own_kind_only() {
        let entropy = entropy();
        let (token, digest) = fresh(Opens::Administration, &entropy);
        assert_eq!(token.len(), 4 + 43 + 6);
        assert_eq!(digest_of(Opens::Administration, &token), Some(digest));
        assert_eq!(digest_of(Opens::Registration, &token), None);
        assert_eq!(digest_of(Opens::Apis, &token), None);
        assert_ne!(fresh(Opens::Administration, &entropy).1, digest);
    }

    #[test]
    fn what_was_mistyped_is_refused_before_it_is_looked_up() {
        for opens in Opens::ALL {
            let (token, _) = fresh(opens, &entropy());
            let swapped = token.replacen(|c: char| c.is_ascii_digit(), "x", 1);
            let longer = format!("{}0", *token);
            let spaced = format!("{} ", *token);
            let wide = format!("{}é", &token[..token.len() - 2]);
            let upper = token.replacen("bw", "BW", 1);
            let dashed = format!("{}-", &token[..52]);
            let shapes = ["", "bwi_", &token[..4], &token[1..], &token[..52]];
            for text in shapes.into_iter().chain([&*swapped, &longer, &spaced, &wide]) {
                assert_eq!(digest_of(opens, text), None, "{text}");
            }
            assert_eq!((digest_of(opens, &upper), digest_of(opens, &dashed)), (None, None));
        }
    }

    #[test]
    fn another_prefix_before_the_same_digits_fails_the_checksum() {
        let (token, _) = fresh(Opens::Registration, &entropy());
        let key = token.replacen("bwi_", "bwk_", 1);
        assert_eq!(Opens::claimed(&key), Some(Opens::Apis));
        assert_eq!(digest_of(Opens::Apis, &key), None);
    }

    #[test]
    fn a_prefix_says_what_a_secret_claims_to_open() {
        let (key, digest) = fresh(Opens::Apis, &entropy());
        assert!(key.starts_with("bwk_"));
        assert_eq!(Opens::claimed(&key), Some(Opens::Apis));
        assert_eq!(Opens::claimed("bwa_"), Some(Opens::Administration));
        assert_eq!(Opens::claimed("eyJhbGciOiJFUzI1NiJ9"), None);
        assert_eq!(thumbprint(&digest).len(), 43);
    }
}
