//! What becomes of journal files.

use std::io::Write;

use super::*;

#[tokio::test]
async fn a_record_is_sequenced_once_it_is_closed() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1 << 20);
    journal.open(id(1), &opening()).await.unwrap();
    journal.whole(id(2), &opening(), &closing(Outcome::Denied)).unwrap();
    world.whole_turn().await;
    world.check(&[(2, "denied")]).await;
    journal.close(id(1), &closing(Outcome::Allowed)).unwrap();
    world.whole_turn().await;
    world.check(&[(1, "allowed"), (2, "denied")]).await;
}

#[tokio::test]
async fn a_living_writer_keeps_its_file_and_its_open_records() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1 << 20);
    journal.open(id(1), &opening()).await.unwrap();
    world.whole_turn().await;
    world.kill();
    world.whole_turn().await;
    world.check(&[]).await;
    assert_eq!(world.journal_files(), ["gw-00000001.log"]);
}

#[tokio::test]
async fn what_a_dead_writer_left_open_is_interrupted_and_its_file_goes() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1 << 20);
    journal.open(id(2), &opening()).await.unwrap();
    journal.open(id(1), &opening()).await.unwrap();
    journal.open(id(3), &opening()).await.unwrap();
    journal.close(id(3), &closing(Outcome::Allowed)).unwrap();
    drop(journal);
    world.whole_turn().await;
    world.check(&[(1, "interrupted"), (2, "interrupted"), (3, "allowed")]).await;
    assert!(world.journal_files().is_empty());
}

#[tokio::test]
async fn a_record_opened_in_one_file_is_closed_in_a_later_one() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1);
    for number in 1..4 {
        journal.open(id(number), &opening()).await.unwrap();
    }
    world.whole_turn().await;
    assert_eq!(world.journal_files(), ["gw-00000003.log"]);
    world.kill();
    journal.close(id(1), &closing(Outcome::Allowed)).unwrap();
    world.whole_turn().await;
    world.check(&[(1, "allowed")]).await;
    world.kill();
    journal.close(id(3), &closing(Outcome::Failed)).unwrap();
    drop(journal);
    world.whole_turn().await;
    world.check(&[(1, "allowed"), (2, "interrupted"), (3, "failed")]).await;
    assert!(world.journal_files().is_empty());
    world.kill();
    world.whole_turn().await;
    world.check(&[(1, "allowed"), (2, "interrupted"), (3, "failed")]).await;
}

#[tokio::test]
async fn writers_do_not_mix_up_each_others_records() {
    let mut world = World::new().await;
    let (one, two) = (world.journal("gw-0", 600), world.journal("gw-1", 900));
    let mut expected = Vec::new();
    for number in 0..40 {
        let (journal, outcome) =
            if number % 3 == 0 { (&one, Outcome::Allowed) } else { (&two, Outcome::Failed) };
        journal.open(id(number), &opening()).await.unwrap();
        if number % 7 == 0 {
            world.whole_turn().await;
        }
        journal.close(id(number), &closing(outcome)).unwrap();
        expected.push((number, outcome.as_str()));
    }
    world.whole_turn().await;
    world.check(&expected).await;
}

#[tokio::test]
async fn a_refusal_after_an_opening_takes_its_place() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1);
    journal.open(id(1), &opening()).await.unwrap();
    journal.open(id(2), &opening()).await.unwrap();
    world.whole_turn().await;
    journal.whole(id(1), &opening(), &closing(Outcome::Denied)).unwrap();
    journal.whole(id(2), &opening(), &closing(Outcome::Denied)).unwrap();
    drop(journal);
    world.whole_turn().await;
    world.check(&[(1, "denied"), (2, "denied")]).await;
}

#[tokio::test]
async fn a_record_that_is_opened_twice_is_one_record() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1);
    for number in [1, 2, 1, 2, 1] {
        journal.open(id(number), &opening()).await.unwrap();
        world.whole_turn().await;
    }
    world.kill();
    journal.close(id(1), &closing(Outcome::Allowed)).unwrap();
    drop(journal);
    world.whole_turn().await;
    world.kill();
    world.whole_turn().await;
    world.check(&[(1, "allowed"), (2, "interrupted")]).await;
}

#[tokio::test]
async fn a_closing_without_an_opening_is_passed_over() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1 << 20);
    journal.close(id(1), &closing(Outcome::Allowed)).unwrap();
    journal.whole(id(2), &opening(), &closing(Outcome::Denied)).unwrap();
    journal.close(id(2), &closing(Outcome::Allowed)).unwrap();
    world.whole_turn().await;
    world.check(&[(2, "denied")]).await;
}

fn one_record_and(world: &World, tail: &[u8]) {
    let journal = world.journal("gw", 1 << 20);
    journal.whole(id(1), &opening(), &closing(Outcome::Denied)).unwrap();
    let path = world.journals().join("gw-00000001.log");
    fs::OpenOptions::new().append(true).open(path).unwrap().write_all(tail).unwrap();
    drop(journal);
}

#[tokio::test]
async fn a_step_that_was_cut_off_is_not_a_step() {
    let mut world = World::new().await;
    one_record_and(&world, &[0, 0, 0, 99, 1, 2, 3]);
    world.whole_turn().await;
    world.check(&[(1, "denied")]).await;
    assert!(world.journal_files().is_empty());
}

#[tokio::test]
async fn a_file_with_damage_in_it_is_kept_aside() {
    for reach in [Reach::Saved, Reach::Swept] {
        let mut world = World::new().await;
        one_record_and(&world, &[0; 64]);
        world.turn(reach).await.unwrap();
        world.kill();
        world.whole_turn().await;
        world.check(&[(1, "denied")]).await;
        assert_eq!(world.journal_files(), ["gw-00000001.damaged"]);
    }
}

#[tokio::test]
async fn other_files_in_the_directory_are_left_alone() {
    let mut world = World::new().await;
    fs::write(world.journals().join("notes.txt"), b"mine").unwrap();
    fs::write(world.journals().join("gw-00000001.new"), b"").unwrap();
    world.whole_turn().await;
    assert_eq!(world.journal_files(), ["gw-00000001.new", "notes.txt"]);
}

#[tokio::test]
async fn a_file_that_someone_deleted_does_not_stop_the_ledger() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1);
    journal.open(id(1), &opening()).await.unwrap();
    journal.whole(id(2), &opening(), &closing(Outcome::Denied)).unwrap();
    world.whole_turn().await;
    for file in world.journal_files() {
        fs::remove_file(world.journals().join(file)).unwrap();
    }
    drop(journal);
    for _ in 0..3 {
        world.whole_turn().await;
        world.kill();
    }
    world.check(&[(1, "interrupted"), (2, "denied")]).await;
}
