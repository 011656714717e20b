//! A request as each proxy tells of it, and what the gateway says.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::world::World;

use crate::grpc::{self, Call};

/// Where callers are, as proxies tell.
pub(crate) const CALLER: &str = "203.0.113.9";

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// nginx, which is set up to say this of bodies.
    Nginx(&'static str),
    /// Caddy or Traefik, the same.
    Forward(&'static str),
    /// Envoy over HTTP, with the body or without.
    Http(bool),
    /// Envoy over gRPC, with the body or without.
    Grpc(bool),
}

/// Each way in which it is known whether there is a body.
pub(crate) const KNOWING: [Way; 4] =
    [Way::Nginx("?body=none"), Way::Forward("?body=forwarded"), Way::Http(true), Way::Grpc(true)];
/// Each way in which it is not.
pub(crate) const UNKNOWING: [Way; 4] =
    [Way::Nginx(""), Way::Forward(""), Way::Http(false), Way::Grpc(false)];

/// What the gateway said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The status that the proxy gets: what it goes by.
    pub(crate) status: u16,
    /// The status that the caller would have got of the gateway itself, and the code.
    pub(crate) verdict: String,
    /// Fields for the API, and for the caller.
    pub(crate) fields: Vec<(String, String)>,
    /// Fields that are not for the API.
    pub(crate) removed: Vec<String>,
}

impl Said {
    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    fn read(reply: &Reply) -> Self {
        let removed = reply.header("x-envoy-auth-headers-to-remove").unwrap_or_default();
        let status = reply.header("x-denial-status").map(str::to_owned);
        let status = status.unwrap_or_else(|| reply.status.to_string());
        let verdict = match reply.code() {
            Some(code) => format!("{status} {code}"),
            None => status,
        };
        Self {
            status: reply.status,
            verdict,
            fields: reply.headers.clone(),
            removed: removed.split(',').map(str::to_owned).collect(),
        }
    }
}

/// Asks about a request in this way.
pub(crate) async fn tell(world: &World, way: Way, ask: &Ask) -> Said {
    let said = match way {
        Way::Grpc(with_body) => return grpc::check(world, Call::of(ask, with_body)).await,
        Way::Nginx(query) => world.inquire(&nginx(ask, query)).await,
        Way::Forward(query) => world.inquire(&forward(ask, query)).await,
        Way::Http(with_body) => world.inquire(&envoy(ask, with_body)).await,
    };
    Said::read(&said)
}

/// The same, and only what came of it.
pub(crate) async fn verdict(world: &World, way: Way, ask: &Ask) -> String {
    tell(world, way, ask).await.verdict
}

/// As nginx tells of it.
pub(crate) fn nginx(ask: &Ask, query: &str) -> Ask {
    let inquiry = Ask { method: "GET".to_owned(), body: Vec::new(), ..ask.clone() };
    let inquiry = Ask { target: format!("/auth_request{query}"), ..inquiry };
    inquiry
        .header("x-original-method", &ask.method)
        .header("x-original-uri", &ask.target)
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-for", CALLER)
}

/// As Caddy and Traefik tell of it.
pub(crate) fn forward(ask: &Ask, query: &str) -> Ask {
    let body = if query == "?body=forwarded" { ask.body.clone() } else { Vec::new() };
    let inquiry = Ask { method: "GET".to_owned(), body, ..ask.clone() };
    let host = "127.0.0.1:8702".to_owned();
    let inquiry = Ask { target: format!("/forward_auth{query}"), host, ..inquiry };
    inquiry
        .header("x-forwarded-method", &ask.method)
        .header("x-forwarded-uri", &ask.target)
        .header("x-forwarded-host", &ask.host)
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-for", CALLER)
}

/// As Envoy tells of it over HTTP.
pub(crate) fn envoy(ask: &Ask, with_body: bool) -> Ask {
    let prefix = if with_body { "/ext_authz_with_body" } else { "/ext_authz" };
    let body = if with_body { ask.body.clone() } else { Vec::new() };
    let inquiry = Ask { target: format!("{prefix}{}", ask.target), body, ..ask.clone() };
    inquiry.header("x-forwarded-proto", "http").header("x-forwarded-for", CALLER)
}
