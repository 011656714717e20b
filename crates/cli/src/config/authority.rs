//! `[authority]`: where agents are administered and tokens issued.

use std::net::{Ipv4Addr, SocketAddr};

use super::address;
use super::section::Section;

/// The issuing half.
#[derive(Debug, Clone)]
pub struct AuthoritySettings {
    /// Where it listens; port 0 lets the operating system choose.
    pub listen: SocketAddr,
    /// The issuer of its tokens (RFC 8414, section 2); the listener's own address when absent.
    pub issuer: Option<String>,
}

pub(super) fn read(section: &mut Section<'_>) -> Option<AuthoritySettings> {
    let listen = address::listener(section, SocketAddr::from((Ipv4Addr::LOCALHOST, 8701)));
    let issuer = address::origin(section, "issuer").ok()?;
    let listen = listen?;
    if listen.ip().is_unspecified() && issuer.is_none() {
        section.refuse(
            "issuer",
            format!("is missing, and {listen} is no address a client can call"),
            "write the URL clients use, as in \"https://authority.acme.example\"",
        );
        return None;
    }
    Some(AuthoritySettings { listen, issuer })
}
