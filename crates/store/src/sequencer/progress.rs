//! What the database knows of the ledger: its size and root, and how far each journal was read.

use bailiwick_ledger::merkle::Hash;

use super::batch::{Batch, Carried};
use super::bundle::{Bundle, COLUMNS, USE_COLUMNS};
use super::cursor::{FileState, State};
use crate::db::Store;
use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// How far the ledger has come.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) size: u64,
    pub(super) root: String,
    pub(super) files: Vec<FileState>,
    pub(super) carried: Vec<Carried>,
}

impl Progress {
    /// Reads it.
    pub(super) async fn load(store: &Store) -> Result<Self, Fault> {
        let mut tx = store.read().await?;
        let row = tx.fetch_first("SELECT size, root FROM ledger WHERE id = 1", []).await?;
        let row = row.ok_or_else(|| Fault::corrupt("no ledger"))?;
        let files = tx.fetch("SELECT name, low, high, state FROM journal_files", []).await?;
        let carried = tx.fetch("SELECT id, series, text FROM journal_openings", []).await?;
        Ok(Self {
            size: offset(&row, "size")?,
            root: row.text("root")?.to_owned(),
            files: files.iter().map(read_file).collect::<Result<_, _>>()?,
            carried: carried.iter().map(read_carried).collect::<Result<_, _>>()?,
        })
    }
}

fn offset(row: &Row, column: &str) -> Result<u64, Fault> {
    u64::try_from(row.int(column)?).map_err(Fault::corrupt)
}

fn read_file(row: &Row) -> Result<FileState, Fault> {
    Ok(FileState {
        name: row.text("name")?.to_owned(),
        low: offset(row, "low")?,
        high: offset(row, "high")?,
        state: State::parse(row.text("state")?)?,
    })
}

fn read_carried(row: &Row) -> Result<Carried, Fault> {
    Ok(Carried {
        id: row.parsed("id")?,
        series: row.text("series")?.to_owned(),
        text: row.text("text")?.as_bytes().into(),
    })
}

/// A root as the database keeps it.
pub(super) fn root_text(root: &Hash) -> String {
    let mut digits = Vec::new();
    bailiwick_ledger::canonical::hex(root, &mut digits);
    String::from_utf8_lossy(&digits).into_owned()
}

/// Says in one transaction what a batch has changed; after it the ledger has this root.
pub(super) async fn save(store: &Store, batch: &mut Batch, root: &Hash) -> Result<(), Fault> {
    let mut tx = store.begin_append().await?;
    if batch.len() > 0 {
        grow(&mut tx, batch, root).await?;
        save_bundles(&mut tx, &batch.bundles).await?;
        tx.keys().touch(&batch.uses.list()).await?;
    }
    save_files(&mut tx, batch).await?;
    save_carried(&mut tx, batch).await?;
    tx.save().await.map(drop)
}

/// Moves the ledger from the size this batch begins at: two sequencers cannot both do that.
async fn grow(tx: &mut Tx, batch: &Batch, root: &Hash) -> Result<(), Fault> {
    let before = i64::try_from(batch.first).map_err(Fault::corrupt)?;
    let more = i64::try_from(batch.len()).map_err(Fault::corrupt)?;
    let sql = "UPDATE ledger SET size = $1, root = $2 WHERE id = 1 AND size = $3";
    let values = [(before + more).into(), root_text(root).into(), before.into()];
    if tx.execute(sql, values).await? == 1 {
        Ok(())
    } else {
        Err(Fault::corrupt("the ledger grew without this sequencer: is there another one?"))
    }
}

/// The first of them may have had a row before.
async fn save_bundles(tx: &mut Tx, bundles: &[Bundle]) -> Result<(), Fault> {
    let insert = "INSERT INTO bundles (place, min_id, max_id, stragglers, latest, agents, facets)";
    let again = "ON CONFLICT (place) DO UPDATE SET min_id = excluded.min_id, \
                 max_id = excluded.max_id, stragglers = excluded.stragglers, \
                 latest = excluded.latest, agents = excluded.agents, facets = excluded.facets";
    let rows = bundles.iter().filter(|bundle| !bundle.is_empty()).flat_map(Bundle::row);
    tx.execute_rows((insert, again), COLUMNS, rows.collect()).await?;
    let insert = "INSERT INTO grant_uses (grant_id, place, outcome, records)";
    let again = "ON CONFLICT (grant_id, place, outcome) DO UPDATE SET records = excluded.records";
    let rows = bundles.iter().flat_map(Bundle::grant_rows).flatten();
    tx.execute_rows((insert, again), USE_COLUMNS, rows.collect()).await.map(drop)
}

async fn save_files(tx: &mut Tx, batch: &Batch) -> Result<(), Fault> {
    for name in &batch.forgotten {
        let sql = "DELETE FROM journal_files WHERE name = $1";
        tx.execute(sql, [name.as_str().into()]).await?;
    }
    for file in &batch.files {
        let sql = "INSERT INTO journal_files (name, low, high, state) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (name) DO UPDATE SET \
                   low = excluded.low, high = excluded.high, state = excluded.state";
        let offset = |offset: u64| i64::try_from(offset).map(Value::from).map_err(Fault::corrupt);
        let name = file.name.as_str().into();
        let values = [name, offset(file.low)?, offset(file.high)?, file.state.as_str().into()];
        tx.execute(sql, values).await?;
    }
    Ok(())
}

async fn save_carried(tx: &mut Tx, batch: &mut Batch) -> Result<(), Fault> {
    let row = |Carried { id, series, text }: Carried| {
        let text = String::from_utf8(text.into_vec()).map_err(Fault::corrupt)?;
        Ok::<[Value; 3], Fault>([id.into(), series.into(), text.into()])
    };
    let rows: Result<Vec<_>, _> = std::mem::take(&mut batch.carried).into_iter().map(row).collect();
    let insert = "INSERT INTO journal_openings (id, series, text)";
    let again = "ON CONFLICT (id) DO NOTHING";
    tx.execute_rows((insert, again), 3, rows?.into_iter().flatten().collect()).await?;
    for id in &batch.resolved {
        tx.execute("DELETE FROM journal_openings WHERE id = $1", [(*id).into()]).await?;
    }
    Ok(())
}
