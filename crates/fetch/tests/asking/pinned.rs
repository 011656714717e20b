//! The address that was checked is the address that is asked, under the name in the URL.
//!
//! Descends from DNS rebinding and from CVE-2019-5418's many relatives: a check on one answer of
//! the name server, and a connection to another.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bailiwick_fetch::{Ask, Client, Guard, Resolver, Unfetched};

use crate::scene::{guard, nowhere, url};
use crate::server::{Answer, Server};

const JSON: &[&str] = &["application/json"];

/// A resolver that gives one answer after the other, and how often it was asked.
fn resolver(answers: &[&str]) -> (Resolver, Arc<AtomicUsize>) {
    let parse = |text: &&str| text.split(' ').map(|it| it.parse().unwrap()).collect();
    let answers: VecDeque<Vec<IpAddr>> = answers.iter().map(parse).collect();
    let (answers, asked) = (Mutex::new(answers), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&asked);
    let resolver = Resolver::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        let answer = answers.lock().unwrap().pop_front().unwrap();
        Box::pin(async move { Ok(answer) })
    });
    (resolver, asked)
}

#[tokio::test]
async fn a_name_that_stands_for_a_private_address_is_refused() {
    let server = Server::start().await;
    let asked = url(&format!("https://keys.example:{}/", server.port()));
    for addresses in [
        "127.0.0.1",
        "::1",
        "10.0.0.1",
        "169.254.169.254",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "1.1.1.1 127.0.0.1",
    ] {
        let (resolver, _) = resolver(&[addresses]);
        let client = Client::new(Guard { allowed: Vec::new(), ..guard() }, resolver).unwrap();
        let answered = client.get(Ask::new(&asked, JSON)).await;
        assert_eq!(answered.unwrap_err(), Unfetched::Forbidden, "{addresses}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn an_address_in_the_url_is_checked_like_any_other() {
    let client = Client::new(Guard { allowed: Vec::new(), ..guard() }, nowhere()).unwrap();
    for host in ["127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "192.168.1.1", "0.0.0.0"] {
        let asked = url(&format!("https://{host}/"));
        let answered = client.get(Ask::new(&asked, JSON)).await;
        assert_eq!(answered.unwrap_err(), Unfetched::Forbidden, "{host}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_asked_for_it_once() {
    let server = Server::start().await;
    server.on("GET / ", Answer::json("{}"));
    // Allowed when it is checked; private when it is asked for again.
    let (resolver, count) = resolver(&["127.0.0.1", "127.0.0.2"]);
    let client = Client::new(guard(), resolver).unwrap();
    let asked = url(&format!("http://keys.example:{}/", server.port()));
    client.get(Ask::new(&asked, JSON)).await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 1, "one exchange, one resolution");
    let answered = client.get(Ask::new(&asked, JSON)).await;
    assert_eq!(answered.unwrap_err(), Unfetched::Forbidden, "each exchange checks anew");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn the_name_stays_in_tls_and_in_the_request() {
    let (server, certificate) = Server::start_secured("keys.example").await;
    server.on("GET / ", Answer::json("{}"));
    let (resolver, _) = resolver(&["127.0.0.1", "127.0.0.1"]);
    let guard = Guard { authorities: Some(certificate.into_bytes()), ..guard() };
    let client = Client::new(guard, resolver).unwrap();
    let asked = url(&format!("https://Keys.Example:{}/", server.port()));
    let answered = client.get(Ask::new(&asked, JSON)).await.unwrap();
    assert_eq!(answered.body, b"{}");
    assert!(server.last().contains(&format!("host: keys.example:{}\r\n", server.port())));
    let other = url(&format!("https://other.example:{}/", server.port()));
    let answered = client.get(Ask::new(&other, JSON)).await;
    assert_eq!(answered.unwrap_err(), Unfetched::Untrusted, "a certificate is for its name");
}

#[tokio::test]
async fn a_server_whose_certificate_is_not_trusted_is_not_asked() {
    let (server, _) = Server::start_secured("keys.example").await;
    let (resolver, _) = resolver(&["127.0.0.1"]);
    let client = Client::new(guard(), resolver).unwrap();
    let asked = url(&format!("https://keys.example:{}/", server.port()));
    let answered = client.get(Ask::new(&asked, JSON)).await;
    assert_eq!(answered.unwrap_err(), Unfetched::Untrusted);
    assert_eq!(server.count(), 0);
}
