use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::rc::Rc;

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::entry::{Decided, DelegationEntry, Labels};
use tempfile::TempDir;

use super::frame::{Absent, decode};
use super::*;

fn opening() -> Opening<'static> {
    Opening {
        time: Timestamp::from_seconds(1_700_000_000),
        node: "gw",
        agent: None,
        credential: None,
        token: None,
        delegation: DelegationEntry::default(),
        strength: None,
        api: None,
        operation: None,
        path_template: None,
        method: "GET",
        resource: "/tickets",
        query: None,
        gen_ai: None,
        scopes_used: None,
        address: IpAddr::from([127, 0, 0, 1]),
        user_agent: None,
        trace: None,
        via: None,
    }
}

fn closing() -> Closing<'static> {
    Closing {
        outcome: Outcome::Allowed,
        code: None,
        decided: Decided::default(),
        status: Some(200),
        request: None,
        response: None,
        labels: Labels::default(),
        duration_us: 9,
    }
}

fn id(number: u128) -> RecordId {
    RecordId::from_bits(number)
}

fn files(directory: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The steps that are in a file, each as its kind and id.
fn steps(path: &Path) -> Vec<(Kind, u128)> {
    let bytes = fs::read(path).unwrap();
    let mut rest = bytes.as_slice();
    let mut steps = Vec::new();
    loop {
        match decode(rest) {
            Ok(frame) => {
                steps.push((frame.kind, frame.id.bits()));
                rest = &rest[frame.bytes..];
            }
            Err(absent) => {
                assert_eq!((absent, rest), (Absent::Cut, [].as_slice()));
                return steps;
            }
        }
    }
}

#[tokio::test]
async fn each_step_is_in_the_file_when_the_call_returns() {
    let directory = tempfile::tempdir().unwrap();
    for durability in [Durability::Process, Durability::Disk] {
        let name = format!("gw-{durability:?}-0");
        let journal = Journal::create(directory.path(), &name, durability).unwrap();
        let path = directory.path().join(format!("{name}-00000001.log"));
        journal.open(id(1), &opening()).await.unwrap();
        assert_eq!(steps(&path), [(Kind::Opening, 1)]);
        journal.close(id(1), &closing()).unwrap();
        journal.whole(id(2), &opening(), &closing()).unwrap();
        let expected = [(Kind::Opening, 1), (Kind::Closing, 1), (Kind::Whole, 2)];
        assert_eq!(steps(&path), expected);
    }
}

#[tokio::test]
async fn many_wait_for_the_disk_together() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Rc::new(Journal::create(directory.path(), "gw", Durability::Disk).unwrap());
    let mut waiting = tokio::task::JoinSet::new();
    let local = tokio::task::LocalSet::new();
    for number in 0..64 {
        let journal = Rc::clone(&journal);
        let open = async move { journal.open(id(number), &opening()).await };
        waiting.spawn_local_on(open, &local);
    }
    for opened in local.run_until(waiting.join_all()).await {
        opened.unwrap();
    }
    assert_eq!(steps(&files(&directory)[0]).len(), 64);
}

#[tokio::test]
async fn a_full_file_is_followed_by_the_next_and_only_that_is_locked() {
    let directory = tempfile::tempdir().unwrap();
    let journal =
        Journal::create_in_segments(directory.path(), "gw", Durability::Process, 600).unwrap();
    for number in 0..6 {
        journal.whole(id(number), &opening(), &closing()).unwrap();
    }
    let files = files(&directory);
    assert!(files.len() > 1);
    let written: Vec<_> = files.iter().flat_map(|path| steps(path)).collect();
    assert_eq!(written, (0..6).map(|number| (Kind::Whole, number)).collect::<Vec<_>>());
    let (last, before) = files.split_last().unwrap();
    assert!(before.iter().all(|path| fs::File::open(path).unwrap().try_lock().is_ok()));
    assert!(fs::File::open(last).unwrap().try_lock().is_err());
    drop(journal);
    assert!(fs::File::open(last).unwrap().try_lock().is_ok());
}

#[test]
fn a_name_that_would_lead_elsewhere_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["", "../gw", "a/b", ".hidden", "a b", "gw\n", "é", &"x".repeat(201)] {
        let made = Journal::create(directory.path(), name, Durability::Process);
        assert!(matches!(made, Err(Fault::Name(_))), "{name}");
    }
    assert!(files(&directory).is_empty());
}

#[test]
fn a_name_that_was_used_before_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(Journal::create(directory.path(), "gw", Durability::Process).unwrap());
    let again = Journal::create(directory.path(), "gw", Durability::Process);
    assert!(matches!(again, Err(Fault::Unwritable(_))));
}

#[test]
fn without_its_directory_nothing_is_journaled() {
    let directory = tempfile::tempdir().unwrap();
    let made = Journal::create(&directory.path().join("gone"), "gw", Durability::Process);
    assert!(matches!(made, Err(Fault::Unwritable(_))));
}

/// A journal whose first file is a device.
fn over(device: &str, durability: Durability, directory: &TempDir) -> Journal {
    let journal = Journal::create(directory.path(), "gw", durability).unwrap();
    let file = fs::OpenOptions::new().append(true).open(device).unwrap();
    journal.writer.borrow_mut().segment = Segment::over(file, durability).unwrap();
    journal
}

#[tokio::test]
async fn on_a_full_disk_the_request_is_refused_and_the_next_begins_a_fresh_file() {
    let directory = tempfile::tempdir().unwrap();
    let journal = over("/dev/full", Durability::Process, &directory);
    let refused = journal.open(id(1), &opening()).await;
    assert!(
        matches!(refused, Err(Fault::Unwritable(it)) if it.kind() == io::ErrorKind::StorageFull)
    );
    journal.open(id(2), &opening()).await.unwrap();
    assert_eq!(steps(&directory.path().join("gw-00000002.log")), [(Kind::Opening, 2)]);
}

#[tokio::test]
async fn a_failed_flush_refuses_the_request_and_the_file_is_not_written_again() {
    let directory = tempfile::tempdir().unwrap();
    let journal = over("/dev/null", Durability::Disk, &directory);
    assert!(matches!(journal.open(id(1), &opening()).await, Err(Fault::Unwritable(_))));
    journal.open(id(2), &opening()).await.unwrap();
    assert_eq!(steps(&directory.path().join("gw-00000002.log")), [(Kind::Opening, 2)]);
}

#[tokio::test]
async fn when_no_fresh_file_can_be_made_every_request_is_refused_until_one_can() {
    let directory = tempfile::tempdir().unwrap();
    let journals = directory.path().join("journal");
    fs::create_dir(&journals).unwrap();
    let journal = Journal::create_in_segments(&journals, "gw", Durability::Process, 1).unwrap();
    journal.whole(id(1), &opening(), &closing()).unwrap();
    fs::rename(&journals, directory.path().join("away")).unwrap();
    for number in 2..4 {
        let refused = journal.open(id(number), &opening()).await;
        assert!(matches!(refused, Err(Fault::Unwritable(_))));
    }
    fs::create_dir(&journals).unwrap();
    journal.open(id(4), &opening()).await.unwrap();
}

#[test]
fn names_of_files_read_back_and_others_are_passed_over() {
    let named = Named { series: "gw-1-2".into(), number: 3 };
    assert_eq!(named.file_name(), "gw-1-2-00000003.log");
    assert_eq!(Named::parse("gw-1-2-00000003.log"), Some(named));
    for name in ["gw-3.log", "gw-00000003.new", "gw.log", "gw-0000000x.log", ".lock", ""] {
        assert_eq!(Named::parse(name), None, "{name}");
    }
}
