//! Which bundles have records of what was done by a grant and all below it, as SQL knows it.

use std::collections::BTreeSet;

use bailiwick_domain::id::GrantId;
use bailiwick_ledger::tile::WIDTH;
use sqlx::AssertSqlSafe;

use super::query::Under;
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The uses of the grant that is the first value, and of all below it.
const USES: &str = "WITH RECURSIVE below (id) AS (SELECT CAST($1 AS TEXT) UNION \
                    SELECT grants.id FROM grants JOIN below ON grants.parent = below.id), \
                    uses AS (SELECT grant_uses.* FROM grant_uses \
                    JOIN below ON below.id = grant_uses.grant_id)";

/// How many bundles are asked of SQL, and then read, at a time.
const PAGE: u32 = 16;

/// The first bundle beyond what is looked at: that of a ledger of this size, or after the record
/// that is gone on with.
pub(super) fn first_beyond(under: &Under, size: u64) -> u64 {
    let width = u64::from(WIDTH);
    under.after.map_or(size, |after| after.min(size)).div_ceil(width)
}

/// The bundles before this one that have such records, newest first; a page of them.
pub(super) async fn bundles(tx: &mut Tx, grant: GrantId, before: u64) -> Result<Vec<u64>, Fault> {
    let what = "SELECT DISTINCT place FROM uses WHERE place < $2 ORDER BY place DESC LIMIT $3";
    let values = [grant.into(), number(before).into(), PAGE.into()];
    let rows = tx.fetch(AssertSqlSafe(format!("{USES} {what}")), values).await?;
    rows.iter().map(|row| u64::try_from(row.int("place")?).map_err(Fault::corrupt)).collect()
}

/// Which of the grant and those below it have records in these bundles.
pub(super) async fn grants(
    tx: &mut Tx,
    grant: GrantId,
    (from, to): (u64, u64),
) -> Result<BTreeSet<String>, Fault> {
    let what = "SELECT DISTINCT grant_id FROM uses WHERE place >= $2 AND place <= $3";
    let values = [grant.into(), number(from).into(), number(to).into()];
    let rows = tx.fetch(AssertSqlSafe(format!("{USES} {what}")), values).await?;
    rows.iter().map(|row| row.text("grant_id").map(str::to_owned)).collect()
}

/// How many records there are, by how they ended.
pub(super) async fn count(tx: &mut Tx, grant: GrantId) -> Result<Vec<(String, u64)>, Fault> {
    let what = "SELECT outcome, CAST(SUM(records) AS BIGINT) AS records FROM uses \
                GROUP BY outcome ORDER BY outcome";
    let rows = tx.fetch(AssertSqlSafe(format!("{USES} {what}")), [grant.into()]).await?;
    let read = |row: &Row| {
        let records = u64::try_from(row.int("records")?).map_err(Fault::corrupt)?;
        Ok((row.text("outcome")?.to_owned(), records))
    };
    rows.iter().map(read).collect()
}

/// A place as SQL has it.
fn number(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
