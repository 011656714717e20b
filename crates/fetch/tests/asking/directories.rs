//! Directories of Web Bot Auth, which strangers name.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::entropy::Entropy;
use bailiwick_fetch::{Directories, NoKey, Unfetched, Url};
use bailiwick_proof::keys::{PublicKey, SigningKey};

use crate::scene::{Hands, START, client};
use crate::server::{Answer, Server};

const TYPE: &str = "content-type: application/http-message-signatures-directory+json";

struct Scene {
    server: Server,
    hands: Hands,
    directories: Directories,
    directory: Url,
    key: PublicKey,
}

impl Scene {
    async fn new() -> Self {
        let (server, hands) = (Server::start().await, Hands::new());
        let directories = Directories::new(client(), hands.upkeep());
        let directory = Directories::locate(&server.at("")).unwrap();
        let entropy = Entropy::new(|buffer| buffer.fill(7));
        let key = SigningKey::generate(Algorithm::Ed25519, &entropy).unwrap();
        let key = key.public().unwrap().clone();
        Self { server, hands, directories, directory, key }
    }

    /// A document that lists the key with these members besides its own.
    fn document(&self, members: &str) -> String {
        let jwk = self.key.to_jwk();
        format!(r#"{{"keys":[{},{members}}}]}}"#, jwk.trim_end_matches('}'))
    }

    fn serve(&self, fields: &str, document: &str) {
        let path = "GET /.well-known/http-message-signatures-directory ";
        self.server.on(path, Answer::ok(fields, document));
    }

    async fn find(&self) -> Result<(), NoKey> {
        let found = self.directories.find(&self.directory, self.key.thumbprint()).await?;
        assert_eq!(*found, self.key);
        Ok(())
    }
}

#[tokio::test]
async fn a_key_is_found_by_its_directory_and_thumbprint() {
    let scene = Scene::new().await;
    let kid = format!(r#""kid":"{}""#, scene.key.thumbprint());
    scene.serve(TYPE, &scene.document(&kid));
    assert_eq!(scene.find().await, Ok(()));
    assert_eq!(scene.find().await, Ok(()));
    assert_eq!(scene.server.count(), 1);
    // Another directory does not have it, whatever this one says.
    let other = Server::start().await;
    other.on("GET /", Answer::ok(TYPE, r#"{"keys":[]}"#));
    let other = Directories::locate(&other.at("")).unwrap();
    let found = scene.directories.find(&other, scene.key.thumbprint()).await;
    assert_eq!(found, Err(NoKey::Unknown));
}

#[tokio::test]
async fn a_key_under_another_name_is_ignored() {
    let scene = Scene::new().await;
    scene.serve(TYPE, &scene.document(r#""kid":"other""#));
    assert_eq!(scene.find().await, Err(NoKey::Unknown));
}

#[tokio::test]
async fn a_key_outside_its_time_is_not_given_out() {
    let scene = Scene::new().await;
    let thumbprint = scene.key.thumbprint();
    let (nbf, exp) = (START + 10, START + 20);
    scene.serve(TYPE, &scene.document(&format!(r#""kid":"{thumbprint}","nbf":{nbf},"exp":{exp}"#)));
    assert_eq!(scene.find().await, Err(NoKey::Untimely));
    scene.hands.advance(10);
    assert_eq!(scene.find().await, Ok(()));
    scene.hands.advance(10);
    assert_eq!(scene.find().await, Err(NoKey::Untimely));
}

#[tokio::test]
async fn a_directory_of_another_type_is_none() {
    let scene = Scene::new().await;
    let kid = format!(r#""kid":"{}""#, scene.key.thumbprint());
    scene.serve("content-type: application/json", &scene.document(&kid));
    assert_eq!(scene.find().await, Err(Unfetched::MediaType.into()));
}

#[tokio::test]
async fn strangers_do_not_make_us_ask_a_directory_again_and_again() {
    let scene = Scene::new().await;
    for _ in 0..100 {
        assert_eq!(scene.find().await, Err(Unfetched::Status(404).into()));
    }
    assert_eq!(scene.server.count(), 1, "a failure is remembered");
    scene.serve(TYPE, r#"{"keys":[]}"#);
    scene.hands.advance(5);
    for _ in 0..100 {
        assert_eq!(scene.find().await, Err(NoKey::Unknown));
    }
    assert_eq!(scene.server.count(), 2, "so is an absence");
    let found = scene.directories.find(&scene.directory, "short").await;
    assert_eq!(found, Err(NoKey::Unknown));
}
