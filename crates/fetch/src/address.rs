//! Which addresses belong to the public internet.
//!
//! The list is that of RFC 6890 and of the IANA registries that continue it. What is not in it is
//! refused by shape: of IPv6 only `2000::/3` is public at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Whether an address is a host on the public internet: no loopback, private, link-local, shared,
/// documentation, benchmarking, multicast, reserved or unspecified one, and none that carries such
/// an IPv4 address inside (mapped: RFC 4291, section 2.5.5.2; NAT64: RFC 6052). 6to4 and Teredo
/// are refused whole: both are retired, and both tunnel.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(first: u16, second: u16, third: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0), length)
}

const SPECIAL_V4: [Ipv4Net; 19] = [
    v4(0, 0, 0, 0, 8),        // this network: RFC 791
    v4(10, 0, 0, 0, 8),       // private: RFC 1918
    v4(100, 64, 0, 0, 10),    // shared, carrier-grade NAT: RFC 6598
    v4(127, 0, 0, 0, 8),      // loopback: RFC 1122
    v4(168, 63, 129, 16, 32), // a cloud's own platform, seen from each of its machines
    v4(169, 254, 0, 0, 16),   // link-local: RFC 3927; the metadata services of clouds
    v4(172, 16, 0, 0, 12),    // private: RFC 1918
    v4(192, 0, 0, 0, 24),     // protocol assignments: RFC 6890
    v4(192, 0, 2, 0, 24),     // documentation: RFC 5737
    v4(192, 31, 196, 0, 24),  // AS112: RFC 7535
    v4(192, 52, 193, 0, 24),  // AMT: RFC 7450
    v4(192, 88, 99, 0, 24),   // 6to4 relays: RFC 7526
    v4(192, 168, 0, 0, 16),   // private: RFC 1918
    v4(192, 175, 48, 0, 24),  // AS112: RFC 7534
    v4(198, 18, 0, 0, 15),    // benchmarking: RFC 2544
    v4(198, 51, 100, 0, 24),  // documentation: RFC 5737
    v4(203, 0, 113, 0, 24),   // documentation: RFC 5737
    v4(224, 0, 0, 0, 4),      // multicast: RFC 5771
    v4(240, 0, 0, 0, 4),      // reserved, and limited broadcast: RFC 1112, RFC 919
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|special| special.contains(&address))
}

const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96); // RFC 6052, section 2.1
const GLOBAL_UNICAST: Ipv6Net = v6(0x2000, 0, 0, 3); // RFC 4291, section 2.4

/// What is special inside `2000::/3`.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 0, 23), // protocol assignments, Teredo among them: RFC 2928, RFC 4380
    v6(0x2001, 0xdb8, 0, 32), // documentation: RFC 3849
    v6(0x2002, 0, 0, 16), // 6to4: RFC 3056
    v6(0x3fff, 0, 0, 20), // documentation: RFC 9637
];

fn is_public_v6(address: Ipv6Addr) -> bool {
    if NAT64.contains(&address) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    GLOBAL_UNICAST.contains(&address)
        && !SPECIAL_V6.iter().any(|special| special.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &str, expected: bool) {
        for text in addresses.split_whitespace() {
            assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn hosts_of_the_internet_are_public() {
        check("1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255", true);
        check("128.0.0.0 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255", true);
        check("172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0", true);
        check("198.17.255.255 198.20.0.0 198.51.101.0 203.0.112.255 203.0.114.0", true);
        check("223.255.255.255 2606:4700::1111 2001:200:: 2001:db7::1 2003::1 3ffe::1", true);
        check("2a00:1450:4001:80b::200e ::ffff:1.1.1.1 64:ff9b::1.1.1.1", true);
    }

    #[test]
    fn special_ipv4_addresses_are_not() {
        check("0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255", false);
        check("127.0.0.1 127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254", false);
        check("172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.192 192.0.2.1 192.31.196.1", false);
        check("192.52.193.1 192.88.99.1 192.168.0.0 192.168.255.255 192.175.48.1", false);
        check("198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.255 224.0.0.1", false);
        check("239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255", false);
    }

    #[test]
    fn special_ipv6_addresses_are_not() {
        check(":: ::1 ::2 100::1 64:ff9b:1::1 fc00::1 fd00:ec2::254 fe80::1 febf::1", false);
        check("fec0::1 ff02::1 2001::1 2001:0:1::1 2001:2::1 2001:10::1 2001:20::1", false);
        check("2001:1ff:ffff:: 2001:db8::1 2002:: 2002:101:101:: 3fff::1 3fff:fff::1", false);
        check("4000::1 5f00::1 1fff:ffff:: 8000::1", false);
    }

    #[test]
    fn a_special_ipv4_address_inside_an_ipv6_one_is_found() {
        check("::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0", false);
        check("64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe", false);
        check("::127.0.0.1 ::1.1.1.1 2002:7f00:1:: 2002:a00:1:: 2001:0:7f00:1::", false);
    }
}
