//! The tables, in the order they came about; one list for both databases.

use crate::fault::Fault;
use crate::tx::Tx;

/// Added to at the end only; a text that has been released is never edited.
const LIST: &[(i64, &str)] = &[
    (1, include_str!("../migrations/0001_agents.sql")),
    (10, include_str!("../migrations/0010_records.sql")),
    (11, include_str!("../migrations/0011_grants.sql")),
    (20, include_str!("../migrations/0020_people.sql")),
    (30, include_str!("../migrations/0030_signing_keys.sql")),
    (40, include_str!("../migrations/0040_assertions.sql")),
    (50, include_str!("../migrations/0050_transaction_keys.sql")),
    (60, include_str!("../migrations/0060_clients.sql")),
    (70, include_str!("../migrations/0070_issued_tokens.sql")),
    (80, include_str!("../migrations/0080_signals.sql")),
    (90, include_str!("../migrations/0090_petitions.sql")),
    (100, include_str!("../migrations/0100_api_documents.sql")),
    (110, include_str!("../migrations/0110_policies.sql")),
    (120, include_str!("../migrations/0120_approvals.sql")),
    (130, include_str!("../migrations/0130_key_networks.sql")),
    (150, include_str!("../migrations/0150_grant_uses.sql")),
    (160, include_str!("../migrations/0160_past.sql")),
    (170, include_str!("../migrations/0170_refresh_lines.sql")),
    (180, include_str!("../migrations/0180_referrals.sql")),
    (190, include_str!("../migrations/0190_own_keys.sql")),
];

const OWN_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, text TEXT NOT NULL)";

/// Applies what is missing, all or nothing. Refuses a database that a newer program has written, or
/// whose tables came about by other texts.
pub(crate) async fn run(mut tx: Tx) -> Result<(), Fault> {
    tx.script(OWN_TABLE).await?;
    let applied = tx.fetch("SELECT number, text FROM migrations ORDER BY number", []).await?;
    for (place, row) in applied.iter().enumerate() {
        let (number, text) = (row.int("number")?, row.text("text")?);
        if LIST.get(place).is_none_or(|known| *known != (number, text)) {
            let what = "the database was set up by another version of this program";
            return Err(Fault::Corrupt(format!("migration {number}: {what}")));
        }
    }
    for (number, text) in LIST.iter().skip(applied.len()) {
        tx.script(text).await?;
        let sql = "INSERT INTO migrations (number, text) VALUES ($1, $2)";
        tx.execute(sql, [(*number).into(), (*text).into()]).await?;
    }
    tx.save().await.map(drop)
}
