//! `gateway.trusted_proxies`: who in front of the gateway is believed.

use bailiwick_gateway::settings::Proxies;
use ipnet::IpNet;

use super::section::Section;

const EXPECTED: &str = "networks, as in [\"10.0.0.0/8\"]";

pub(super) fn read(section: &mut Section<'_>) -> Option<Proxies> {
    let networks =
        if section.has("trusted_proxies") { read_networks(section) } else { Some(vec![]) };
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

fn read_networks(section: &mut Section<'_>) -> Option<Vec<IpNet>> {
    let listed: Vec<String> = section.find("trusted_proxies", EXPECTED)?;
    let mut networks = Vec::new();
    for text in &listed {
        match text.parse::<IpNet>() {
            Ok(network) if network.prefix_len() == 0 => {
                let reason = format!("`{text}` trusts everybody");
                section.refuse("trusted_proxies", reason, "write the networks of your proxies");
            }
            Ok(network) => networks.push(network),
            Err(_) => {
                let reason = format!("`{text}` is not a network");
                section.refuse("trusted_proxies", reason, format!("write {EXPECTED}"));
            }
        }
    }
    (networks.len() == listed.len()).then_some(networks)
}
