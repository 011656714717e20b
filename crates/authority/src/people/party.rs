//! What passkeys of this authority are for (Web Authentication, section 5.1.2): its origin in a
//! browser, and the host of it.

use crate::authority::Authority;

/// The relying party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Party {
    /// The origin of its pages.
    pub(crate) origin: String,
    /// Its `rpId`.
    pub(crate) rp_id: String,
}

impl Party {
    /// The issuer as browsers know it. On this machine it is known by name, since a passkey cannot
    /// be for an address; where there is no name either, there are no passkeys.
    pub(crate) fn of(authority: &Authority) -> Option<Self> {
        Self::of_issuer(&authority.settings.issuer)
    }

    /// The same of an issuer, which is an origin.
    pub(crate) fn of_issuer(issuer: &str) -> Option<Self> {
        let (scheme, authority) = issuer.split_once("://")?;
        Self::at(scheme, authority)
    }

    fn at(scheme: &str, authority: &str) -> Option<Self> {
        let host = authority.rsplit_once(':').filter(|(_, port)| is_port(port));
        let (host, port) = host.map_or((authority, ""), |(host, port)| (host, port));
        let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let name = if loopback { "localhost" } else { host };
        let last = name.rsplit('.').next().unwrap_or_default();
        let is_name = !name.starts_with('[') && !last.starts_with(|it: char| it.is_ascii_digit());
        let secure = scheme == "https" || loopback;
        let gap = if port.is_empty() { "" } else { ":" };
        let origin = format!("{scheme}://{name}{gap}{port}");
        (is_name && secure).then(|| Self { origin, rp_id: name.to_owned() })
    }
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scheme: &str, authority: &str, expected: Option<(&str, &str)>) {
        let party = Party::at(scheme, authority);
        let party = party.as_ref().map(|it| (it.origin.as_str(), it.rp_id.as_str()));
        assert_eq!(party, expected, "{scheme}://{authority}");
    }

    #[test]
    fn a_passkey_is_for_a_name() {
        check("https", "id.acme.example", Some(("https://id.acme.example", "id.acme.example")));
        check("https", "acme.example:8443", Some(("https://acme.example:8443", "acme.example")));
        check("http", "127.0.0.1:8701", Some(("http://localhost:8701", "localhost")));
        check("http", "[::1]:8701", Some(("http://localhost:8701", "localhost")));
        check("http", "localhost", Some(("http://localhost", "localhost")));
        check("http", "id.acme.example", None);
        check("https", "10.0.0.7", None);
        check("https", "[2001:db8::1]", None);
    }
}
