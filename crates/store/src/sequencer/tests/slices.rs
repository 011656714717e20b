//! What is read a little at a time.

use super::*;
use crate::sequencer::batch::Batch;
use crate::sequencer::bundle::Bundle;

#[tokio::test]
async fn a_slice_has_as_many_records_as_it_may_and_writes_only_what_is_full() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 20_000);
    for number in 0..300 {
        journal.whole(id(number), &opening(), &closing(Outcome::Denied)).unwrap();
    }
    let mut sequence = world.resume().await.unwrap();
    let is_there = |name: &str| world.ledger().join(name).exists();
    assert!(sequence.gather(100).unwrap());
    assert_eq!((sequence.waiting(), is_there("tile")), (100, false));
    assert!(sequence.gather(156).unwrap());
    assert_eq!((sequence.waiting(), is_there("tile/0/000")), (256, true));
    assert!(!sequence.gather(100).unwrap());
    assert_eq!((sequence.waiting(), is_there("tile/0/001.p/44")), (300, false));
    let (batch, full) = sequence.seal().unwrap();
    assert_eq!((batch.len(), full.len(), sequence.waiting()), (300, 2, 0));
    assert!(is_there("tile/0/001.p/44"));
    world.whole_turn().await;
    let expected: Vec<(u128, &str)> = (0..300).map(|number| (number, "denied")).collect();
    world.check(&expected).await;
}

#[test]
fn a_full_batch_ends_where_an_entry_bundle_ends() {
    let mut record = Vec::new();
    opening().write_whole(id(1), &closing(Outcome::Denied), &mut record);
    for first in [0, 1, 255, 256, 1_000] {
        let mut batch = Batch::at(first, Bundle::default());
        while batch.has_room() {
            batch.add(id(1), &record);
        }
        let size = first + u64::try_from(batch.len()).unwrap();
        assert!(batch.is_full() && size.is_multiple_of(256), "{first}: {size}");
    }
}
