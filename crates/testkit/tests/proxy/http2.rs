//! HTTP/2 on the caller's side: many requests on one connection, each with its own proof.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;
use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// The request in HTTP/2's form: its host is the `:authority`.
fn request(ask: &Ask) -> Request<Full<Bytes>> {
    let uri = format!("{}://{}{}", ask.scheme, ask.host, ask.target);
    let mut request = Request::new(Full::from(ask.body.clone()));
    *request.method_mut() = ask.method.parse().unwrap();
    *request.uri_mut() = uri.parse().unwrap();
    *request.headers_mut() = ask.header_map();
    *request.version_mut() = Version::HTTP_2;
    request
}

#[tokio::test]
async fn many_requests_share_one_connection() {
    let world = World::begin().await;
    let stream = TcpStream::connect(world.gateway.address()).await.unwrap();
    let builder = http2::Builder::new(TokioExecutor::new());
    let (sender, driver) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(driver);
    let asks: Vec<Ask> = (0..20)
        .map(|number| {
            let ask = Ask::new("POST", "/acme/tickets?n=1").json(&format!("{{\"n\":{number}}}"));
            ask.digested().signed(&world.proof())
        })
        .collect();
    let sending = asks.iter().map(|ask| {
        let mut sender = sender.clone();
        async move { sender.send_request(request(ask)).await.unwrap() }
    });
    for response in futures_util::future::join_all(sending).await {
        assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "/tickets");
    }
    assert_eq!(world.upstream.seen().len(), 20);
    let mut sender = sender.clone();
    let replayed = sender.send_request(request(&asks[0])).await.unwrap();
    assert_eq!(replayed.status(), 401);
    let mut tampered = asks[0].clone().signed_again(&world);
    tampered.body = b"{\"n\":99}".to_vec();
    assert_eq!(sender.send_request(request(&tampered)).await.unwrap().status(), 401);
    assert_eq!(world.upstream.seen().len(), 20);
}

/// The same request with a new proof.
trait SignedAgain {
    fn signed_again(self, world: &World) -> Self;
}

impl SignedAgain for Ask {
    fn signed_again(self, world: &World) -> Self {
        self.without("signature").without("signature-input").signed(&world.proof())
    }
}
