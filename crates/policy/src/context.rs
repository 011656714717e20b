//! Facts as Cedar's `context`: only those that a policy looks at, for each costs time to build.

use bailiwick_domain::time::Timestamp;
use cedar_policy::{Context, Entity, RestrictedExpression as Value};

use crate::entities::Names;
use crate::facts::{Fact, Facts};
use crate::fields::{Field, Fit};

const DAY_SECONDS: i64 = 86_400;

/// Every fact that `context` shows by itself.
pub(crate) const FACTS: [Fact; 11] = [
    Fact::Person,
    Fact::Chain,
    Fact::Task,
    Fact::Purpose,
    Fact::Proof,
    Fact::ProofLevel,
    Fact::Scopes,
    Fact::Time,
    Fact::Hour,
    Fact::Weekday,
    Fact::Address,
];

/// The context with these facts, and with what holds the fields if there are any.
pub(crate) fn build<'a>(
    names: &Names,
    facts: &Facts<'_>,
    wanted: impl Iterator<Item = &'a Fact>,
    with_fields: bool,
) -> Result<Context, String> {
    let mut pairs: Vec<(String, Value)> = Vec::with_capacity(FACTS.len());
    for fact in wanted {
        if let (Some(name), Some(value)) = (fact.attribute(), value(names, facts, fact)) {
            pairs.push((name.to_owned(), value));
        }
    }
    if with_fields {
        pairs.push(("text".to_owned(), Value::new_entity_uid(names.text.clone())));
        pairs.push(("number".to_owned(), Value::new_entity_uid(names.number.clone())));
    }
    Context::from_pairs(pairs).map_err(|error| error.to_string())
}

fn value(names: &Names, facts: &Facts<'_>, fact: &Fact) -> Option<Value> {
    let text = |text: &str| Value::new_string(text.to_owned());
    Some(match fact {
        Fact::Person => text(facts.person.as_deref()?),
        Fact::Task => text(facts.task.as_deref()?),
        Fact::Purpose => text(facts.purpose.as_deref()?),
        Fact::Chain => Value::new_long(i64::try_from(facts.chain).unwrap_or(i64::MAX)),
        Fact::Proof => Value::new_entity_uid(names.proof(facts.proof).0.clone()),
        Fact::ProofLevel => Value::new_long(names.proof(facts.proof).1),
        Fact::Scopes => Value::new_set(facts.scopes.iter().map(|scope| text(scope.as_str()))),
        Fact::Time => Value::new_long(facts.at.as_seconds()),
        Fact::Hour => Value::new_long(hour(facts.at)),
        Fact::Weekday => Value::new_long(weekday(facts.at)),
        Fact::Address => Value::new_ip(facts.address.to_canonical().to_string()),
        Fact::Principal
        | Fact::Action
        | Fact::Resource
        | Fact::OfPrincipal(_)
        | Fact::OfResource(_)
        | Fact::Field(_) => return None,
    })
}

/// The two entities that hold the fields, or the first field that is not what it is read as.
pub(crate) fn fields<'f>(
    names: &Names,
    facts: &Facts<'_>,
    wanted: impl Iterator<Item = &'f Field>,
) -> Result<[Entity; 2], Unfit<'f>> {
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    for (place, field) in wanted.enumerate() {
        let Some(found) = facts.fields.get(place) else { return Err(Unfit::Field(field)) };
        let name = field.name().to_owned();
        match field.fit(found) {
            Fit::Absent => {}
            Fit::Text(text) => texts.push((name, Value::new_string(text.to_owned()))),
            Fit::Number(number) => numbers.push((name, Value::new_long(number))),
            Fit::Unfit => return Err(Unfit::Field(field)),
        }
    }
    let entity = |uid, tags| {
        Entity::new_with_tags(uid, [], [], tags).map_err(|it| Unfit::Unreadable(it.to_string()))
    };
    Ok([entity(names.text.clone(), texts)?, entity(names.number.clone(), numbers)?])
}

/// Why fields cannot be shown.
pub(crate) enum Unfit<'f> {
    /// This one is there, and not what it is read as.
    Field(&'f Field),
    /// Cedar does not take them.
    Unreadable(String),
}

/// The hour of the day, 0 to 23, UTC.
pub(crate) fn hour(at: Timestamp) -> i64 {
    at.as_seconds().rem_euclid(DAY_SECONDS) / 3_600
}

/// The day of the week, 1 for Monday to 7 (ISO 8601), UTC. The first of January 1970 was a 4.
pub(crate) fn weekday(at: Timestamp) -> i64 {
    at.as_seconds().div_euclid(DAY_SECONDS).saturating_add(3).rem_euclid(7).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(instant: &str, expected: (i64, i64)) {
        let at: Timestamp = instant.parse().unwrap();
        assert_eq!((weekday(at), hour(at)), expected, "{instant}");
    }

    #[test]
    fn weeks_begin_on_monday_and_days_at_midnight() {
        check("1970-01-01T00:00:00Z", (4, 0));
        check("1969-12-31T23:59:59Z", (3, 23));
        check("2026-11-22T09:30:00Z", (7, 9));
        check("2026-11-23T00:00:00Z", (1, 0));
    }
}
