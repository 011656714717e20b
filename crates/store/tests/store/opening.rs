//! Opening a store: what it makes, what it finds again, and what it will not touch.

use std::os::unix::fs::PermissionsExt;

use bailiwick_store::{Fault, Store};

use crate::place::{on_both, on_sqlite};
use crate::samples::agent;

#[tokio::test]
async fn a_file_is_made_for_its_owner_alone() {
    on_sqlite(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        tx.save().await.unwrap();
        for file in std::fs::read_dir(place.path()).unwrap().map(Result::unwrap) {
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_saved_is_there_when_it_is_opened_again() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        tx.save().await.unwrap();
        store.close().await;
        let mut tx = place.open().await.read().await.unwrap();
        assert_eq!(tx.agents().list(None).await.unwrap(), [agent(1)]);
    })
    .await;
}

#[tokio::test]
async fn several_may_open_an_empty_database_at_once() {
    on_both(async |place| {
        let open = || Box::pin(place.open());
        let (one, two, three) = tokio::join!(open(), open(), open());
        for store in [one, two, three] {
            assert!(store.read().await.unwrap().agents().list(None).await.unwrap().is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_database_of_another_version_is_left_alone() {
    for tampering in [
        "INSERT INTO migrations (number, text) VALUES (999999, 'from the future')",
        "UPDATE migrations SET text = 'another text' WHERE number = 1",
        "DELETE FROM migrations WHERE number = 1",
    ] {
        on_both(async |place| {
            let store = place.open().await;
            let mut tx = store.begin().await.unwrap();
            tx.execute(tampering, []).await.unwrap();
            tx.save().await.unwrap();
            store.close().await;
            let opened = Store::open(&place.url, place.path()).await;
            assert!(opened.is_err(), "{tampering}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("garbage.db"), "no database, ".repeat(1_000)).unwrap();
    for url in [
        "",
        "memory",
        "mysql://localhost/x",
        "sqlite:",
        "sqlite:missing/store.db",
        "sqlite:/proc/store.db",
        "sqlite:garbage.db",
    ] {
        let opened = Store::open(url, folder.path()).await;
        assert!(matches!(opened, Err(Fault::Unavailable(_))), "{url}");
    }
}

/// With them every allocation of a connection waits for those of all the others, and a large fleet
/// takes half as long again to load. `.cargo/config.toml` says so to the build of SQLite.
#[tokio::test]
async fn sqlite_is_built_without_statistics_of_its_memory() {
    on_sqlite(async |place| {
        let mut tx = place.open().await.read().await.unwrap();
        let options = tx.fetch("PRAGMA compile_options", []).await.unwrap();
        let mut options = options.iter().map(|row| row.text("compile_options").unwrap());
        assert!(options.any(|option| option == "DEFAULT_MEMSTATUS=0"));
    })
    .await;
}
