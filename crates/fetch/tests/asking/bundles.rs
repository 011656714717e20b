//! Bundles of trust domains, from endpoints and files.

use std::collections::BTreeMap;
use std::path::Path;

use bailiwick_fetch::{Bundles, NoKey, Unfetched, Whence};

use crate::scene::{Hands, client, jwk, url};
use crate::server::{Answer, Server};

fn document(sequence: u64, kid: &str, mark: &str) -> String {
    format!(
        r#"{{"keys":[{{"use":"jwt-svid","kty":"{mark}","kid":"{kid}"}},
           {{"use":"x509-svid","kty":"{mark}","x5c":["MAA="]}}],
           "spiffe_sequence":{sequence},"spiffe_refresh_hint":60}}"#
    )
}

fn bundles(hands: &Hands, known: &[(&str, Whence)]) -> Bundles<String> {
    let known: BTreeMap<Box<str>, Whence> =
        known.iter().map(|(name, whence)| ((*name).into(), whence.clone())).collect();
    Bundles::new(client(), hands.upkeep(), known, jwk)
}

fn file(path: &Path) -> Whence {
    Whence::File(path.to_owned())
}

#[tokio::test]
async fn trust_domains_are_never_merged() {
    let (server, hands) = (Server::start().await, Hands::new());
    server.on("GET /a ", Answer::json(&document(1, "k", "A")));
    server.on("GET /b ", Answer::json(&document(1, "k", "B")));
    let at = |path| Whence::Web(url(&server.at(path)));
    let bundles = bundles(&hands, &[("a.example", at("/a")), ("b.example", at("/b"))]);
    for (name, mark) in [("a.example", "A"), ("b.example", "B")] {
        let key = bundles.find(name, "k").await.unwrap();
        assert_eq!(*key, format!(r#"{{"kid":"k","kty":"{mark}"}}"#));
        assert_eq!(bundles.get(name).await.unwrap().x509_authorities().len(), 1);
    }
    assert_eq!(server.count(), 2);
    assert_eq!(bundles.find("c.example", "k").await, Err(NoKey::Unknown));
    assert_eq!(bundles.find("a.example", "l").await, Err(NoKey::Unknown));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_bundle_that_goes_backwards_is_refused() {
    let (server, hands) = (Server::start().await, Hands::new());
    let serve = |sequence, kid| server.on("GET /a ", Answer::json(&document(sequence, kid, "A")));
    let bundles = bundles(&hands, &[("a.example", Whence::Web(url(&server.at("/a"))))]);
    let find = async |kid| bundles.find("a.example", kid).await.map(drop);
    serve(7, "new");
    assert_eq!(find("new").await, Ok(()));
    serve(6, "retired");
    hands.advance(200);
    assert_eq!(find("retired").await, Err(Unfetched::Backwards.into()));
    assert_eq!(find("new").await, Ok(()), "the one known stays");
    hands.advance(100_000);
    assert_eq!(find("retired").await, Err(Unfetched::Backwards.into()), "even when it is too old");
    assert_eq!(find("new").await, Err(Unfetched::Backwards.into()));
    serve(8, "newer");
    hands.advance(300);
    assert_eq!(find("newer").await, Ok(()));
}

#[tokio::test]
async fn a_file_is_read_again_when_it_has_changed() {
    let (directory, hands) = (tempfile::tempdir().unwrap(), Hands::new());
    let path = directory.path().join("bundle.json");
    std::fs::write(&path, document(1, "old", "A")).unwrap();
    let bundles = bundles(&hands, &[("a.example", file(&path))]);
    let find = async |kid| bundles.find("a.example", kid).await.map(drop);
    assert_eq!(find("old").await, Ok(()));
    std::fs::write(&path, document(2, "new", "A")).unwrap();
    hands.advance(70);
    assert_eq!(find("new").await, Ok(()));
    assert_eq!(find("old").await, Err(NoKey::Unknown));
}

#[tokio::test]
async fn a_file_that_is_missing_or_too_large_is_no_bundle() {
    let (directory, hands) = (tempfile::tempdir().unwrap(), Hands::new());
    let (missing, large) = (directory.path().join("missing"), directory.path().join("large"));
    std::fs::write(&large, " ".repeat(1024 * 1024 + 1)).unwrap();
    let bundles = bundles(&hands, &[("a.example", file(&missing)), ("b.example", file(&large))]);
    let find = async |name| bundles.find(name, "k").await.map(drop);
    assert_eq!(find("a.example").await, Err(Unfetched::Unreachable.into()));
    assert_eq!(find("b.example").await, Err(Unfetched::TooLarge(1024 * 1024).into()));
}
