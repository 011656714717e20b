//! The proxies themselves, set up as `examples/beside` shows, asking the gateway.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::proxy::{Make, Proxy};
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::upstream::Seen;
use bailiwick_testkit::world::{OPEN, World};

const TICKET: &str = "/acme/tickets/7";
const CHALLENGE: &str = "Bearer resource_metadata=\
                         \"http://gateway.test/.well-known/oauth-protected-resource/acme\"";

fn get(world: &World) -> Ask {
    Ask::new("GET", TICKET).signed(&world.proof())
}

fn values<'a>(seen: &'a Seen, name: &str) -> Vec<&'a str> {
    seen.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

/// What the API saw last, which was so many requests ago nothing.
fn last(world: &World, expected: usize) -> Seen {
    let seen = world.upstream.seen();
    assert_eq!(seen.len(), expected, "{seen:?}");
    seen.last().unwrap().clone()
}

/// What every mode carries.
async fn play(make: Make) -> (World, Proxy) {
    let world = World::begin().await;
    let proxy = Proxy::start(make, &world).await;

    // Let through, as whom the gateway says and nobody else says.
    let forged = Ask::new("GET", "/acme/tickets/7?full=yes")
        .header("x-agent-id", "ticket-summarizer")
        .header("x-agent-scopes", "admin")
        .header("x-agent-chain", "spiffe://elsewhere/boss")
        .header("x-agent-task", "tsk_1")
        .header("txn-token", "forged")
        .header("x-approval-id", "apr_00000000000000000000000001")
        .header("x-other", "kept")
        .signed(&world.proof());
    let reply = proxy.send(&forged).await;
    assert_eq!(reply.verdict(), "200", "{make:?}: {reply:?}");
    assert_eq!(reply.body, TICKET.as_bytes(), "{make:?}");
    let seen = last(&world, 1);
    assert_eq!(seen.target, "/acme/tickets/7?full=yes", "{make:?}");
    assert_eq!(values(&seen, "x-agent-id"), ["ticket-summarizer"], "{make:?}");
    assert_eq!(values(&seen, "x-agent-scopes"), ["tickets:read tickets:write"], "{make:?}");
    assert_eq!(values(&seen, "x-agent-subject").len(), 1, "{make:?}");
    assert_eq!(values(&seen, "x-other"), ["kept"], "{make:?}");
    let token = values(&seen, "txn-token");
    assert!(token.len() == 1 && token[0].len() > 100, "{make:?}: {token:?}");
    assert!(values(&seen, "x-request-id")[0].starts_with("rec_"), "{make:?}: {seen:?}");
    for gone in ["x-agent-chain", "x-agent-task", "x-approval-id", "signature", "signature-input"] {
        assert!(values(&seen, gone).is_empty(), "{make:?}: {gone}: {seen:?}");
    }

    // Refused, and told why.
    let refused = async |ask: &Ask| proxy.send(ask).await.code().unwrap_or_default();
    let reply = proxy.send(&Ask::new("GET", TICKET)).await;
    assert_eq!(reply.verdict(), "401 credential_missing", "{make:?}");
    let challenges = reply.headers.iter().filter(|(name, _)| name == "www-authenticate");
    assert_eq!(challenges.count(), 1, "{make:?}: {reply:?}");
    assert_eq!(reply.header("www-authenticate"), Some(CHALLENGE), "{make:?}: {reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{make:?}");
    let once = get(&world);
    assert_eq!(proxy.send(&once).await.verdict(), "200", "{make:?}");
    assert_eq!(proxy.send(&once).await.verdict(), "401 nonce_replayed", "{make:?}");
    let moved = Ask { target: "/acme/tickets/8".to_owned(), ..get(&world) };
    assert_eq!(refused(&moved).await, "signature_invalid", "{make:?}");
    let renamed = Ask { method: "DELETE".to_owned(), ..get(&world) };
    assert_eq!(refused(&renamed).await, "signature_invalid", "{make:?}");
    let elsewhere = Ask { host: "other.test".to_owned(), ..get(&world) };
    assert_eq!(refused(&elsewhere).await, "signature_invalid", "{make:?}");
    let unscoped = Ask::new("DELETE", "/acme/payouts/7");
    world.change_agent(|agent| agent.scopes = "tickets:read".parse().unwrap()).await;
    let reply = proxy.send(&unscoped.clone().signed(&world.proof())).await;
    assert_eq!(reply.verdict(), "403 scope_missing", "{make:?}");
    assert!(reply.header("www-authenticate").is_some(), "{make:?}: {reply:?}");
    world.change_agent(|_| {}).await;
    assert_eq!(refused(&unscoped.signed(&world.proof())).await, "approval_pending", "{make:?}");
    for target in ["/acme/tickets/%37", "/acme/tickets/./7"] {
        let ask = Ask::new("GET", target).signed(&world.proof());
        let reply = proxy.send(&ask).await;
        // Some put the target right first; that one was not signed.
        assert!((400..404).contains(&reply.status), "{make:?} {target}: {reply:?}");
    }
    // Where it comes from is where the connection comes from.
    world.change_agent(|agent| agent.networks = vec!["203.0.113.0/24".parse().unwrap()]).await;
    let spoofed = get(&world).header("x-forwarded-for", "203.0.113.9");
    assert_eq!(refused(&spoofed).await, "network_forbidden", "{make:?}");
    world.change_agent(|_| {}).await;
    assert_eq!(world.upstream.seen().len(), 2, "{make:?}: {:?}", world.upstream.seen());
    (world, proxy)
}

/// What a mode carries that shows the gateway the body.
async fn play_bodies(world: &World, proxy: &Proxy) {
    let ask = Ask::new("POST", "/acme/tickets").json("{\"title\":\"naïve?\"}").digested();
    let ask = ask.signed(&world.proof());
    let changed = Ask { body: b"{\"title\":\"changed\"}".to_vec(), ..ask.clone() };
    assert_eq!(proxy.send(&changed).await.verdict(), "401 digest_mismatch");
    assert_eq!(proxy.send(&ask).await.verdict(), "200");
    assert_eq!(last(world, 3).body, ask.body);
    // Bytes that are no text are the same bytes there.
    let mut bytes = Ask::new("POST", "/acme/tickets").header("content-type", "image/png");
    bytes.body = vec![0xff, 0x00, 0xfe, 0x0a];
    let bytes = bytes.digested().signed(&world.proof());
    assert_eq!(proxy.send(&bytes).await.verdict(), "200");
    assert_eq!(last(world, 4).body, bytes.body);
    let reply = proxy.send_bytes(&chunked(&get(world))).await;
    assert_eq!(reply.verdict(), "401 digest_missing", "a body that nobody signed");
    let large = Ask::new("POST", "/acme/tickets").json(&"x".repeat(2 * 1024 * 1024));
    let reply = proxy.send(&large.digested().signed(&world.proof())).await;
    assert!(reply.status >= 400, "{reply:?}");
    assert_eq!(world.upstream.seen().len(), 4);
}

/// A request with a body in chunks, whose length no field says.
fn chunked(ask: &Ask) -> Vec<u8> {
    let head = ask.clone().header("transfer-encoding", "chunked");
    [&*head.bytes(), b"3\r\nabc\r\n0\r\n\r\n"].concat()
}

/// A request whose token nothing is bound to, with a body.
fn by_bearer(world: &World) -> Ask {
    let mut token = world.token();
    (token.cnf, token.aud) = (None, vec![OPEN.to_owned()]);
    let ask = Ask::new("POST", "/open/tickets").json("{}");
    ask.header("authorization", &world.bearer(&token))
}

fn is_refused(reply: &Reply, code: &str) {
    assert_eq!(reply.code().as_deref(), Some(code), "{reply:?}");
}

#[tokio::test]
async fn envoy_asks_over_grpc() {
    let (world, proxy) = play(Make::Envoy).await;
    play_bodies(&world, &proxy).await;
    let unknown = Ask::new("GET", TICKET).header("x-agent-admin", "yes").signed(&world.proof());
    assert_eq!(proxy.send(&unknown).await.verdict(), "200");
    assert!(values(&last(&world, 5), "x-agent-admin").is_empty());
    assert_eq!(proxy.send(&by_bearer(&world)).await.verdict(), "200");
    assert!(values(&last(&world, 6), "authorization").is_empty());
    let limited = Ask::new("POST", "/acme/refunds").json("{}").digested().signed(&world.proof());
    let reply = proxy.send(&limited).await;
    assert!(reply.header("ratelimit").is_some(), "{reply:?}");
    assert!(world.written().contains(r#""via":"envoy""#));
}

#[tokio::test]
async fn envoy_asks_over_http() {
    let (world, proxy) = play(Make::EnvoyHttp).await;
    play_bodies(&world, &proxy).await;
    let unknown = Ask::new("GET", TICKET).header("x-agent-admin", "yes").signed(&world.proof());
    assert_eq!(proxy.send(&unknown).await.verdict(), "200");
    assert!(values(&last(&world, 5), "x-agent-admin").is_empty());
}

#[tokio::test]
async fn traefik_asks() {
    let (world, proxy) = play(Make::Traefik).await;
    play_bodies(&world, &proxy).await;
    let unknown = Ask::new("GET", TICKET).header("x-agent-admin", "yes").signed(&world.proof());
    is_refused(&proxy.send(&unknown).await, "request_malformed");
}

#[tokio::test]
async fn caddy_asks_and_vouches_for_no_body_that_anything_was_promised_of() {
    let (world, proxy) = play(Make::Caddy).await;
    let ask = Ask::new("POST", "/acme/tickets").json("{}").digested().signed(&world.proof());
    is_refused(&proxy.send(&ask).await, "not_in_line");
    let reply = proxy.send_bytes(&chunked(&get(&world))).await;
    is_refused(&reply, "digest_missing");
    assert_eq!(proxy.send(&by_bearer(&world)).await.verdict(), "200");
    let seen = last(&world, 3);
    assert_eq!((&*seen.body, values(&seen, "authorization").len()), (&b"{}"[..], 0));
    let unknown = Ask::new("GET", TICKET).header("x-agent-admin", "yes").signed(&world.proof());
    is_refused(&proxy.send(&unknown).await, "request_malformed");
}

#[tokio::test]
async fn nginx_asks_and_passes_no_body_on() {
    let (world, proxy) = play(Make::Nginx).await;
    let ask = Ask::new("POST", "/acme/tickets").json("{}").digested().signed(&world.proof());
    is_refused(&proxy.send(&ask).await, "digest_mismatch");
    let reply = proxy.send_bytes(&chunked(&get(&world))).await;
    assert_eq!((reply.verdict().as_str(), last(&world, 3).body.len()), ("200", 0));
    let reply = proxy.send(&Ask::new("DELETE", "/acme/payouts/7").signed(&world.proof())).await;
    assert_eq!(reply.verdict(), "202 approval_pending", "the status that was meant");
    let unknown = Ask::new("GET", TICKET).header("x-agent-admin", "yes").signed(&world.proof());
    is_refused(&proxy.send(&unknown).await, "request_malformed");
}
