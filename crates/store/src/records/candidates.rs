//! Which bundles a record can be in, as SQL knows it: a page at a time.

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::RecordId;
use bailiwick_ledger::tile::WIDTH;
use sqlx::AssertSqlSafe;

use super::query::{Order, Query, Wanted};
use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::sequencer::bundle::{facet, rank};
use crate::tx::Tx;

/// How many bundles are asked of SQL, and then read, at a time.
const PAGE: u32 = 64;

/// The bundles of a ledger that SQL does not rule out, in order.
pub(super) struct Candidates<'a> {
    wanted: Wanted<'a>,
    /// How many bundles there are.
    count: u64,
    /// `max_id` and place of the last one.
    last: Option<(i64, i64)>,
    is_over: bool,
}

/// Conditions that all hold, and the values in them.
#[derive(Default)]
struct Conditions {
    texts: Vec<String>,
    values: Vec<Value>,
}

impl<'a> Candidates<'a> {
    /// Those of a ledger of this size.
    pub(super) fn of(wanted: Wanted<'a>, size: u64) -> Self {
        Self { wanted, count: size.div_ceil(WIDTH.into()), last: None, is_over: false }
    }

    /// The next ones; nothing when there are no more.
    pub(super) async fn next_page(&mut self, tx: &mut Tx) -> Result<Option<Vec<u64>>, Fault> {
        if self.is_over {
            return Ok(None);
        }
        let (Conditions { texts, mut values }, order) = match self.wanted {
            Wanted::Matching(query) => self.matching(query),
            Wanted::Id(id) => (self.with_id(id), "max_id, place"),
        };
        let matching = texts.join(" AND ");
        values.push(PAGE.into());
        let limit = values.len();
        let sql = format!(
            "SELECT max_id, place FROM bundles WHERE {matching} ORDER BY {order} LIMIT ${limit}"
        );
        let rows = tx.fetch(AssertSqlSafe(sql), values).await?;
        self.is_over = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        let read = |row: &Row| Ok((row.int("max_id")?, row.int("place")?));
        let page = rows.iter().map(read).collect::<Result<Vec<_>, Fault>>()?;
        self.last = page.last().copied().or(self.last);
        let place = |(_, place): &(i64, i64)| u64::try_from(*place).map_err(Fault::corrupt);
        page.iter().map(place).collect::<Result<_, _>>().map(Some)
    }

    fn matching(&self, query: &Query) -> (Conditions, &'static str) {
        let mut conditions = self.existing();
        let width = u64::from(WIDTH);
        let order = match query.order {
            Order::NewestFirst => {
                let from = query.after.map(|after| number(after.div_ceil(width)));
                let before = self.last.map(|(_, place)| place).or(from);
                conditions.compare("place <", before);
                "place DESC"
            }
            Order::OldestFirst => {
                let from = query.after.map(|after| number(after.saturating_add(1) / width) - 1);
                let beyond = self.last.map(|(_, place)| place).or(from);
                conditions.compare("place >", beyond);
                "place ASC"
            }
        };
        conditions.compare("latest >=", query.since);
        conditions.has("agents", query.agent.map(|agent| agent.to_string()));
        let task = query.task.map(|task| task.to_string());
        let facets = [
            ("outcome", query.outcome.map(Outcome::as_str)),
            ("policy", query.policy.as_deref()),
            ("would_be", query.would_be.map(Outcome::as_str)),
            ("code", query.code.as_deref()),
            ("api", query.api.as_deref()),
            ("operation", query.operation.as_deref()),
            ("on_behalf_of", query.on_behalf_of.as_deref()),
            ("task", task.as_deref()),
        ];
        for (name, text) in facets {
            conditions.has("facets", text.map(|text| facet(name, text)));
        }
        (conditions, order)
    }

    fn with_id(&self, id: RecordId) -> Conditions {
        let mut conditions = self.existing();
        let (max_id, place) = self.last.unwrap_or((rank(id), -1));
        conditions.compare("max_id >=", Some(max_id));
        let on = [max_id.into(), place.into()];
        conditions.push(|first| format!("(max_id > ${first} OR place > ${})", first + 1), on);
        let within = [rank(id).into(), id.to_string().into()];
        let text = |first| {
            let id = format!("${}", first + 1);
            format!("(min_id <= ${first} OR replace(stragglers, {id}, '') <> stragglers)")
        };
        conditions.push(text, within);
        conditions
    }

    /// Later ones are of a later size.
    fn existing(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.compare("place <", Some(number(self.count)));
        conditions
    }
}

impl Conditions {
    fn push<const N: usize>(&mut self, text: impl Fn(usize) -> String, values: [Value; N]) {
        self.texts.push(text(self.values.len() + 1));
        self.values.extend(values);
    }

    fn compare(&mut self, what: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.push(|place| format!("{what} ${place}"), [value.into()]);
        }
    }

    /// A list that is not kept may have it. What is searched for has no wildcards this way, and is
    /// compared as it is, on either database.
    fn has(&mut self, list: &str, part: Option<String>) {
        if let Some(part) = part {
            let without = |place: usize| format!("replace({list}, ${place}, '')");
            let text = |place| format!("({list} IS NULL OR {} <> {list})", without(place));
            self.push(text, [part.into()]);
        }
    }
}

/// A place as SQL has it.
fn number(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
