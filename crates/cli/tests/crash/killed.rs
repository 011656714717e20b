//! `kill -9` in the middle of a load.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_testkit::raw;
use bailiwick_testkit::upstream::Upstream;
use serde_json::Value;

use crate::installation::Installation;

/// Every record of the ledger: its outcome by its id.
fn outcomes(found: &Value) -> BTreeMap<String, String> {
    let records = found["records"].as_array().or(found.as_array()).unwrap();
    let records = records.iter().map(|found| found.get("record").unwrap_or(found));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    records.map(|record| (text(&record["id"]), text(&record["decision"]["outcome"]))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_gateway_has_a_record_of_everything_that_reached_the_upstream() {
    let upstream = Upstream::start().await;
    let mut installation = Installation::new(&upstream);
    let server = installation.serve("");
    installation.enroll(&server);
    let installation = Arc::new(installation);
    let held = installation.signed(&server, "/acme/never", 0);
    let gateway = server.gateway;
    let open = tokio::spawn(async move { raw::send(gateway, &held).await });
    let load: Vec<Vec<Vec<u8>>> = (1..=8)
        .map(|caller| {
            let numbers = (caller * 1_000)..(caller * 1_000 + 200);
            numbers.map(|number| installation.signed(&server, "/acme/tickets", number)).collect()
        })
        .collect();
    let callers: Vec<_> = load
        .into_iter()
        .map(|requests| {
            tokio::spawn(async move {
                for request in requests {
                    if raw::send(gateway, &request).await.status == 0 {
                        break;
                    }
                }
            })
        })
        .collect();
    while upstream.seen().len() < 300 {
        tokio::task::yield_now().await;
    }
    server.kill();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(open.await.unwrap().status, 0);
    let server = installation.serve("");
    let found = outcomes(&installation.ask(&server, &["audit", "search", "--limit", "1000"]));
    let seen = upstream.seen();
    let ids = seen.iter().map(|seen| seen.headers["x-request-id"].to_str().unwrap());
    let lost: Vec<_> = ids.filter(|id| !found.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{} of {} requests have no record", lost.len(), seen.len());
    let never = seen.iter().find(|seen| seen.target == "/never").unwrap();
    assert_eq!(found[never.headers["x-request-id"].to_str().unwrap()], "interrupted");
    server.kill();
    check_the_ledger(&installation);
}

/// With no server: the ledger verifies, and after one flipped byte it says where it does not.
fn check_the_ledger(installation: &Installation) {
    let ledger = installation.path("data/ledger");
    let directory = ledger.to_str().unwrap();
    let verified = installation.run(&["audit", "verify", "--dir", directory]);
    assert!(verified.status.success(), "{verified:?}");
    let bundle = ledger.join("tile/entries/000");
    let mut bytes = std::fs::read(&bundle).unwrap();
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let broken = installation.run(&["audit", "verify", "--dir", directory]);
    assert_eq!(broken.status.code(), Some(1), "{broken:?}");
    let said = format!("{broken:?}");
    assert!(said.contains("index"), "{said}");
}
