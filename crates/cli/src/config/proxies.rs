//! `gateway.trusted_proxies`: who in front of the gateway is believed.

use bailiwick_gateway::settings::Proxies;

use super::networks;
use super::section::Section;

pub(super) fn read(section: &mut Section<'_>) -> Option<Proxies> {
    let networks = networks::read(section, "trusted_proxies", "write the networks of your proxies");
    let header = read_header(section);
    let (networks, client_cert_header) = (networks?, header?);
    if client_cert_header && networks.is_empty() {
        let reason = "is believed from trusted proxies only, and there are none";
        section.refuse("client_cert_header", reason, "write trusted_proxies, or leave it out");
        return None;
    }
    Some(Proxies { networks, client_cert_header })
}

fn read_header(section: &mut Section<'_>) -> Option<bool> {
    if !section.has("client_cert_header") {
        return Some(false);
    }
    section.find("client_cert_header", "true or false")
}
