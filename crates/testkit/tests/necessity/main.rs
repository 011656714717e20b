//! One request that passes; and for each check the smallest change that only that check refuses. A
//! check without such a change, and a denial that no change produces, fail here.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod changes;
mod granted;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;
use changes::{CHANGES, Change};
use granted::GRANTED;

fn every() -> impl Iterator<Item = &'static Change> {
    CHANGES.iter().chain(GRANTED)
}

fn crate_folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src")
}

/// Checks whose refusal needs a machine in a state that a request cannot bring about, and the test
/// that brings it about.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("record", "../cli/tests/crash/full_disk.rs", "a_request_that_cannot_be_recorded_is_refused"),
    (
        "workload",
        "tests/ways/workload.rs",
        "claims_that_fit_no_rule_or_are_not_for_here_are_refused",
    ),
];

/// Denials that no request gets that passes through the gateway, and the test in which one does.
const DENIED_ELSEWHERE: &[(&str, &str, &str)] = &[(
    "not_in_line",
    "tests/beside/bodies.rs",
    "a_body_that_does_not_come_along_is_not_vouched_for",
)];

#[tokio::test]
async fn the_golden_request_passes() {
    let world = World::begin().await;
    let golden = changes::golden();
    let reply = world.send(&golden.digested().signed(&world.proof())).await;
    assert_eq!(reply.verdict(), "200");
    assert_eq!(world.upstream.seen().len(), 1);
}

#[tokio::test]
async fn each_smallest_change_is_refused_with_its_own_code() {
    for Change { check, code, make } in every() {
        let (world, ask) = make().await;
        let reply = world.send(&ask).await;
        assert_eq!(reply.code().as_deref(), Some(*code), "{check}: {}", reply.verdict());
        let title = reply.problem();
        assert!(title.get("title").is_some() && title.get("request_id").is_some(), "{title}");
        let forwarded = ["upstream_failed", "upstream_timeout"].contains(code);
        let reached = world.upstream.seen().iter().filter(|seen| seen.body != "warm-up").count();
        assert!(
            forwarded || reached <= changes::honest_before(code),
            "{code} reached the upstream"
        );
    }
}

#[test]
fn every_check_has_a_change_that_it_refuses() {
    let files = fs::read_dir(crate_folder("gateway").join("check")).unwrap();
    let stems = files.map(|file| file.unwrap().path().file_stem().unwrap().to_owned());
    let checks: BTreeSet<String> = stems.map(|stem| stem.into_string().unwrap()).collect();
    let mut covered: BTreeSet<String> = every().map(|change| change.check.to_owned()).collect();
    for (check, file, test) in ELSEWHERE {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        assert!(source.unwrap_or_default().contains(test), "{check}: {file} has no {test}");
        covered.insert((*check).to_owned());
    }
    let uncovered: Vec<_> = checks.difference(&covered).collect();
    assert!(uncovered.is_empty(), "checks that refuse nothing: {uncovered:?}");
}

#[test]
fn every_denial_is_produced_by_a_change() {
    let source = fs::read_to_string(crate_folder("domain").join("denial.rs")).unwrap();
    let body = source.split("pub const fn code(&self)").nth(1).unwrap();
    let body = body.split("pub const fn title").next().unwrap();
    let codes: BTreeSet<&str> =
        body.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(codes.len() > 25, "the list of codes was found: {codes:?}");
    let mut produced: BTreeSet<&str> = every().map(|change| change.code).collect();
    for (code, file, test) in DENIED_ELSEWHERE {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        assert!(source.unwrap_or_default().contains(test), "{code}: {file} has no {test}");
        produced.insert(code);
    }
    let never: Vec<_> = codes.difference(&produced).collect();
    assert!(never.is_empty(), "denials that no request gets: {never:?}");
    let unknown: Vec<_> = produced.difference(&codes).collect();
    assert!(unknown.is_empty(), "codes that are not denials: {unknown:?}");
}

#[tokio::test]
async fn a_refused_request_spends_neither_its_nonce_nor_its_limit() {
    let world = World::begin().await;
    world.change_agent(|agent| agent.scopes = "tickets:read".parse().unwrap()).await;
    let ask = Ask::new("POST", "/acme/refunds").json("{}").digested().signed(&world.proof());
    for _ in 0..5 {
        assert_eq!(world.send(&ask).await.verdict(), "403 scope_missing");
    }
    world.change_agent(|_| {}).await;
    assert_eq!(world.send(&ask).await.verdict(), "200");
    assert_eq!(world.send(&ask).await.verdict(), "401 nonce_replayed");
    let again = Ask::new("POST", "/acme/refunds").json("{}").digested().signed(&world.proof());
    assert_eq!(world.send(&again).await.verdict(), "200", "the replay took nothing from the limit");
    let third = Ask::new("POST", "/acme/refunds").json("{}").digested().signed(&world.proof());
    assert_eq!(world.send(&third).await.verdict(), "429 rate_limited");
}
