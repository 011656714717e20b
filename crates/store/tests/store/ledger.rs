//! Records from the journal to the ledger, and found again.

use std::net::IpAddr;
use std::path::PathBuf;

use bailiwick_domain::agent::Kind;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::{AgentId, KeyId, RecordId};
use bailiwick_ledger::checkpoint::{Signer, VerifierKey};
use bailiwick_ledger::entry::{AgentEntry, Closing, Decided, DelegationEntry, Labels, Opening};
use bailiwick_ledger::{proof, verify};
use bailiwick_store::Store;
use bailiwick_store::journal::{Durability, Journal};
use bailiwick_store::records::{Order, Query, Records};
use bailiwick_store::sequencer::{Config, Handle, KEY_PATH, Published, Sequencer};

use crate::place::{Place, on_both};
use crate::samples::{agent, at, key};

fn signer(seed: u8) -> Signer {
    Signer::from_seed("acme.example/ledger", &[seed; 32]).unwrap()
}

pub(crate) fn ledger_dir(place: &Place) -> PathBuf {
    place.path().join("ledger")
}

pub(crate) fn config(place: &Place, seed: u8) -> Config {
    let journal_dir = place.path().join("journal");
    Config { journal_dir, ledger_dir: ledger_dir(place), signer: signer(seed) }
}

async fn start(place: &Place, store: &Store) -> Handle {
    Sequencer::start(store.clone(), config(place, 7)).await.unwrap()
}

fn journal(place: &Place, name: &str) -> Journal {
    Journal::create(&place.path().join("journal"), name, Durability::Process).unwrap()
}

fn id(number: u128) -> RecordId {
    RecordId::from_bits(number)
}

pub(crate) fn opening(agent: u128, operation: &'static str) -> Opening<'static> {
    let agent = AgentEntry {
        id: AgentId::from_bits(agent),
        name: "summarizer",
        project: "default",
        owner: "support",
        kind: Kind::Autonomous,
    };
    Opening {
        time: at(0),
        node: "gw",
        agent: Some(agent),
        credential: None,
        token: None,
        delegation: DelegationEntry::default(),
        strength: None,
        api: Some("acme"),
        operation: Some(operation),
        path_template: None,
        method: "GET",
        resource: "/tickets/\u{1}\"é\"",
        query: None,
        gen_ai: None,
        scopes_used: None,
        address: IpAddr::from([127, 0, 0, 1]),
        user_agent: None,
        trace: None,
        via: None,
    }
}

pub(crate) fn closing(outcome: Outcome, code: Option<&'static str>) -> Closing<'static> {
    Closing {
        outcome,
        code,
        decided: Decided::default(),
        status: None,
        request: None,
        response: None,
        labels: Labels::default(),
        duration_us: 9,
    }
}

async fn found(records: &Records, query: Query) -> Vec<u64> {
    let query = Query { limit: query.limit.max(1), ..query };
    records.search(&query).await.unwrap().iter().map(|found| found.index).collect()
}

#[tokio::test]
async fn records_are_found_by_what_is_asked() {
    on_both(async |place| {
        let store = place.open().await;
        let handle = start(place, &store).await;
        let journal = journal(place, "gw");
        for number in 0..6 {
            let denied = number % 2 == 0;
            let operation = if number < 3 { "GET /a" } else { "GET /b" };
            let millis = i64::try_from(number).unwrap() * 1_000;
            let mut opening = Opening { time: at(millis), ..opening(number % 3, operation) };
            if number == 5 {
                opening.agent = None;
                opening.api = None;
            }
            let closing = if denied {
                closing(Outcome::Denied, Some("scope_missing"))
            } else {
                closing(Outcome::Allowed, None)
            };
            journal.whole(id(number), &opening, &closing).unwrap();
        }
        handle.settle().await.unwrap();
        let records = Records::new(store.clone(), &ledger_dir(place));
        let all = || Query { limit: 100, ..Query::default() };
        let check = async |query: Query, expected: &[u64]| {
            assert_eq!(found(&records, query.clone()).await, expected, "{query:?}");
        };
        let agent = |number| Some(AgentId::from_bits(number));
        check(all(), &[5, 4, 3, 2, 1, 0]).await;
        check(Query { agent: agent(1), ..all() }, &[4, 1]).await;
        check(Query { agent: agent(9), ..all() }, &[]).await;
        check(Query { code: Some("scope_missing".into()), ..all() }, &[4, 2, 0]).await;
        check(Query { code: Some("' OR 1=1 --".into()), ..all() }, &[]).await;
        check(Query { outcome: Some(Outcome::Allowed), ..all() }, &[5, 3, 1]).await;
        check(Query { outcome: Some(Outcome::Interrupted), ..all() }, &[]).await;
        check(Query { since: Some(at(4_000)), ..all() }, &[5, 4]).await;
        check(Query { api: Some("acme".into()), ..all() }, &[4, 3, 2, 1, 0]).await;
        check(Query { operation: Some("GET /b".into()), ..all() }, &[5, 4, 3]).await;
        let denied = Query { outcome: Some(Outcome::Denied), agent: agent(0), ..all() };
        check(denied.clone(), &[0]).await;
        check(Query { since: Some(at(1)), ..denied }, &[]).await;
        check(Query { limit: 2, ..all() }, &[5, 4]).await;
        check(Query { limit: 2, after: Some(4), ..all() }, &[3, 2]).await;
        check(Query { after: Some(0), ..all() }, &[]).await;
        let following = Query { order: Order::OldestFirst, ..all() };
        check(Query { after: Some(3), ..following.clone() }, &[4, 5]).await;
        check(Query { after: Some(u64::MAX), ..following }, &[]).await;
        handle.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_record_is_found_by_its_id_with_its_exact_text() {
    on_both(async |place| {
        let store = place.open().await;
        let handle = start(place, &store).await;
        let journal = journal(place, "gw");
        let (opening, closing) = (opening(1, "GET /a"), closing(Outcome::Allowed, None));
        let mut expected = Vec::new();
        opening.write_whole(id(7), &closing, &mut expected);
        journal.open(id(7), &opening).await.unwrap();
        let records = Records::new(store.clone(), &ledger_dir(place));
        handle.settle().await.unwrap();
        assert_eq!(records.find(id(7)).await.unwrap(), None);
        journal.close(id(7), &closing).unwrap();
        handle.settle().await.unwrap();
        let found = records.find(id(7)).await.unwrap().unwrap();
        assert_eq!((found.index, found.text.into_bytes()), (0, expected));
        assert_eq!(records.find(id(8)).await.unwrap(), None);
        handle.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_restart_goes_on_where_the_last_run_stopped() {
    on_both(async |place| {
        for run in 0..3_u128 {
            let store = place.open().await;
            let handle = start(place, &store).await;
            let journal = journal(place, &format!("gw-{run}"));
            for number in run * 200..(run + 1) * 200 {
                journal.open(id(number), &opening(1, "GET /a")).await.unwrap();
                if number % 50 != 0 {
                    journal.close(id(number), &closing(Outcome::Allowed, None)).unwrap();
                }
            }
            if run == 1 {
                handle.stop().await.unwrap();
            }
            drop(journal);
            handle.stop().await.err();
            store.close().await;
        }
        let store = place.open().await;
        let handle = start(place, &store).await;
        assert_eq!(handle.size(), 600);
        let records = Records::new(store.clone(), &ledger_dir(place));
        let interrupted =
            Query { outcome: Some(Outcome::Interrupted), limit: 100, ..Query::default() };
        assert_eq!(found(&records, interrupted).await.len(), 12);
        handle.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn keys_remember_when_they_were_last_used() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        tx.keys().insert(&key(5, 1)).await.unwrap();
        tx.save().await.unwrap();
        let handle = start(place, &store).await;
        let journal = journal(place, "gw");
        for (number, seconds) in [(1, 40), (2, 90), (3, 60)] {
            let credential = Some(KeyId::from_bits(5));
            let opening = Opening { credential, time: at(seconds * 1_000), ..opening(1, "GET /a") };
            journal.whole(id(number), &opening, &closing(Outcome::Denied, None)).unwrap();
        }
        let unknown = Opening { credential: Some(KeyId::from_bits(6)), ..opening(1, "GET /a") };
        journal.whole(id(4), &unknown, &closing(Outcome::Denied, None)).unwrap();
        handle.settle().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let found = tx.keys().find(KeyId::from_bits(5)).await.unwrap().unwrap();
        assert_eq!(found.last_used_at, Some(at(90_000)));
        handle.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_ledger_is_checked_and_its_records_are_proven_without_the_server() {
    on_both(async |place| {
        let store = place.open().await;
        let handle = start(place, &store).await;
        let journal = journal(place, "gw");
        for number in 0..300 {
            journal
                .whole(id(number), &opening(1, "GET /a"), &closing(Outcome::Denied, None))
                .unwrap();
        }
        handle.stop().await.unwrap();
        store.close().await;
        let published = Published::at(&ledger_dir(place));
        let key = String::from_utf8(published.file(KEY_PATH).unwrap().unwrap()).unwrap();
        let key: VerifierKey = key.trim_end().parse().unwrap();
        assert_eq!(&key, signer(7).verifier());
        assert_eq!(verify::verify(&published, &key, None).unwrap().size, 300);
        let text = proof::prove(270, &published).unwrap();
        assert_eq!(proof::verify(&text, &key).unwrap().index, 270);
        let bundle = ledger_dir(place).join("tile/entries/001.p/44");
        let mut bytes = std::fs::read(&bundle).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&bundle, bytes).unwrap();
        let broken = verify::verify(&published, &key, None).unwrap_err();
        assert_eq!(broken.first_bad_index(), Some(256 + 22), "{broken}");
    })
    .await;
}

#[tokio::test]
async fn one_sequencer_works_on_a_ledger_and_only_with_its_key() {
    on_both(async |place| {
        let store = place.open().await;
        let handle = start(place, &store).await;
        assert!(Sequencer::start(store.clone(), config(place, 7)).await.is_err());
        handle.stop().await.unwrap();
        assert!(handle.settle().await.is_err());
        assert!(Sequencer::start(store.clone(), config(place, 8)).await.is_err());
        let again = start(place, &store).await;
        again.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_empty_ledger_has_a_checkpoint() {
    on_both(async |place| {
        let store = place.open().await;
        let handle = start(place, &store).await;
        let published = Published::at(&ledger_dir(place));
        let report = verify::verify(&published, signer(7).verifier(), None).unwrap();
        assert_eq!((report.size, handle.size()), (0, 0));
        let records = Records::new(store.clone(), &ledger_dir(place));
        assert_eq!(records.search(&Query::default()).await.unwrap(), []);
        handle.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn after_the_database_was_gone_the_ledger_grows_again() {
    on_both(async |place| {
        let store = place.open().await;
        let handle = start(place, &store).await;
        let journal = journal(place, "gw");
        let whole = |number| {
            journal.whole(id(number), &opening(1, "GET /a"), &closing(Outcome::Denied, None))
        };
        whole(1).unwrap();
        handle.settle().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.execute("ALTER TABLE bundles RENAME TO away", []).await.unwrap();
        tx.save().await.unwrap();
        whole(2).unwrap();
        assert!(handle.settle().await.is_err());
        let mut tx = store.begin().await.unwrap();
        tx.execute("ALTER TABLE away RENAME TO bundles", []).await.unwrap();
        tx.save().await.unwrap();
        handle.settle().await.unwrap();
        assert_eq!(handle.size(), 2);
        let published = Published::at(&ledger_dir(place));
        verify::verify(&published, signer(7).verifier(), None).unwrap();
        handle.stop().await.unwrap();
    })
    .await;
}
