//! RFC 7239, section 8.1, and RFC 9440, section 4: whoever can write the fields of a proxy in front
//! can call from anywhere, as anybody.

use bailiwick_gateway::settings::Proxies;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};

const OFFICE: &str = "203.0.113.0/24";

/// A world whose agent may call from the office only, behind proxies in these networks.
async fn world(networks: &[&str], client_cert_header: bool) -> World {
    let networks = networks.iter().map(|text| text.parse().unwrap()).collect();
    let proxies = Proxies { networks, client_cert_header };
    let world = World::begin_with(Choices { proxies, ..Choices::default() }).await;
    world.change_agent(|agent| agent.networks = vec![OFFICE.parse().unwrap()]).await;
    world
}

async fn verdict(world: &World, headers: &[(&str, &str)]) -> String {
    let plain = Ask::new("GET", "/acme/tickets/7");
    let ask = headers.iter().fold(plain, |ask, (name, value)| ask.header(name, value));
    world.send(&ask.signed(&world.proof())).await.verdict()
}

#[tokio::test]
async fn a_stranger_cannot_say_where_it_calls_from() {
    let world = world(&["10.0.0.0/8"], true).await;
    for name in ["x-forwarded-for", "x-real-ip", "true-client-ip"] {
        assert_eq!(verdict(&world, &[(name, "203.0.113.9")]).await, "403 network_forbidden");
    }
    let standard = [("forwarded", "for=203.0.113.9")];
    assert_eq!(verdict(&world, &standard).await, "403 network_forbidden");
    assert!(world.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_trusted_proxy_says_it_and_only_the_right_most_counts() {
    let world = world(&["127.0.0.0/8", "10.0.0.0/8"], false).await;
    for (value, expected) in [
        ("203.0.113.9", "200"),
        ("198.51.100.1, 203.0.113.9", "200"),
        ("198.51.100.1, 203.0.113.9, 10.0.0.7", "200"),
        ("203.0.113.9, 198.51.100.1", "403 network_forbidden"),
        ("203.0.113.9, 198.51.100.1, 10.0.0.7", "403 network_forbidden"),
        ("203.0.113.9, unknown", "400 request_malformed"),
    ] {
        assert_eq!(verdict(&world, &[("x-forwarded-for", value)]).await, expected, "{value}");
    }
    assert_eq!(verdict(&world, &[]).await, "403 network_forbidden", "the proxy itself");
    let smuggled = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=203.0.113.9")];
    assert_eq!(verdict(&world, &smuggled).await, "400 request_malformed");
    let seen = world.upstream.seen().remove(0);
    assert_eq!(seen.headers.get("x-forwarded-for").unwrap(), "203.0.113.9");
}

#[tokio::test]
async fn a_certificate_in_a_field_is_no_certificate_unless_a_trusted_proxy_sends_it() {
    let unreadable = [("client-cert", ":AAAA:"), ("client-cert-chain", ":AAAA:")];
    for (networks, believed) in [(&["10.0.0.0/8"][..], true), (&["127.0.0.0/8"][..], false)] {
        let world = world(networks, believed).await;
        world.change_agent(|agent| agent.networks.clear()).await;
        assert_eq!(verdict(&world, &unreadable).await, "200", "not even read");
        let seen = world.upstream.seen().remove(0);
        for gone in ["client-cert", "client-cert-chain"] {
            assert!(!seen.headers.contains_key(gone), "{gone} reached the upstream");
        }
    }
    let world = world(&["127.0.0.0/8"], true).await;
    assert_eq!(verdict(&world, &unreadable).await, "400 credential_malformed");
}

#[tokio::test]
async fn neither_scheme_nor_host_is_taken_from_a_field() {
    let world = world(&["127.0.0.0/8"], false).await;
    world.change_agent(|agent| agent.networks.clear()).await;
    let lies = [("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.test")];
    assert_eq!(verdict(&world, &lies).await, "200", "the signature covers http and the true host");
    let seen = world.upstream.seen().remove(0);
    assert_eq!(seen.headers.get("x-forwarded-proto").unwrap(), "http");
    assert_eq!(seen.headers.get("x-forwarded-host").unwrap(), "gateway.test");
}
