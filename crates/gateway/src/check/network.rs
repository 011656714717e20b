//! The agent may call from where it calls, and its credential may be used there: the address is the
//! connection's own, or what a trusted proxy says ([`crate::asked::origin`]).

use std::net::IpAddr;

use bailiwick_domain::denial::Denial;
use ipnet::IpNet;

use super::delegation::Actor;
use crate::asked::Asked;

/// Says that the agent calls from where it may.
#[derive(Debug)]
pub struct Located(());

/// Checks the request's address against the agent's networks, and those of the key that proved it
/// or that bought its token; where there are none, anywhere will do.
pub fn check(actor: &Actor, asked: &Asked) -> Result<Located, Denial> {
    let address = asked.arrival.address;
    allows(&actor.agent().networks, address)?;
    allows(actor.key_networks(), address).map(Located)
}

fn allows(networks: &[IpNet], address: IpAddr) -> Result<(), Denial> {
    let address = address.to_canonical();
    if networks.is_empty() || networks.iter().any(|network| network.contains(&address)) {
        Ok(())
    } else {
        Err(Denial::NetworkForbidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(networks: &[&str], address: &str, allowed: bool) {
        let networks: Vec<IpNet> = networks.iter().map(|text| text.parse().unwrap()).collect();
        let verdict = allows(&networks, address.parse().unwrap());
        assert_eq!(verdict.is_ok(), allowed, "{networks:?} {address}");
    }

    #[test]
    fn only_addresses_in_the_agents_networks_pass() {
        check(&[], "203.0.113.9", true);
        check(&["10.0.0.0/8"], "10.1.2.3", true);
        check(&["10.0.0.0/8"], "::ffff:10.1.2.3", true);
        check(&["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", true);
        check(&["10.0.0.0/8"], "11.0.0.1", false);
        check(&["10.0.0.0/8"], "2001:db8::1", false);
        check(&["10.0.0.1/32"], "10.0.0.2", false);
    }
}
