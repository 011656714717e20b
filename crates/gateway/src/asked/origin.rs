//! Where a request comes from, and with which client certificate: as the connection says, or a
//! proxy in front that is trusted. Nobody else is believed: `Forwarded`, `X-Forwarded-*` and
//! `Client-Cert` are what anybody can write.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::certificate::{self, Chain};
use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};

use super::forwarded;
use crate::settings::Proxies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const UNREADABLE: Denial =
    Denial::RequestMalformed("a trusted proxy does not say readably whom it forwards for");

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its address.
    pub peer: IpAddr,
    /// The certificates whose key it holds, where it showed any.
    pub certificate: Option<Arc<Chain>>,
}

/// Where one request comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The address of whoever asked.
    pub address: IpAddr,
    /// The certificates that were shown: in this connection's handshake, or in that with a trusted
    /// proxy.
    pub certificate: Option<Arc<Chain>>,
}

/// Finds out where a request comes from. A trusted proxy that sends `Client-Cert` (RFC 9440) speaks
/// for its clients; its own certificate is then nobody's.
pub fn find(
    connection: &Connection,
    headers: &HeaderMap,
    proxies: &Proxies,
) -> Result<Origin, Denial> {
    let address = find_address(connection.peer, headers, proxies)?;
    let certificate = if proxies.client_cert_header && proxies.trusts(connection.peer) {
        certificate::from_headers(headers)?.map(Arc::new)
    } else {
        connection.certificate.clone()
    };
    Ok(Origin { address, certificate })
}

/// The address that proxies say a request comes from; refused where they say none: who is to be
/// asked beside a proxy knows nothing else.
pub fn told(headers: &HeaderMap, proxies: &Proxies) -> Result<IpAddr, Denial> {
    let unsaid = Denial::RequestMalformed("the proxy does not say whom it asks for");
    find_told(headers, proxies)?.ok_or(unsaid)
}

/// The right-most address that is not a trusted proxy's: each proxy appends whom it heard, so what
/// stands left of the first stranger is the stranger's word. With none but proxies it is the first
/// of them. A proxy that writes one of `Forwarded` (RFC 7239) and `X-Forwarded-For` and passes the
/// other on cannot be told from one that writes the other; where both are there, they have to
/// agree.
fn find_address(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> Result<IpAddr, Denial> {
    let peer = peer.to_canonical();
    if !proxies.trusts(peer) {
        return Ok(peer);
    }
    Ok(find_told(headers, proxies)?.unwrap_or(peer))
}

fn find_told(headers: &HeaderMap, proxies: &Proxies) -> Result<Option<IpAddr>, Denial> {
    let listed = walk(forwarded_for(headers)?, proxies)?;
    let standard = walk(forwarded::nodes(headers.get_all(FORWARDED))?, proxies)?;
    match (listed, standard) {
        (Some(listed), Some(standard)) if listed != standard => {
            Err(Denial::RequestMalformed("Forwarded and X-Forwarded-For name different addresses"))
        }
        (listed, standard) => Ok(listed.or(standard)),
    }
}

/// From the last to the first, as far as proxies are trusted.
fn walk(nodes: Vec<&str>, proxies: &Proxies) -> Result<Option<IpAddr>, Denial> {
    let mut found = None;
    for node in nodes.into_iter().rev() {
        let address = read_node(node).ok_or(UNREADABLE)?;
        found = Some(address);
        if !proxies.trusts(address) {
            break;
        }
    }
    Ok(found)
}

/// The elements of all lines of `X-Forwarded-For`, in order.
fn forwarded_for(headers: &HeaderMap) -> Result<Vec<&str>, Denial> {
    let mut nodes = Vec::new();
    for line in headers.get_all(FORWARDED_FOR) {
        let line = line.to_str().map_err(|_| UNREADABLE)?;
        nodes.extend(line.split(',').map(str::trim).filter(|node| !node.is_empty()));
    }
    Ok(nodes)
}

/// An address, with or without a port (RFC 7239, section 6). `unknown` and names that hide an
/// address are none.
fn read_node(text: &str) -> Option<IpAddr> {
    let address = if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        let fine = after.is_empty() || after.starts_with(':');
        fine.then(|| inside.parse::<Ipv6Addr>().ok())?.map(IpAddr::V6)
    } else if let Ok(address) = text.parse::<IpAddr>() {
        Some(address)
    } else {
        let (host, _port) = text.split_once(':')?;
        host.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
    };
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, headers: &[(&str, &str)], expected: Option<&str>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().unwrap()).to_vec();
        let proxies = Proxies { networks, client_cert_header: true };
        let found = find_address(peer.parse().unwrap(), &map, &proxies).ok();
        let expected = expected.map(|text| text.parse::<IpAddr>().unwrap());
        assert_eq!(found, expected, "{peer} {headers:?}");
    }

    #[test]
    fn a_stranger_is_where_its_connection_comes_from() {
        check("203.0.113.9", &[], Some("203.0.113.9"));
        check("::ffff:203.0.113.9", &[], Some("203.0.113.9"));
        check("203.0.113.9", &[("x-forwarded-for", "10.1.2.3")], Some("203.0.113.9"));
        check("203.0.113.9", &[("forwarded", "for=10.1.2.3")], Some("203.0.113.9"));
        check("203.0.113.9", &[("forwarded", "for=\"")], Some("203.0.113.9"));
        check("11.0.0.1", &[("x-real-ip", "10.1.2.3")], Some("11.0.0.1"));
    }

    #[test]
    fn the_right_most_address_that_is_no_proxy_counts() {
        let list = |value, expected| check("10.0.0.1", &[("x-forwarded-for", value)], expected);
        list("203.0.113.9", Some("203.0.113.9"));
        list("192.0.2.1, 203.0.113.9", Some("203.0.113.9"));
        list("192.0.2.1, 203.0.113.9, 10.0.0.7", Some("203.0.113.9"));
        list("10.9.9.9, 203.0.113.9, 10.0.0.7,10.0.0.8", Some("203.0.113.9"));
        list("10.9.9.9, 10.0.0.7", Some("10.9.9.9"));
        list("nonsense, 203.0.113.9", Some("203.0.113.9"));
        list("203.0.113.9:4711", Some("203.0.113.9"));
        list("2001:db8::1", Some("2001:db8::1"));
        list("[2001:db8::1]:4711", Some("2001:db8::1"));
        list("::ffff:10.0.0.7", Some("10.0.0.7"));
        list("", Some("10.0.0.1"));
        list(" , 203.0.113.9 ,", Some("203.0.113.9"));
        for value in ["unknown", "nonsense", "203.0.113.9, unknown", "10.0.0.7.1", "1.2.3.4;x"] {
            list(value, None);
        }
        check("fd00::1", &[("x-forwarded-for", "203.0.113.9")], Some("203.0.113.9"));
        check("::ffff:10.0.0.1", &[("x-forwarded-for", "203.0.113.9")], Some("203.0.113.9"));
        let lines = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "203.0.113.9")];
        check("10.0.0.1", &lines, Some("203.0.113.9"));
    }

    #[test]
    fn forwarded_says_the_same_in_its_own_words() {
        let list = |value, expected| check("10.0.0.1", &[("forwarded", value)], expected);
        list("for=203.0.113.9", Some("203.0.113.9"));
        list("For=203.0.113.9;Proto=https;by=10.0.0.1", Some("203.0.113.9"));
        list("for=192.0.2.1, for=203.0.113.9", Some("203.0.113.9"));
        list("for=203.0.113.9, for=10.0.0.7", Some("203.0.113.9"));
        list("for=\"[2001:db8::1]:4711\"", Some("2001:db8::1"));
        list("for=\"203.0.113.9:_port\"", Some("203.0.113.9"));
        list("for=unknown, for=203.0.113.9", Some("203.0.113.9"));
        list("by=\"a, for=10.1.1.1\", for=203.0.113.9", Some("203.0.113.9"));
        for value in [
            "for=unknown",
            "for=_hidden",
            "proto=https",
            "for=203.0.113.9, proto=https",
            "for=203.0.113.9;for=192.0.2.1",
            "for=\"203.0.113.9",
            "by=\", for=203.0.113.9",
            "for",
            "203.0.113.9",
        ] {
            list(value, None);
        }
    }

    #[test]
    fn two_fields_that_disagree_are_refused() {
        let both = |listed, standard, expected| {
            let fields = [("x-forwarded-for", listed), ("forwarded", standard)];
            check("10.0.0.1", &fields, expected);
        };
        both("203.0.113.9", "for=203.0.113.9", Some("203.0.113.9"));
        both("192.0.2.1, 203.0.113.9", "for=203.0.113.9", Some("203.0.113.9"));
        both("203.0.113.9", "for=10.1.2.3", None);
        both("10.1.2.3", "for=203.0.113.9", None);
    }

    #[test]
    fn a_certificate_comes_from_the_handshake_or_from_a_trusted_proxy() {
        let mut headers = HeaderMap::new();
        headers.insert("client-cert", "nonsense".parse().unwrap());
        let networks = vec!["10.0.0.0/8".parse().unwrap()];
        let ask = |peer: &str, client_cert_header| {
            let proxies = Proxies { networks: networks.clone(), client_cert_header };
            let connection = Connection { peer: peer.parse().unwrap(), certificate: None };
            find(&connection, &headers, &proxies).map(|origin| origin.certificate)
        };
        assert_eq!(ask("203.0.113.9", true), Ok(None), "a stranger's field is not read");
        assert_eq!(ask("10.0.0.1", false), Ok(None), "not read unless it is switched on");
        let refused = ask("10.0.0.1", true).unwrap_err();
        assert_eq!(refused.code(), "credential_malformed");
    }
}
