//! Strangers name URLs without end.

use bailiwick_fetch::{KeySets, NoKey, Unfetched, Upkeep};

use crate::scene::{Hands, client, jwk, set, url};
use crate::server::{Answer, Server};

const BUSY: Result<(), NoKey> = Err(NoKey::Unfetched(Unfetched::Busy));

#[tokio::test]
async fn a_flood_of_urls_causes_a_bounded_number_of_fetches() {
    let (server, hands) = (Server::start().await, Hands::new());
    server.on("GET /", Answer::json(&set(&["a"])));
    let upkeep = Upkeep { fetches_per_second: 5, ..hands.upkeep() };
    let sets = KeySets::new(client(), upkeep, jwk);
    let find = async |path: &str| sets.find(&url(&server.at(path)), "a").await.map(drop);
    for number in 0..5 {
        assert_eq!(find(&format!("/{number}")).await, Ok(()));
    }
    for number in 5..50 {
        assert_eq!(find(&format!("/{number}")).await, BUSY);
    }
    assert_eq!(server.count(), 5);
    assert_eq!(find("/0").await, Ok(()), "what is known is not touched by it");
    hands.advance(1);
    assert_eq!(find("/5").await, Ok(()), "being busy is not held against a server");
}

#[tokio::test]
async fn a_flood_of_urls_takes_a_bounded_place() {
    let (server, hands) = (Server::start().await, Hands::new());
    server.on("GET /good", Answer::json(&set(&["a"])));
    let upkeep = Upkeep { max_documents: 3, fetches_per_second: 1_000, ..hands.upkeep() };
    let sets = KeySets::new(client(), upkeep, jwk);
    let find = async |path: &str| sets.find(&url(&server.at(path)), "a").await.map(drop);
    assert_eq!((find("/good/1").await, find("/good/2").await), (Ok(()), Ok(())));
    for number in 0..50 {
        let expected = Err(NoKey::Unfetched(Unfetched::Status(404)));
        assert_eq!(find(&format!("/bad/{number}")).await, expected);
    }
    assert_eq!(server.count(), 52);
    assert_eq!((find("/good/1").await, find("/good/2").await), (Ok(()), Ok(())));
    assert_eq!(server.count(), 52, "what holds keys outlasts what holds none");

    hands.advance(2);
    assert_eq!((find("/good/2").await, find("/good/3").await), (Ok(()), Ok(())));
    assert_eq!((find("/good/4").await, find("/good/2").await), (Ok(()), Ok(())));
    assert_eq!(server.count(), 54);
    assert_eq!(find("/good/1").await, Ok(()));
    assert_eq!(server.count(), 55, "the one not used for longest has made room");
}
