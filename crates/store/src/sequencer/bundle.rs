//! What SQL knows of the records of one entry bundle: enough to pass over the bundles that a
//! searched record cannot be in.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_domain::id::RecordId;
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::canonical;
use bailiwick_ledger::summary::Summary;
use bailiwick_ledger::tile::{self, Kind, Tile, Tiles, WIDTH};

use crate::fault::Fault;
use crate::row::Value;

/// Columns of a row of `bundles`.
pub(super) const COLUMNS: usize = 7;

/// Columns of a row of `grant_uses`.
pub(super) const USE_COLUMNS: usize = 4;

/// How many ids of a bundle may be kept apart from the others, and from which gap on.
const MAX_STRAGGLERS: usize = 64;
const GAP_MILLIS: u128 = 1_000;

/// How many bytes of facets are kept; a bundle with more is a candidate in every search.
const MAX_FACET_BYTES: usize = 16 << 10;

/// The records of one entry bundle, as far as it has grown.
#[derive(Debug, Clone, Default)]
pub(super) struct Bundle {
    number: u64,
    ids: Vec<RecordId>,
    /// The instants of the canonical form sort as text.
    latest: String,
    agents: BTreeSet<Box<str>>,
    outcomes: BTreeSet<Box<str>>,
    would_be: BTreeSet<Box<str>>,
    codes: BTreeSet<Box<str>>,
    policies: BTreeSet<Box<str>>,
    apis: BTreeSet<Box<str>>,
    operations: BTreeSet<Box<str>>,
    people: BTreeSet<Box<str>>,
    tasks: BTreeSet<Box<str>>,
    /// How many records there are by each grant that ended in each way.
    grants: BTreeMap<(Box<str>, Box<str>), u32>,
}

impl Bundle {
    /// Reads the last bundle of a ledger of this size, which the next record is added to.
    pub(super) fn resume(size: u64, tiles: &impl Tiles) -> Result<Self, Fault> {
        let mut bundle = Self { number: size / u64::from(WIDTH), ..Self::default() };
        let Some(tile) = Tile::of(Kind::Entries, bundle.number, size) else { return Ok(bundle) };
        let bytes = tile.read(tiles).map_err(Fault::unavailable)?;
        for record in tile::entries(&bytes).take(usize::from(tile.width)) {
            let summary = Summary::read(record).map_err(Fault::corrupt)?;
            bundle.add(summary.id.parse().map_err(Fault::corrupt)?, &summary);
        }
        Ok(bundle)
    }

    /// The bundle after this one.
    pub(super) fn next(&self) -> Self {
        Self { number: self.number + 1, ..Self::default() }
    }

    /// Adds a record.
    pub(super) fn add(&mut self, id: RecordId, summary: &Summary<'_>) {
        self.ids.push(id);
        if *self.latest < *summary.time {
            summary.time.as_ref().clone_into(&mut self.latest);
        }
        note(&mut self.agents, summary.agent.as_ref().map(|agent| &*agent.id));
        note(&mut self.outcomes, Some(&*summary.decision.outcome));
        note(&mut self.codes, summary.decision.code.as_deref());
        if let Some(would_be) = &summary.decision.would_be {
            note(&mut self.would_be, Some(&*would_be.outcome));
            note(&mut self.codes, Some(&*would_be.code));
        }
        for policy in &summary.decision.policies {
            note(&mut self.policies, Some(policy));
        }
        note(&mut self.apis, summary.api.as_deref());
        note(&mut self.operations, summary.operation.as_deref());
        note(&mut self.people, summary.on_behalf_of.as_deref());
        note(&mut self.tasks, summary.task.as_deref());
        if let Some(grant) = summary.grant.as_deref() {
            let by = (grant.into(), summary.decision.outcome.as_ref().into());
            *self.grants.entry(by).or_default() += 1;
        }
    }

    /// Whether nothing is in it yet.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether the next record goes into the next bundle.
    pub(super) fn is_full(&self) -> bool {
        self.ids.len() >= usize::from(WIDTH)
    }

    /// Its row of `bundles`.
    pub(super) fn row(&self) -> [Value; COLUMNS] {
        let mut ids = self.ids.clone();
        ids.sort_unstable();
        let (stragglers, others) = ids.split_at_checked(stragglers(&ids)).unwrap_or_default();
        let stragglers: Vec<String> = stragglers.iter().map(ToString::to_string).collect();
        let agents: Vec<&str> = self.agents.iter().map(|agent| &**agent).collect();
        let latest: Timestamp = self.latest.parse().unwrap_or_default();
        [
            i64::try_from(self.number).unwrap_or(i64::MAX).into(),
            others.first().map_or(0, |id| rank(*id)).into(),
            others.last().map_or(0, |id| rank(*id)).into(),
            stragglers.join(",").into(),
            latest.into(),
            agents.join(",").into(),
            self.facets().into(),
        ]
    }

    /// Its rows of `grant_uses`.
    pub(super) fn grant_rows(&self) -> impl Iterator<Item = [Value; USE_COLUMNS]> {
        let place = i64::try_from(self.number).unwrap_or(i64::MAX);
        self.grants.iter().map(move |((grant, outcome), records)| {
            [(&**grant).into(), place.into(), (&**outcome).into(), (*records).into()]
        })
    }

    fn facets(&self) -> Option<String> {
        let kinds = [
            ("outcome", &self.outcomes),
            ("would_be", &self.would_be),
            ("code", &self.codes),
            ("policy", &self.policies),
            ("api", &self.apis),
            ("operation", &self.operations),
            ("on_behalf_of", &self.people),
            ("task", &self.tasks),
        ];
        let facets = kinds.iter().flat_map(|(name, texts)| texts.iter().map(|it| facet(name, it)));
        let facets = facets.collect::<Vec<_>>().join(",");
        (facets.len() <= MAX_FACET_BYTES).then_some(facets)
    }
}

fn note(texts: &mut BTreeSet<Box<str>>, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !texts.contains(*text)) {
        texts.insert(text.into());
    }
}

/// How many of these sorted ids are of requests that began well before the others: a few that were
/// open for long would otherwise make the bundle a candidate for every id since then.
fn stragglers(ids: &[RecordId]) -> usize {
    let gap = |pair: &[RecordId]| match pair {
        [earlier, later] => (later.bits() >> 80) - (earlier.bits() >> 80),
        _ => 0,
    };
    let last = ids.windows(2).take(MAX_STRAGGLERS).rposition(|pair| gap(pair) >= GAP_MILLIS);
    last.map_or(0, |place| place + 1)
}

/// The first bits of an id, as a number that SQL compares in the order of ids whatever it thinks of
/// texts.
pub(crate) fn rank(id: RecordId) -> i64 {
    i64::try_from(id.bits() >> 65).unwrap_or(i64::MAX)
}

/// A member as it stands in records. Inside of a string its quotes would be escaped, so that one
/// is found in a list exactly where it is.
pub(crate) fn facet(name: &str, text: &str) -> String {
    let mut member = Vec::with_capacity(name.len() + text.len() + 5);
    canonical::string(name, &mut member);
    member.push(b':');
    canonical::string(text, &mut member);
    String::from_utf8_lossy(&member).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: &[u64], expected: usize) {
        let id = |second: &u64| RecordId::from_bits(u128::from(second * 1_000) << 80);
        let ids: Vec<RecordId> = seconds.iter().map(id).collect();
        assert_eq!(stragglers(&ids), expected, "{seconds:?}");
    }

    #[test]
    fn requests_that_began_well_before_the_others_are_kept_apart() {
        check(&[], 0);
        check(&[7], 0);
        check(&[7, 7, 7], 0);
        check(&[1, 7, 7, 7], 1);
        check(&[1, 2, 3, 7, 7, 7], 3);
        let many: Vec<u64> = (0..100).collect();
        check(&many, MAX_STRAGGLERS);
    }

    #[test]
    fn a_number_stands_for_the_first_bits_of_an_id() {
        let rank = |bits| rank(RecordId::from_bits(bits));
        assert_eq!(rank(0), 0);
        assert_eq!(rank(u128::MAX), i64::MAX);
        assert!(rank(1 << 80) < rank(2 << 80));
    }

    #[test]
    fn a_facet_is_not_found_inside_of_another() {
        let within = facet("operation", "\",\"code\":\"x\"");
        assert!(!within.contains(&facet("code", "x")), "{within}");
        assert_eq!(facet("api", "a\0"), r#""api":"a\u0000""#);
    }
}
