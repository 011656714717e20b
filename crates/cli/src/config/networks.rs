//! Lists of networks, wherever the configuration has one.

use ipnet::IpNet;

use super::section::Section;

const EXPECTED: &str = "networks, as in [\"10.0.0.0/8\"]";

/// The networks of a key; none when it is not written. One that is everything is refused.
pub(super) fn read(
    section: &mut Section<'_>,
    key: &'static str,
    hint: &'static str,
) -> Option<Vec<IpNet>> {
    if !section.has(key) {
        return Some(Vec::new());
    }
    let listed: Vec<String> = section.find(key, EXPECTED)?;
    let mut networks = Vec::new();
    for text in &listed {
        match text.parse::<IpNet>() {
            Ok(network) if network.prefix_len() == 0 => {
                section.refuse(key, format!("`{text}` trusts everybody"), hint);
            }
            Ok(network) => networks.push(network),
            Err(_) => {
                let reason = format!("`{text}` is not a network");
                section.refuse(key, reason, format!("write {EXPECTED}"));
            }
        }
    }
    (networks.len() == listed.len()).then_some(networks)
}
