//! Where an API's requests go.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailiwick_domain::api::Kind;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

/// An upstream: host, port, and how to speak TLS with it, if it does.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Host and port to connect to.
    pub address: (String, u16),
    /// What to send as `Host`.
    pub authority: HeaderValue,
    /// The path of its one endpoint, where the upstream's URL names one.
    pub path: Option<PathAndQuery>,
    /// The TLS side of an `https` upstream.
    pub tls: Option<Secured>,
}

/// How to speak TLS with an upstream.
#[derive(Debug, Clone)]
pub struct Secured {
    /// Which authorities are trusted; ALPN offers HTTP/2 and HTTP/1.1.
    pub config: Arc<ClientConfig>,
    /// The name its certificate must carry.
    pub name: ServerName<'static>,
}

/// Why an upstream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Not `http://host[:port]` or `https://host[:port]`.
    #[error("`{0}` is not http://host:port or https://host:port")]
    Url(String),
    /// The file with its authorities cannot be read.
    #[error("{path} has no readable certificate: {reason}")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system has no certificate authorities to trust.
    #[error("the system trusts no certificate authority; set upstream_ca")]
    NoAuthorities,
}

impl Endpoint {
    /// Reads an upstream's URL, and for `https` whom to trust: the file, or the system's
    /// authorities. Only an API of a kind that has one endpoint may name its path.
    pub fn parse(upstream: &str, kind: Kind, ca: Option<&Path>) -> Result<Self, Unusable> {
        let unreadable = || Unusable::Url(upstream.to_owned());
        let uri: Uri = upstream.parse().map_err(|_| unreadable())?;
        let path = uri.path_and_query().filter(|rest| rest.as_str() != "/").cloned();
        let may_have_one = path.is_none() || kind == Kind::Mcp;
        let authority = uri.authority().filter(|_| may_have_one).ok_or_else(unreadable)?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(unreadable()),
        };
        let host = authority.host();
        if authority.as_str().contains('@') || host.is_empty() {
            return Err(unreadable());
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let bare_host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = secure.then(|| Secured::new(&bare_host, ca, &unreadable)).transpose()?;
        let header = HeaderValue::from_str(authority.as_str()).map_err(|_| unreadable())?;
        Ok(Self { address: (bare_host, port), authority: header, path, tls })
    }
}

impl Secured {
    fn new(
        host: &str,
        ca: Option<&Path>,
        unreadable: &impl Fn() -> Unusable,
    ) -> Result<Self, Unusable> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| unreadable())?;
        let mut config = ClientConfig::builder()
            .with_root_certificates(find_authorities(ca)?)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), name })
    }
}

fn find_authorities(ca: Option<&Path>) -> Result<RootCertStore, Unusable> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca else {
        let found = rustls_native_certs::load_native_certs().certs;
        return match roots.add_parsable_certificates(found) {
            (0, _) => Err(Unusable::NoAuthorities),
            _ => Ok(roots),
        };
    };
    let unreadable = |reason: String| Unusable::Authorities { path: path.into(), reason };
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(error.to_string()))?;
    if roots.add_parsable_certificates(found).0 == 0 {
        return Err(unreadable("none found".to_owned()));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_a_scheme_a_host_and_a_port() {
        for (text, expected) in [
            ("http://127.0.0.1:9000", Some(("127.0.0.1", 9000))),
            ("http://api.internal/", Some(("api.internal", 80))),
            ("http://[::1]:9000", Some(("::1", 9000))),
            ("api.internal:9000", None),
            ("http://api/v1", None),
            ("http://api?x=1", None),
            ("http://user@api", None),
            ("ftp://api", None),
            ("", None),
        ] {
            let endpoint = Endpoint::parse(text, Kind::Http, None);
            let address = endpoint.as_ref().ok().map(|it| (it.address.0.as_str(), it.address.1));
            assert_eq!(address, expected, "{text}: {endpoint:?}");
        }
    }

    #[test]
    fn an_upstream_with_one_endpoint_names_its_path() {
        let path = |text| Endpoint::parse(text, Kind::Mcp, None).map(|it| it.path);
        assert_eq!(path("http://api/mcp?v=1").unwrap().unwrap().as_str(), "/mcp?v=1");
        assert_eq!(path("http://api:9000").unwrap(), None);
        assert!(path("http://user@api/mcp").is_err());
    }

    #[test]
    fn an_https_upstream_needs_authorities_that_can_be_read() {
        let missing =
            Endpoint::parse("https://api", Kind::Http, Some(Path::new("/nowhere/ca.pem")));
        assert!(matches!(missing, Err(Unusable::Authorities { .. })));
        let empty = tempfile::NamedTempFile::new().unwrap();
        let empty = Endpoint::parse("https://api", Kind::Http, Some(empty.path()));
        assert!(matches!(empty, Err(Unusable::Authorities { .. })));
    }
}
