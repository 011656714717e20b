//! Finding records. SQL knows where a record is; what it says is read from the ledger's own files.

use std::collections::BTreeMap;
use std::path::Path;

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::{AgentId, RecordId};
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::tile::{self, Kind, Tile, WIDTH};
use sqlx::AssertSqlSafe;

use crate::db::Store;
use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::sequencer::Published;

/// The most records one search answers with.
pub const MAX_RECORDS: u32 = 1_000;

/// What is searched for; what is absent is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Records of this agent.
    pub agent: Option<AgentId>,
    /// Records with this denial code.
    pub code: Option<String>,
    /// Records that ended like this.
    pub outcome: Option<Outcome>,
    /// Records of requests that arrived at this instant or later.
    pub since: Option<Timestamp>,
    /// Records of this API.
    pub api: Option<String>,
    /// Records of this operation.
    pub operation: Option<String>,
    /// In which order they are answered.
    pub order: Order,
    /// Goes on after the record at this index, in that order.
    pub after: Option<u64>,
    /// The most that are answered: 1 to [`MAX_RECORDS`].
    pub limit: u32,
}

/// An order of records by their place in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// To look back.
    #[default]
    NewestFirst,
    /// To follow.
    OldestFirst,
}

/// A record and its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its place.
    pub index: u64,
    /// Its text: canonical JSON.
    pub text: String,
}

/// The records of an installation.
#[derive(Clone)]
pub struct Records {
    store: Store,
    published: Published,
}

impl Records {
    /// The records that this store knows and that are in this ledger directory.
    pub fn new(store: Store, ledger_dir: &Path) -> Self {
        Self { store, published: Published::at(ledger_dir) }
    }

    /// The records that match.
    pub async fn search(&self, query: &Query) -> Result<Vec<Found>, Fault> {
        let (sql, values) = query.sql();
        let mut tx = self.store.read().await?;
        let size = size(&mut tx).await?;
        let rows = tx.fetch(AssertSqlSafe(sql), values).await?;
        drop(tx);
        self.texts(size, &rows).await
    }

    /// The record with this id.
    pub async fn find(&self, id: RecordId) -> Result<Option<Found>, Fault> {
        let mut tx = self.store.read().await?;
        let size = size(&mut tx).await?;
        let sql = "SELECT place FROM records WHERE id = $1 ORDER BY place";
        let row = tx.fetch_first(sql, [id.into()]).await?;
        drop(tx);
        Ok(self.texts(size, row.as_slice()).await?.pop())
    }

    async fn texts(&self, size: u64, rows: &[Row]) -> Result<Vec<Found>, Fault> {
        let places = rows.iter().map(|row| count(row.int("place")?));
        let places = places.collect::<Result<Vec<u64>, Fault>>()?;
        let published = self.published.clone();
        let read = move || read(&places, size, &published);
        tokio::task::spawn_blocking(read).await.map_err(Fault::unavailable)?
    }
}

/// How many records there are.
async fn size(tx: &mut crate::tx::Tx) -> Result<u64, Fault> {
    let row = tx.fetch_first("SELECT size FROM ledger WHERE id = 1", []).await?;
    count(row.ok_or_else(|| Fault::corrupt("no ledger"))?.int("size")?)
}

fn count(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(Fault::corrupt)
}

fn read(places: &[u64], size: u64, published: &Published) -> Result<Vec<Found>, Fault> {
    let mut bundles: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let mut found = Vec::with_capacity(places.len());
    for index in places {
        let bundle = index / u64::from(WIDTH);
        let bytes = match bundles.entry(bundle) {
            std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let tile = Tile::of(Kind::Entries, bundle, size);
                let tile = tile.ok_or_else(|| Fault::corrupt("a record beyond the ledger"))?;
                place.insert(tile.read(published).map_err(Fault::unavailable)?)
            }
        };
        let place = usize::try_from(index % u64::from(WIDTH)).map_err(Fault::corrupt)?;
        let record = tile::entries(bytes).nth(place).map(<[u8]>::to_vec);
        let text = record.and_then(|record| String::from_utf8(record).ok());
        let text = text.ok_or_else(|| Fault::Corrupt(format!("record {index} is unreadable")))?;
        found.push(Found { index: *index, text });
    }
    Ok(found)
}

impl Query {
    fn sql(&self) -> (String, Vec<Value>) {
        let (beyond, direction) = match self.order {
            Order::NewestFirst => ("place <", "DESC"),
            Order::OldestFirst => ("place >", "ASC"),
        };
        let after = self.after.map(|index| i64::try_from(index).unwrap_or(i64::MAX));
        let conditions = [
            (beyond, after.map(Value::from)),
            ("agent =", self.agent.map(Value::from)),
            ("code =", self.code.clone().map(Value::from)),
            ("outcome =", self.outcome.map(|it| it.as_str().into())),
            ("at >=", self.since.map(Value::from)),
            ("api =", self.api.clone().map(Value::from)),
            ("operation =", self.operation.clone().map(Value::from)),
        ];
        let asked = conditions.into_iter().filter_map(|(what, value)| Some((what, value?)));
        let (texts, mut values): (Vec<String>, Vec<Value>) = asked
            .enumerate()
            .map(|(place, (what, value))| (format!("{what} ${}", place + 1), value))
            .unzip();
        let matching = if texts.is_empty() { "TRUE".to_owned() } else { texts.join(" AND ") };
        values.push(self.limit.clamp(1, MAX_RECORDS).into());
        let limit = values.len();
        let sql = format!(
            "SELECT place FROM records WHERE {matching} ORDER BY place {direction} LIMIT ${limit}"
        );
        (sql, values)
    }
}
