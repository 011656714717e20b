//! What may be asked at all.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::address::is_public;
use crate::unfetched::Unfetched;
use crate::url::Url;

/// The rules every fetch is held to. The default asks https servers on the public internet, trusted
/// by the system's certificate authorities, and takes ten seconds at most.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Networks that may be asked although they are not public: the operator's own.
    pub allowed: Vec<IpNet>,
    /// Whether addresses inside `allowed` may be asked over plain HTTP. Others never are.
    pub allow_http: bool,
    /// The longest that one exchange may take, from the name to the last byte.
    pub patience: Duration,
    /// The longest that one address may take to accept a connection.
    pub connect_patience: Duration,
    /// Certificate authorities in PEM to trust instead of the system's: a private deployment's.
    pub authorities: Option<Vec<u8>>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            allowed: Vec::new(),
            allow_http: false,
            patience: Duration::from_secs(10),
            connect_patience: Duration::from_secs(3),
            authorities: None,
        }
    }
}

/// Why nothing could ever be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The system trusts no certificate authority.
    #[error("the system has no certificate authorities: name a file of them")]
    NoAuthorities,
    /// The given PEM has none.
    #[error("the certificate authorities given are not certificates in PEM")]
    Authorities,
}

impl Guard {
    /// The addresses to connect to, canonical; refused when even one of them may not be asked, so
    /// that a name cannot hide a private address among public ones.
    pub(crate) fn admit(&self, url: &Url, found: &[IpAddr]) -> Result<Vec<IpAddr>, Unfetched> {
        if found.is_empty() {
            return Err(Unfetched::Unresolved);
        }
        let canonical: Vec<IpAddr> = found.iter().map(IpAddr::to_canonical).collect();
        let own = |address: &IpAddr| self.allowed.iter().any(|network| network.contains(address));
        if !canonical.iter().all(|address| own(address) || is_public(*address)) {
            return Err(Unfetched::Forbidden);
        }
        if !url.is_secure() && !canonical.iter().all(own) {
            return Err(Unfetched::Plaintext);
        }
        Ok(canonical)
    }

    /// Refuses plain HTTP before any name is looked up, unless it may be allowed.
    pub(crate) fn check_scheme(&self, url: &Url) -> Result<(), Unfetched> {
        if url.is_secure() || self.allow_http { Ok(()) } else { Err(Unfetched::Plaintext) }
    }

    /// TLS that trusts the authorities, and speaks HTTP/1.1.
    pub(crate) fn tls(&self) -> Result<Arc<ClientConfig>, Unusable> {
        let mut roots = RootCertStore::empty();
        let (found, none) = match &self.authorities {
            Some(pem) => (read(pem)?, Unusable::Authorities),
            None => (rustls_native_certs::load_native_certs().certs, Unusable::NoAuthorities),
        };
        if roots.add_parsable_certificates(found).0 == 0 {
            return Err(none);
        }
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn read(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    found.map_err(|_| Unusable::Authorities)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, found: &str, expected: Result<&str, Unfetched>) {
        let allowed = vec!["10.1.0.0/16".parse().unwrap(), "127.0.0.0/8".parse().unwrap()];
        let guard = Guard { allowed, allow_http: true, ..Guard::default() };
        let parse = |text: &str| -> Vec<IpAddr> {
            text.split_whitespace().map(|it| it.parse().unwrap()).collect()
        };
        let admitted = guard.admit(&url.parse().unwrap(), &parse(found));
        assert_eq!(admitted, expected.map(parse), "{url} at {found}");
    }

    #[test]
    fn public_addresses_and_the_operators_own_may_be_asked() {
        let https = "https://keys.example";
        check(https, "1.1.1.1 2606:4700::1", Ok("1.1.1.1 2606:4700::1"));
        check(https, "10.1.2.3", Ok("10.1.2.3"));
        check(https, "::ffff:10.1.2.3", Ok("10.1.2.3"));
        check("http://keys.example", "127.0.0.1", Ok("127.0.0.1"));
    }

    #[test]
    fn one_forbidden_address_spoils_the_name() {
        let https = "https://keys.example";
        check(https, "", Err(Unfetched::Unresolved));
        check(https, "10.2.0.1", Err(Unfetched::Forbidden));
        check(https, "1.1.1.1 192.168.0.1", Err(Unfetched::Forbidden));
        check(https, "::1", Err(Unfetched::Forbidden));
        check("http://keys.example", "1.1.1.1", Err(Unfetched::Plaintext));
        check("http://keys.example", "127.0.0.1 1.1.1.1", Err(Unfetched::Plaintext));
    }

    #[test]
    fn authorities_that_are_none_are_noticed_at_once() {
        for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
        {
            let guard = Guard { authorities: Some(pem.into()), ..Guard::default() };
            assert_eq!(guard.tls().err(), Some(Unusable::Authorities), "{pem}");
        }
    }
}
