//! Searching more records than one entry bundle has.

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::{AgentId, RecordId, TaskId};
use bailiwick_ledger::entry::{DelegationEntry, Opening};
use bailiwick_store::journal::{Durability, Journal};
use bailiwick_store::records::{Order, Query, Records};
use bailiwick_store::sequencer::Sequencer;

use crate::ledger::{closing, config, ledger_dir, opening};
use crate::place::{Place, on_both};
use crate::samples::at;

const COUNT: u64 = 700;

/// Names that a pattern, a comparison without case or an escape could take for one another.
const OPERATIONS: [&str; 8] =
    ["GET /a_b", "GET /a%", "GET /axb", "get /a_b", "GET /\\", "GET /\"", "%", "GET /\u{0}é"];

/// What the record at a place says.
#[derive(Debug, Clone, Copy)]
struct Said {
    agent: u128,
    operation: &'static str,
    code: Option<&'static str>,
    millis: i64,
    person: Option<&'static str>,
}

/// One in 256 or so is rare, so that whole bundles are without it.
fn said(place: u64) -> Said {
    let rare = place == 300 || place == 511;
    Said {
        agent: if rare { 77 } else { u128::from(place % 3) },
        operation: OPERATIONS[usize::try_from(place / 100).unwrap() % OPERATIONS.len()],
        code: place.is_multiple_of(7).then_some("scope_missing"),
        millis: (place * 10).cast_signed(),
        person: place.is_multiple_of(50).then_some("psn_ada"),
    }
}

fn id(place: u64) -> RecordId {
    RecordId::at(at(said(place).millis), u128::from(place))
}

fn write(journal: &Journal, place: u64) {
    let said = said(place);
    let opening = opening(said.agent, said.operation);
    let delegation = DelegationEntry {
        on_behalf_of: said.person,
        task: said.person.map(|_| TaskId::from_bits(u128::from(place / 100))),
        ..DelegationEntry::default()
    };
    let opening = Opening { time: at(said.millis), delegation, ..opening };
    let outcome = if said.code.is_some() { Outcome::Denied } else { Outcome::Allowed };
    journal.whole(id(place), &opening, &closing(outcome, said.code)).unwrap();
}

/// What is to be found, looked up the long way.
fn expected(query: &Query) -> Vec<u64> {
    let met = |place: &u64| {
        let said = said(*place);
        let outcome = if said.code.is_some() { Outcome::Denied } else { Outcome::Allowed };
        query.agent.is_none_or(|agent| agent == AgentId::from_bits(said.agent))
            && query.code.as_deref().is_none_or(|code| said.code == Some(code))
            && query.outcome.is_none_or(|asked| asked == outcome)
            && query.since.is_none_or(|since| at(said.millis) >= since)
            && query.on_behalf_of.as_deref().is_none_or(|it| said.person == Some(it))
            && query.task.is_none_or(|task| {
                said.person.is_some() && task == TaskId::from_bits(u128::from(place / 100))
            })
            && query.api.as_deref().is_none_or(|api| api == "acme")
            && query.operation.as_deref().is_none_or(|it| it == said.operation)
    };
    let limit = usize::try_from(query.limit).unwrap();
    match query.order {
        Order::OldestFirst => {
            let first = query.after.map_or(0, |after| after.saturating_add(1));
            (first..COUNT).filter(met).take(limit).collect()
        }
        Order::NewestFirst => {
            let end = query.after.unwrap_or(COUNT).min(COUNT);
            (0..end).rev().filter(met).take(limit).collect()
        }
    }
}

async fn on_a_ledger(scenario: impl AsyncFn(&Records)) {
    on_both(async |place: &Place| {
        let store = place.open().await;
        let handle = Sequencer::start(store.clone(), config(place, 7)).await.unwrap();
        let journals = place.path().join("journal");
        let journal = Journal::create(&journals, "gw", Durability::Process).unwrap();
        for number in 0..COUNT {
            write(&journal, number);
            if [1, 255, 300, 512].contains(&number) {
                handle.settle().await.unwrap();
            }
        }
        handle.settle().await.unwrap();
        scenario(&Records::new(store.clone(), &ledger_dir(place))).await;
        handle.stop().await.unwrap();
    })
    .await;
}

fn queries() -> Vec<Query> {
    let all = || Query { limit: 1_000, ..Query::default() };
    let mut queries = vec![
        all(),
        Query { agent: Some(AgentId::from_bits(1)), ..all() },
        Query { agent: Some(AgentId::from_bits(77)), ..all() },
        Query { agent: Some(AgentId::from_bits(78)), ..all() },
        Query { code: Some("scope_missing".into()), ..all() },
        Query { code: Some("scope_m%".into()), ..all() },
        Query { outcome: Some(Outcome::Allowed), ..all() },
        Query { outcome: Some(Outcome::Failed), ..all() },
        Query { since: Some(at(2_555)), ..all() },
        Query { since: Some(at(7_000)), ..all() },
        Query { api: Some("acme".into()), ..all() },
        Query { api: Some("a_me".into()), ..all() },
        Query { on_behalf_of: Some("psn_ada".into()), ..all() },
        Query { on_behalf_of: Some("psn_a".into()), ..all() },
        Query { task: Some(TaskId::from_bits(2)), ..all() },
        Query { task: Some(TaskId::from_bits(77)), ..all() },
        Query { agent: Some(AgentId::from_bits(77)), code: Some("scope_missing".into()), ..all() },
    ];
    for operation in OPERATIONS.into_iter().chain(["GET /a__", "GET", "", "\"", "GET /\u{0}"]) {
        queries.push(Query { operation: Some(operation.into()), ..all() });
    }
    queries
}

#[tokio::test]
async fn what_matches_is_found_in_either_order_wherever_one_goes_on() {
    on_a_ledger(async |records| {
        for query in queries() {
            for order in [Order::NewestFirst, Order::OldestFirst] {
                for after in [None, Some(0), Some(255), Some(256), Some(257), Some(u64::MAX)] {
                    let query = Query { order, after, ..query.clone() };
                    let found = records.search(&query).await.unwrap();
                    let found: Vec<u64> = found.iter().map(|found| found.index).collect();
                    assert_eq!(found, expected(&query), "{query:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn pages_of_any_size_make_the_whole() {
    on_a_ledger(async |records| {
        for order in [Order::NewestFirst, Order::OldestFirst] {
            for limit in [1, 100, 256, 257] {
                let agent = Some(AgentId::from_bits(if limit == 1 { 77 } else { 1 }));
                let mut query = Query { order, limit, agent, ..Query::default() };
                let whole = expected(&Query { limit: 1_000, ..query.clone() });
                let mut found = Vec::new();
                loop {
                    let page = records.search(&query).await.unwrap();
                    let Some(last) = page.last() else { break };
                    query.after = Some(last.index);
                    found.extend(page.iter().map(|found| found.index));
                }
                assert_eq!(found, whole, "{order:?} {limit}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn each_record_is_found_by_its_id_and_no_other_is() {
    on_a_ledger(async |records| {
        for place in [0, 1, 254, 255, 256, 300, 511, 512, 513, COUNT - 1] {
            let found = records.find(id(place)).await.unwrap();
            assert_eq!(found.map(|found| found.index), Some(place));
        }
        for unknown in [
            RecordId::from_bits(1),
            RecordId::from_bits(u128::MAX),
            RecordId::at(at(3_000), 1),
            RecordId::at(at(2_555), 0),
        ] {
            assert_eq!(records.find(unknown).await.unwrap(), None, "{unknown}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_that_was_open_for_long_is_found_by_its_old_id() {
    on_both(async |place: &Place| {
        let store = place.open().await;
        let handle = Sequencer::start(store.clone(), config(place, 7)).await.unwrap();
        let journals = place.path().join("journal");
        let journal = Journal::create(&journals, "gw", Durability::Process).unwrap();
        let old = |number: u64| RecordId::at(at(number.cast_signed() * 2_000), 5);
        // Two bundles of which one has as many old ids as fit apart and one has more.
        let mut expected = Vec::new();
        for (bundle, many) in [(0, 30), (1, 200)] {
            for number in 0..256_u64 {
                let slow = number < many;
                let late = RecordId::at(at(10_000_000 + number.cast_signed()), u128::from(bundle));
                let id = if slow { old(bundle * 1_000 + number) } else { late };
                journal.open(id, &opening(1, "GET /a")).await.unwrap();
                journal.close(id, &closing(Outcome::Allowed, None)).unwrap();
                expected.push(id);
            }
        }
        handle.settle().await.unwrap();
        let records = Records::new(store.clone(), &ledger_dir(place));
        for (index, id) in (0..).zip(expected) {
            let found = records.find(id).await.unwrap();
            assert_eq!(found.map(|found| found.index), Some(index));
        }
        assert_eq!(records.find(old(500)).await.unwrap(), None);
        handle.stop().await.unwrap();
    })
    .await;
}
