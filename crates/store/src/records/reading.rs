//! Which records of a bundle match, read from the bundle itself.

use std::collections::BTreeSet;

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::{AgentId, RecordId, TaskId};
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::summary::{Decision, Summary};
use bailiwick_ledger::tile::{self, Kind, Tile, WIDTH};

use super::query::{Found, MAX_RECORDS, Order, Query, Under, Wanted};
use crate::fault::Fault;
use crate::sequencer::Published;

/// Records that are being looked for, and those found so far.
pub(super) struct Reading {
    published: Published,
    size: u64,
    matching: Matching,
    order: Order,
    after: Option<u64>,
    limit: usize,
    pub(super) found: Vec<Found>,
}

/// What a record has to say; what is absent may be anything.
#[derive(Default)]
struct Matching {
    id: Option<String>,
    agent: Option<String>,
    code: Option<String>,
    outcome: Option<&'static str>,
    would_be: Option<&'static str>,
    policy: Option<String>,
    since: Option<Timestamp>,
    api: Option<String>,
    operation: Option<String>,
    on_behalf_of: Option<String>,
    task: Option<String>,
    grants: Option<BTreeSet<String>>,
}

impl Reading {
    /// Begins looking in a ledger of this size.
    pub(super) fn of(wanted: Wanted<'_>, published: Published, size: u64) -> Self {
        let matching = Matching::of(wanted);
        let (order, after, limit) = match wanted {
            Wanted::Matching(query) => {
                (query.order, query.after, query.limit.clamp(1, MAX_RECORDS))
            }
            Wanted::Id(_) => (Order::OldestFirst, None, 1),
        };
        let limit = usize::try_from(limit).unwrap_or(1);
        Self { published, size, matching, order, after, limit, found: Vec::new() }
    }

    /// Begins looking for what was done by a grant: nothing, until [`Self::only_by`] says which
    /// others are below it.
    pub(super) fn under(under: &Under, published: Published, size: u64) -> Self {
        let matching = Matching {
            on_behalf_of: Some(under.person.to_string()),
            grants: Some(BTreeSet::new()),
            ..Matching::default()
        };
        let limit = usize::try_from(under.limit.clamp(1, MAX_RECORDS)).unwrap_or(1);
        let (order, after, found) = (Order::NewestFirst, under.after, Vec::new());
        Self { published, size, matching, order, after, limit, found }
    }

    /// Takes records by these grants alone from now on.
    pub(super) fn only_by(&mut self, grants: BTreeSet<String>) {
        self.matching.grants = Some(grants);
    }

    /// Whether as many are found as were asked for.
    pub(super) fn is_done(&self) -> bool {
        self.found.len() >= self.limit
    }

    /// Goes on in these bundles.
    pub(super) fn read(mut self, bundles: &[u64]) -> Result<Self, Fault> {
        for bundle in bundles {
            if self.is_done() {
                break;
            }
            self.read_bundle(*bundle)?;
        }
        Ok(self)
    }

    fn read_bundle(&mut self, bundle: u64) -> Result<(), Fault> {
        let beyond = || Fault::corrupt("a bundle beyond the ledger");
        let tile = Tile::of(Kind::Entries, bundle, self.size).ok_or_else(beyond)?;
        let bytes = tile.read(&self.published).map_err(Fault::unavailable)?;
        let first = bundle * u64::from(WIDTH);
        let width = usize::from(tile.width);
        let mut records: Vec<(u64, &[u8])> = (first..).zip(tile::entries(&bytes)).collect();
        records.truncate(width);
        if records.len() < width {
            return Err(Fault::Corrupt(format!("{tile} is cut off")));
        }
        if self.order == Order::NewestFirst {
            records.reverse();
        }
        for (index, record) in records {
            if self.is_done() {
                break;
            }
            if self.is_past(index) {
                self.keep_if_matching(index, record)?;
            }
        }
        Ok(())
    }

    fn is_past(&self, index: u64) -> bool {
        self.after.is_none_or(|after| match self.order {
            Order::NewestFirst => index < after,
            Order::OldestFirst => index > after,
        })
    }

    fn keep_if_matching(&mut self, index: u64, record: &[u8]) -> Result<(), Fault> {
        let unreadable = |_| Fault::Corrupt(format!("record {index} is unreadable"));
        let summary = Summary::read(record).map_err(unreadable)?;
        if self.matching.is_met_by(&summary) {
            let text = String::from_utf8(record.to_vec()).map_err(Fault::corrupt)?;
            self.found.push(Found { index, text });
        }
        Ok(())
    }
}

impl Matching {
    fn of(wanted: Wanted<'_>) -> Self {
        match wanted {
            Wanted::Id(id) => Self { id: Some(RecordId::to_string(&id)), ..Self::default() },
            Wanted::Matching(query) => Self::of_query(query),
        }
    }

    fn of_query(query: &Query) -> Self {
        Self {
            id: None,
            agent: query.agent.as_ref().map(AgentId::to_string),
            code: query.code.clone(),
            outcome: query.outcome.map(Outcome::as_str),
            would_be: query.would_be.map(Outcome::as_str),
            policy: query.policy.clone(),
            since: query.since,
            api: query.api.clone(),
            operation: query.operation.clone(),
            on_behalf_of: query.on_behalf_of.clone(),
            task: query.task.as_ref().map(TaskId::to_string),
            grants: None,
        }
    }

    fn is_met_by(&self, record: &Summary<'_>) -> bool {
        let agent = record.agent.as_ref().map(|agent| &*agent.id);
        is(self.id.as_deref(), Some(&record.id))
            && is(self.agent.as_deref(), agent)
            && self.is_met_by_decision(&record.decision)
            && is(self.api.as_deref(), record.api.as_deref())
            && is(self.operation.as_deref(), record.operation.as_deref())
            && is(self.on_behalf_of.as_deref(), record.on_behalf_of.as_deref())
            && is(self.task.as_deref(), record.task.as_deref())
            && self.grants.as_ref().is_none_or(|grants| is_among(grants, record.grant.as_deref()))
            && self.since.is_none_or(|since| at(record) >= since)
    }
}

impl Matching {
    /// A code is one that was given, or would have been.
    fn is_met_by_decision(&self, decision: &Decision<'_>) -> bool {
        let would_be = decision.would_be.as_ref();
        let code = self.code.as_deref();
        let codes = [decision.code.as_deref(), would_be.map(|it| &*it.code)];
        codes.into_iter().any(|found| is(code, found))
            && is(self.outcome, Some(&decision.outcome))
            && self.is_met_by_policies(decision)
            && is(self.would_be, would_be.map(|it| &*it.outcome))
    }
}

fn is_among(grants: &BTreeSet<String>, grant: Option<&str>) -> bool {
    grant.is_some_and(|grant| grants.contains(grant))
}

impl Matching {
    fn is_met_by_policies(&self, decision: &Decision<'_>) -> bool {
        let asked = self.policy.as_deref();
        asked.is_none_or(|asked| decision.policies.iter().any(|known| &**known == asked))
    }
}

fn at(record: &Summary<'_>) -> Timestamp {
    record.time.parse().unwrap_or_default()
}

fn is(asked: Option<&str>, found: Option<&str>) -> bool {
    asked.is_none_or(|asked| found == Some(asked))
}
