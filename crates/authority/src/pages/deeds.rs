//! What was done by a grant and all below it, as the ledger has it and as a person reads it.

use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::PersonId;
use bailiwick_store::records::{Found, Under};
use serde::Deserialize;

use crate::authority::Authority;
use crate::fault::Fault;

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// How often, by how it ended, in words; nothing when nothing was done.
    pub(crate) counted: Option<String>,
    /// Some of it, newest first.
    pub(crate) deeds: Vec<Deed>,
    /// Where older ones are, when there may be more.
    pub(crate) next: Option<u64>,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Deed {
    /// When it arrived, to the second.
    pub(crate) at: String,
    /// The agent that made it.
    pub(crate) agent: String,
    /// At which API, where that is known.
    pub(crate) api: String,
    /// The operation, or the method where there is no such operation.
    pub(crate) operation: String,
    /// How it ended, and why, if it was refused.
    pub(crate) outcome: String,
    /// What was answered, when anything was.
    pub(crate) status: String,
}

#[derive(Deserialize)]
struct Record {
    time: String,
    agent: Option<Agent>,
    api: Option<String>,
    operation: Option<String>,
    method: String,
    decision: Decision,
    response: Option<Answered>,
}

#[derive(Deserialize)]
struct Agent {
    name: String,
}

#[derive(Deserialize)]
struct Decision {
    outcome: String,
    code: Option<String>,
}

#[derive(Deserialize)]
struct Answered {
    status: Option<u16>,
}

/// What was done by a grant of this person: so many requests, those before a place in the ledger
/// where one is given, and how many there are of all. What was done for anybody else is left out.
pub(crate) async fn done(
    authority: &Authority,
    (person, grant): (PersonId, &Grant),
    (after, limit): (Option<u64>, u32),
) -> Result<Done, Fault> {
    let counts = authority.records().count_under(grant.id).await?;
    if counts.is_empty() {
        return Ok(Done::default());
    }
    let words = counts.iter().map(|(outcome, records)| format!("{records} {outcome}"));
    let counted = Some(words.collect::<Vec<_>>().join(", "));
    let under = Under { grant: grant.id, person, after, limit };
    let found = authority.records().search_under(&under).await?;
    let full = usize::try_from(limit).is_ok_and(|limit| found.len() >= limit);
    let next = found.last().filter(|_| full).map(|found| found.index);
    let deeds = found.iter().map(Deed::read).collect::<Result<_, _>>()?;
    Ok(Done { counted, deeds, next })
}

impl Deed {
    fn read(found: &Found) -> Result<Self, Fault> {
        let record: Record = serde_json::from_str(&found.text)
            .map_err(|_| Fault::Corrupt("a record of the ledger"))?;
        let Decision { outcome, code } = record.decision;
        let status = record.response.and_then(|it| it.status);
        Ok(Self {
            at: second(&record.time),
            agent: record.agent.map(|it| it.name).unwrap_or_default(),
            api: record.api.unwrap_or_default(),
            operation: record.operation.unwrap_or(record.method),
            outcome: code.map_or_else(|| outcome.clone(), |code| format!("{outcome}: {code}")),
            status: status.map(|it| it.to_string()).unwrap_or_default(),
        })
    }
}

/// An instant to the second, for people.
fn second(time: &str) -> String {
    let second = time.get(..19).unwrap_or(time);
    format!("{} UTC", second.replace('T', " "))
}
