//! What nginx, Caddy and Traefik have to say, and what they may not leave to the caller.

use bailiwick_gateway::settings::Proxies;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};

use crate::telling::{envoy, forward, nginx};

const MALFORMED: &str = "403 request_malformed";

/// The two that tell in fields of their own.
const BOTH: [fn(&Ask, &str) -> Ask; 2] = [nginx, forward];

fn signed(world: &World) -> Ask {
    Ask::new("GET", "/acme/tickets/7").signed(&world.proof())
}

#[tokio::test]
async fn each_field_has_to_be_there_once() {
    let world = World::begin().await;
    let own = [["x-original-method", "x-original-uri"], ["x-forwarded-method", "x-forwarded-uri"]];
    for (told, own) in BOTH.into_iter().zip(own) {
        for name in own.into_iter().chain(["x-forwarded-proto", "x-forwarded-for"]) {
            let ask = told(&signed(&world), "?body=none");
            assert_eq!(world.inquire(&ask.clone().without(name)).await.verdict(), MALFORMED);
            if name != "x-forwarded-for" {
                let value = ask.headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
                let twice = ask.header(name, &value);
                assert_eq!(world.inquire(&twice).await.verdict(), MALFORMED, "{name}");
            }
        }
    }
    let ask = forward(&signed(&world), "?body=none").without("x-forwarded-host");
    assert_eq!(world.inquire(&ask).await.verdict(), MALFORMED);
    for name in ["x-forwarded-proto", "x-forwarded-for"] {
        let ask = envoy(&signed(&world), true).without(name);
        assert_eq!(world.inquire(&ask).await.verdict(), "400 request_malformed", "{name}");
    }
}

#[tokio::test]
async fn what_becomes_of_bodies_is_said_by_the_query_alone() {
    let world = World::begin().await;
    for (query, expected) in [
        ("?body=none", "200"),
        ("?body=forwarded", "200"),
        ("", "401 digest_missing"),
        ("?body=", MALFORMED),
        ("?body=none&body=forwarded", MALFORMED),
        ("?x=y", MALFORMED),
    ] {
        for told in BOTH {
            let ask = told(&signed(&world), query).header("body", "none");
            assert_eq!(world.inquire(&ask).await.verdict(), expected, "{query}");
        }
    }
}

#[tokio::test]
async fn a_claim_that_the_proxy_would_not_take_out_is_refused() {
    let world = World::begin().await;
    for told in BOTH {
        let ask = told(&signed(&world).header("x-agent-admin", "yes"), "?body=none");
        assert_eq!(world.inquire(&ask).await.verdict(), MALFORMED);
        let ask = told(&signed(&world).header("x-agent-chain", "yes"), "?body=none");
        let said = world.inquire(&ask).await;
        assert_eq!((said.status, said.header("x-agent-chain")), (200, None));
    }
}

#[tokio::test]
async fn where_a_request_comes_from_is_the_right_most_stranger_that_proxies_name() {
    let networks = vec!["10.0.0.0/8".parse().unwrap()];
    let proxies = Proxies { networks, client_cert_header: true };
    let world = World::begin_with(Choices { proxies, ..Choices::default() }).await;
    let networks = vec!["203.0.113.0/24".parse().unwrap()];
    world.change_agent(|agent| agent.networks = networks).await;
    for (listed, expected) in [
        ("203.0.113.9", "200"),
        ("192.0.2.1, 203.0.113.9", "200"),
        ("203.0.113.9, 10.0.0.1", "200"),
        ("203.0.113.9, 127.0.0.1", "403 network_forbidden"),
        ("203.0.113.9, 192.0.2.1", "403 network_forbidden"),
        ("127.0.0.1", "403 network_forbidden"),
        ("unknown", MALFORMED),
    ] {
        let ask = nginx(&signed(&world), "?body=none").without("x-forwarded-for");
        let ask = ask.header("x-forwarded-for", listed);
        assert_eq!(world.inquire(&ask).await.verdict(), expected, "{listed}");
    }
}

#[tokio::test]
async fn there_are_no_other_doors() {
    let world = World::begin().await;
    for target in
        ["/", "/auth_requests", "/ext_authz", "/ext_authz_with", "/healthz", "/acme/tickets/7"]
    {
        let ask = Ask { target: target.to_owned(), ..signed(&world) };
        assert_eq!(world.inquire(&ask).await.verdict(), "404", "{target}");
    }
    // The prefix is the door's, whatever the caller's own target looks like.
    let inside = Ask::new("GET", "/_with_body/acme/tickets/7").signed(&world.proof());
    assert_eq!(world.inquire(&envoy(&inside, false)).await.verdict(), "401 digest_missing");
}
