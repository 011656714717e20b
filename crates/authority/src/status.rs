//! Whether tokens still stand, for whoever verifies them without asking anybody: Token Status
//! Lists (draft-ietf-oauth-status-list). A token names its list and its place there; a 1 at that
//! place says that it is good for nothing, although it has not expired.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::keys::SigningKey;
use bailiwick_store::Store;
use bailiwick_store::issued_tokens::PLACES;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::json;

use crate::fault::Fault;

/// Where the lists are; a list's number follows.
pub(crate) const PATH: &str = "/status-lists";
/// The type of a list's token (section 5.1 there).
const TYPE: &str = "statuslist+jwt";
/// How long a verifier may keep a list, in seconds (`ttl`).
const TTL_SECONDS: i64 = 10;
/// The same for whoever stands in between.
pub(crate) const CACHE: &str = "public, max-age=10";
/// How long a list says anything at all, in seconds: without a newer one nothing is known.
const LIFETIME_SECONDS: i64 = 300;
/// How long a list is answered from memory, in milliseconds.
const FRESH_MILLIS: i64 = 1_000;
/// How many lists are kept in memory: tokens live for a day at most, so few are asked for.
const MOST_KEPT: usize = 64;

/// The lists that were asked for lately.
#[derive(Debug, Default)]
pub(crate) struct Statuses {
    kept: Mutex<BTreeMap<u32, Kept>>,
}

/// Who publishes a list, and when.
#[derive(Clone, Copy)]
pub(crate) struct Publisher<'a> {
    /// The issuer of the tokens.
    pub(crate) issuer: &'a str,
    /// Where they are remembered.
    pub(crate) store: &'a Store,
    /// What signs.
    pub(crate) key: &'a SigningKey,
    /// The present.
    pub(crate) now: Timestamp,
}

#[derive(Debug, Clone)]
struct Kept {
    made_at: Timestamp,
    token: String,
}

impl Statuses {
    /// The list as a signed token; none when there is no such list, or none any more.
    pub(crate) async fn find(
        &self,
        list: u32,
        publisher: Publisher<'_>,
    ) -> Result<Option<String>, Fault> {
        let now = publisher.now;
        if let Some(token) = self.fresh(list, now) {
            return Ok(Some(token));
        }
        let mut tx = publisher.store.read().await?;
        if !tx.issued_tokens().is_list(list, now).await? {
            return Ok(None);
        }
        let ended = tx.issued_tokens().ended(list, now).await?;
        drop(tx);
        let iat = now.as_seconds();
        let claims = json!({
            "sub": uri(publisher.issuer, list),
            "iat": iat,
            "exp": iat.saturating_add(LIFETIME_SECONDS),
            "ttl": TTL_SECONDS,
            "status_list": { "bits": 1, "lst": compress(&bits(&ended))? },
        });
        let token = jws::sign(publisher.key, TYPE, &claims)?;
        self.keep(list, Kept { made_at: now, token: token.clone() });
        Ok(Some(token))
    }

    fn fresh(&self, list: u32, now: Timestamp) -> Option<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&list)?;
        let age = now.millis_since(found.made_at);
        (0..FRESH_MILLIS).contains(&age).then(|| found.token.clone())
    }

    fn keep(&self, list: u32, made: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(list, made);
        while kept.len() > MOST_KEPT {
            kept.pop_first();
        }
    }
}

/// The list's URI, as tokens name it.
pub(crate) fn uri(issuer: &str, list: u32) -> String {
    format!("{issuer}{PATH}/{list}")
}

/// One bit a place, the first in the least significant bit (section 4.1 there).
fn bits(ended: &[u32]) -> Vec<u8> {
    let places = usize::try_from(PLACES).unwrap_or(usize::MAX);
    let mut bits = vec![0_u8; places.div_ceil(8)];
    for place in ended {
        let byte = usize::try_from(place / 8).unwrap_or(usize::MAX);
        if let Some(byte) = bits.get_mut(byte) {
            *byte |= 1 << (place % 8);
        }
    }
    bits
}

/// ZLIB, then base64url (section 4.1 there).
fn compress(bits: &[u8]) -> Result<String, Fault> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let unwritten = |_| Fault::Corrupt("a status list");
    encoder.write_all(bits).map_err(unwritten)?;
    Ok(URL_SAFE_NO_PAD.encode(encoder.finish().map_err(unwritten)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_the_lowest_bit() {
        let bits = bits(&[0, 9, PLACES - 1]);
        assert_eq!((bits[0], bits[1], bits[2]), (1, 2, 0));
        assert_eq!((bits.len(), bits[bits.len() - 1]), (1 << 14, 128));
    }

    #[test]
    fn the_example_of_section_4_1_compresses_as_printed() {
        assert_eq!(compress(&[0xb9, 0xa3]).unwrap(), "eNrbuRgAAhcBXQ");
    }
}
