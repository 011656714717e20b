//! Keys by the name of their issuer.

use bailiwick_fetch::{Issuers, NoKey, Unfetched};

use crate::scene::{Hands, client, jwk, set};
use crate::server::{Answer, Server};

const WELL_KNOWN: &str = "GET /tenant/.well-known/openid-configuration ";

struct Scene {
    server: Server,
    hands: Hands,
    issuers: Issuers<String>,
}

impl Scene {
    async fn new() -> Self {
        let (server, hands) = (Server::start().await, Hands::new());
        let issuers = Issuers::new(client(), hands.upkeep(), jwk);
        Self { server, hands, issuers }
    }

    fn describe(&self, issuer: &str, jwks_uri: &str) {
        let document = format!(r#"{{"issuer":"{issuer}","jwks_uri":"{jwks_uri}"}}"#);
        self.server.on(WELL_KNOWN, Answer::json(&document));
    }

    async fn find(&self, issuer: &str, kid: &str) -> Result<(), NoKey> {
        self.issuers.find(issuer, kid).await.map(drop)
    }
}

#[tokio::test]
async fn an_issuers_keys_are_where_it_says() {
    let scene = Scene::new().await;
    let issuer = scene.server.at("/tenant");
    scene.describe(&issuer, &scene.server.at("/old"));
    scene.server.on("GET /old ", Answer::json(&set(&["a"])));
    scene.server.on("GET /new ", Answer::json(&set(&["b"])));
    assert_eq!(scene.find(&issuer, "a").await, Ok(()));
    assert_eq!(scene.find(&issuer, "a").await, Ok(()));
    assert_eq!(scene.server.count(), 2);
    // The keys move: what says where they are is renewed as well.
    scene.describe(&issuer, &scene.server.at("/new"));
    scene.hands.advance(400);
    assert_eq!(scene.find(&issuer, "b").await, Ok(()));
    assert_eq!(scene.find(&issuer, "a").await, Err(NoKey::Unknown));
}

#[tokio::test]
async fn an_issuer_cannot_speak_for_another() {
    let scene = Scene::new().await;
    let issuer = scene.server.at("/tenant");
    scene.server.on("GET /keys ", Answer::json(&set(&["a"])));
    let keys = scene.server.at("/keys");
    let refused = Unfetched::Malformed("its issuer is not the one that was asked");
    for named in [scene.server.at("/other"), scene.server.at("/tenant/"), String::new()] {
        scene.describe(&named, &keys);
        assert_eq!(scene.find(&issuer, "a").await, Err(refused.into()), "{named}");
        scene.hands.advance(300);
    }
    scene.describe(&issuer, &keys);
    assert_eq!(scene.find(&issuer, "a").await, Ok(()));
}

#[tokio::test]
async fn an_issuer_cannot_point_into_the_network() {
    for (jwks_uri, expected) in [
        ("https://127.0.0.2/keys", Unfetched::Forbidden),
        ("https://169.254.169.254/latest/meta-data", Unfetched::Forbidden),
        ("https://[::1]/", Unfetched::Forbidden),
        ("http://1.1.1.1/keys", Unfetched::Plaintext),
        ("file:///etc/passwd", Unfetched::NotAUrl("it is not absolute")),
    ] {
        let scene = Scene::new().await;
        let issuer = scene.server.at("/tenant");
        scene.describe(&issuer, jwks_uri);
        assert_eq!(scene.find(&issuer, "a").await, Err(expected.into()), "{jwks_uri}");
    }
}

#[tokio::test]
async fn what_is_no_issuer_is_not_asked() {
    let scene = Scene::new().await;
    for issuer in ["", "issuer", "https://a?b", "https://a#b", &"https://a/".repeat(200)] {
        let found = scene.find(issuer, "a").await;
        assert!(matches!(found, Err(NoKey::Unfetched(Unfetched::NotAUrl(_)))), "{issuer}");
    }
    assert_eq!(scene.server.count(), 0);
}
