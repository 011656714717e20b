//! What was done by a grant and all below it, in more records than one entry bundle has.

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::{GrantId, PersonId, RecordId};
use bailiwick_ledger::entry::{DelegationEntry, Opening};
use bailiwick_store::journal::{Durability, Journal};
use bailiwick_store::records::{Records, Under};
use bailiwick_store::sequencer::Sequencer;

use crate::grants::{grant, with_grants};
use crate::ledger::{closing, config, ledger_dir, opening};
use crate::place::{Place, on_both};
use crate::samples::at;

const COUNT: u64 = 700;

fn ada() -> PersonId {
    PersonId::from_bits(1)
}

/// By which grant the record at a place was done, and for whom. Grant 1 is Ada's, 2 and 3 are below
/// it, 4 is another of hers; a record of the same grant that speaks of another is not hers.
fn said(place: u64) -> (Option<u128>, PersonId, Outcome) {
    let other = PersonId::from_bits(2);
    let (grant, person) = match place {
        300 | 511 => (Some(3), ada()),
        600 => (Some(1), other),
        _ if place.is_multiple_of(90) => (Some(2), ada()),
        _ if place < 20 => (Some(1), ada()),
        _ if place.is_multiple_of(5) => (Some(4), ada()),
        _ => (None, other),
    };
    let outcome = if place.is_multiple_of(2) { Outcome::Allowed } else { Outcome::Denied };
    (grant, person, outcome)
}

fn write(journal: &Journal, place: u64) {
    let (grant, person, outcome) = said(place);
    let person = person.to_string();
    let delegation = DelegationEntry {
        grant: grant.map(GrantId::from_bits),
        on_behalf_of: Some(&person),
        ..DelegationEntry::default()
    };
    let time = at((place * 10).cast_signed());
    let opening = Opening { time, delegation, ..opening(1, "GET /tickets") };
    let id = RecordId::at(time, u128::from(place));
    journal.whole(id, &opening, &closing(outcome, None)).unwrap();
}

fn expected(grants: &[u128], after: u64) -> Vec<u64> {
    let met = |place: &u64| {
        let (grant, person, _) = said(*place);
        person == ada() && grant.is_some_and(|grant| grants.contains(&grant))
    };
    (0..COUNT.min(after)).rev().filter(met).collect()
}

async fn on_a_ledger(scenario: impl AsyncFn(&Records)) {
    on_both(async |place: &Place| {
        let hers = |id, parent| Grant { person: Some(ada()), ..grant(id, parent) };
        let all = [hers(1, None), hers(2, Some(1)), hers(3, Some(2)), hers(4, None)];
        let store = with_grants(place, &all).await;
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

#[tokio::test]
async fn what_was_done_by_a_grant_and_below_it_is_found_and_nothing_else() {
    on_a_ledger(async |records| {
        for (grant, all) in [(1, &[1, 2, 3][..]), (2, &[2, 3]), (3, &[3]), (4, &[4]), (5, &[])] {
            for after in [None, Some(0), Some(256), Some(301), Some(u64::MAX)] {
                let grant = GrantId::from_bits(grant);
                let under = Under { grant, person: ada(), after, limit: 1_000 };
                let found = records.search_under(&under).await.unwrap();
                let found: Vec<u64> = found.iter().map(|found| found.index).collect();
                assert_eq!(found, expected(all, after.unwrap_or(COUNT)), "{under:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn pages_of_what_was_done_make_the_whole() {
    on_a_ledger(async |records| {
        for limit in [1, 3, 50] {
            let mut under =
                Under { grant: GrantId::from_bits(1), person: ada(), after: None, limit };
            let mut whole = Vec::new();
            loop {
                let page = records.search_under(&under).await.unwrap();
                let Some(last) = page.last() else { break };
                under.after = Some(last.index);
                whole.extend(page.iter().map(|found| found.index));
            }
            assert_eq!(whole, expected(&[1, 2, 3], COUNT), "{limit}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_done_is_counted_by_how_it_ended() {
    on_a_ledger(async |records| {
        let count = |grants: &[u128], asked: Outcome| {
            let by = |place: &u64| {
                let (grant, _, outcome) = said(*place);
                outcome == asked && grant.is_some_and(|grant| grants.contains(&grant))
            };
            u64::try_from((0..COUNT).filter(by).count()).unwrap()
        };
        for (grant, all) in [(1, &[1, 2, 3][..]), (2, &[2, 3]), (4, &[4])] {
            let counted = records.count_under(GrantId::from_bits(grant)).await.unwrap();
            let [allowed, denied] = [Outcome::Allowed, Outcome::Denied].map(|it| count(all, it));
            let expected = [("allowed".to_owned(), allowed), ("denied".to_owned(), denied)];
            assert_eq!(counted, expected, "{grant}");
        }
        assert_eq!(records.count_under(GrantId::from_bits(9)).await.unwrap(), []);
    })
    .await;
}
