//! `Client-Cert` and `Client-Cert-Chain`: a certificate that a proxy saw (RFC 9440).

use http::HeaderMap;
use http::header::HeaderName;
use sfv::{BareItem, Item, List, ListEntry, Parser};

use super::{Chain, MAX_CERTIFICATES, Refused};

/// The client's own certificate (RFC 9440, section 2.2).
pub const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// Those that vouch for it (RFC 9440, section 2.3).
pub const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");
/// The most bytes of both fields together, as sent.
pub const MAX_FIELD_BYTES: usize = 16 * 1024;

/// Reads what a proxy says of the client's certificate; nothing, where it sends no `Client-Cert`.
/// To be asked only of a proxy that is trusted: anybody can write these fields (RFC 9440, section
/// 4). Refused are fields that cannot be read, that are larger than [`MAX_FIELD_BYTES`], and a
/// chain without the certificate it is about.
pub fn from_headers(headers: &HeaderMap) -> Result<Option<Chain>, Refused> {
    let lines = || headers.get_all(CLIENT_CERT).iter().chain(headers.get_all(CLIENT_CERT_CHAIN));
    let bytes = lines().fold(0_usize, |sum, line| sum.saturating_add(line.len()));
    if bytes > MAX_FIELD_BYTES {
        return Err(Refused::Malformed("Client-Cert and its chain are larger than 16 KiB"));
    }
    let mut fields = headers.get_all(CLIENT_CERT).iter();
    let field = match (fields.next(), fields.next()) {
        (Some(only), None) => only,
        (Some(_), Some(_)) => return Err(Refused::Malformed("more than one Client-Cert")),
        (None, _) if headers.contains_key(CLIENT_CERT_CHAIN) => {
            return Err(Refused::Malformed("Client-Cert-Chain without Client-Cert"));
        }
        (None, _) => return Ok(None),
    };
    let leaf = Parser::new(field.as_bytes()).parse::<Item>();
    let leaf = leaf.ok().and_then(|item| bytes_of(item.bare_item));
    let leaf = leaf.ok_or(Refused::Malformed("Client-Cert is not a byte sequence"))?;
    let mut listed = vec![leaf];
    for line in headers.get_all(CLIENT_CERT_CHAIN) {
        listed.append(&mut read_line(line.as_bytes())?);
    }
    if listed.len() > MAX_CERTIFICATES {
        return Err(Refused::Malformed("the chain has more than 5 certificates"));
    }
    Chain::from_der(listed.iter().map(Vec::as_slice)).map(Some)
}

/// One line of the list; the lines of a list may stand apart (RFC 9651, section 4.2).
fn read_line(line: &[u8]) -> Result<Vec<Vec<u8>>, Refused> {
    let unreadable = Refused::Malformed("Client-Cert-Chain is not a list of byte sequences");
    let list = Parser::new(line).parse::<List>().map_err(|_| unreadable)?;
    let member = |entry| match entry {
        ListEntry::Item(item) => bytes_of(item.bare_item),
        ListEntry::InnerList(_) => None,
    };
    list.into_iter().map(member).collect::<Option<_>>().ok_or(unreadable)
}

fn bytes_of(item: BareItem) -> Option<Vec<u8>> {
    match item {
        BareItem::ByteSequence(bytes) => Some(bytes),
        _ => None,
    }
}
