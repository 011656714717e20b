//! `tls` of a listener: the certificate it serves, and whether it asks for the client's.

use std::path::{Path, PathBuf};

use bailiwick_gateway::settings::ClientCertificates;

use super::section::{Noted, Section};

/// `gateway.tls` and `authority.tls`
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// The certificate chain, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Whether clients are asked for a certificate.
    pub clients: ClientCertificates,
}

/// Reads `tls`, where there is one.
pub(super) fn read(section: &mut Section<'_>, base: &Path) -> Result<Option<TlsSettings>, Noted> {
    if !section.has("tls") {
        return Ok(None);
    }
    section.within("tls", |tls| read_table(tls, base)).map(Some).ok_or(Noted)
}

fn read_table(section: &mut Section<'_>, base: &Path) -> Option<TlsSettings> {
    let cert = section.file("cert", "the path of a PEM certificate chain", base);
    let key = section.file("key", "the path of a PEM private key", base);
    let clients = read_clients(section, base);
    Some(TlsSettings { cert: cert?, key: key?, clients: clients? })
}

fn read_clients(section: &mut Section<'_>, base: &Path) -> Option<ClientCertificates> {
    let expected = "\"optional\" or \"none\"";
    let asked = section.text("client_certificates", "optional", expected);
    let under = section.has("client_ca");
    match (asked.as_str(), under) {
        ("optional", false) => Some(ClientCertificates::Optional),
        ("optional", true) => {
            let path = section.file("client_ca", "the path of PEM authorities", base)?;
            Some(ClientCertificates::Under(path))
        }
        ("none", false) => Some(ClientCertificates::Ignored),
        ("none", true) => {
            let reason = "vouches for certificates that are not asked for";
            section.refuse("client_ca", reason, "leave it out, or write \"optional\"");
            None
        }
        (other, _) => {
            let reason = format!("`{other}` is not a way of asking for certificates");
            section.refuse("client_certificates", reason, format!("write {expected}"));
            None
        }
    }
}
