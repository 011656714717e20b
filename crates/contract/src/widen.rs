//! What a new version of a document changes, and whether that lets anybody do more.
//!
//! Conservative: a change widens unless it can be shown that every request that fits now fitted
//! before, that no less is asked of the caller, and that nothing is shown that was masked; and what
//! a model is told of a tool, a resource, a prompt or a skill widens whenever it is another text.

use std::collections::BTreeMap;

use bailiwick_domain::a2a;
use bailiwick_domain::limit::Limit;
use bailiwick_domain::operation::ApprovalRule;
use serde_json::Value;

use crate::body::Body;
use crate::card::changes;
use crate::document::Document;
use crate::narrower::Comparison;
use crate::operation::Described;
use crate::parameter::{Parameter, Place};
use crate::scopes::Scopes;
use crate::wording;

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The operation: `GET /tickets/{id}`, `tools/call search`, `SendMessage map`; or `the server`
    /// of MCP, or `the card` of A2A.
    pub operation: String,
    /// Whether somebody may do more, or sees more, than before.
    pub widens: bool,
    /// What changed, for a person to read.
    pub sentence: String,
}

static ANYTHING: Value = Value::Bool(true);

/// Every change from one document to another, operation by operation.
pub fn compare(old: &Document, new: &Document) -> Vec<Change> {
    let keyed = |document: &'_ Document| -> BTreeMap<String, usize> {
        let keys = document.operations.iter().map(Described::key);
        keys.enumerate().map(|(place, key)| (key, place)).collect()
    };
    let (old_keys, new_keys) = (keyed(old), keyed(new));
    let mut changes = Vec::new();
    for (key, place) in &new_keys {
        let Some(now) = new.operations.get(*place) else { continue };
        match old_keys.get(key).and_then(|place| old.operations.get(*place)) {
            Some(before) => Pair { old, new, before, now }.compare(&mut changes),
            None => changes.push(change(now, true, "is new".to_owned())),
        }
    }
    let gone = old_keys.iter().filter(|(key, _)| !new_keys.contains_key(*key));
    let gone = gone.filter_map(|(_, place)| old.operations.get(*place));
    changes.extend(gone.map(|before| change(before, false, "is gone".to_owned())));
    if old.instructions != new.instructions {
        let sentence = match (&old.instructions, &new.instructions) {
            (_, None) => "no longer has instructions",
            (None, _) => "has instructions, and had none",
            _ => "has other instructions",
        };
        let operation = "the server".to_owned();
        changes.push(Change { operation, widens: true, sentence: sentence.to_owned() });
    }
    if let Some((before, now)) = old.card.as_deref().zip(new.card.as_deref()) {
        let of_card =
            |(widens, sentence)| Change { operation: "the card".to_owned(), widens, sentence };
        changes.extend(changes::between(before, now).into_iter().map(of_card));
    }
    changes
}

fn change(operation: &Described, widens: bool, sentence: String) -> Change {
    let operation = format!("{} {}", operation.method, operation.template);
    Change { operation, widens, sentence }
}

struct Pair<'a> {
    old: &'a Document,
    new: &'a Document,
    before: &'a Described,
    now: &'a Described,
}

impl Pair<'_> {
    fn compare(&self, changes: &mut Vec<Change>) {
        let found = [
            self.scopes(),
            self.demands(),
            self.parameters(),
            self.bodies(),
            self.labels(),
            self.arguments(),
            self.wording(),
        ];
        let found = found.into_iter().flatten();
        changes.extend(found.map(|(widens, sentence)| change(self.now, widens, sentence)));
    }

    fn scopes(&self) -> Vec<(bool, String)> {
        let (before, now) = (self.before.scopes.set(), self.now.scopes.set());
        let mut found = Vec::new();
        let dropped = before.missing_from(now);
        if !dropped.is_empty() {
            found.push((true, format!("no longer asks for `{dropped}`")));
        }
        let added = now.missing_from(before);
        if !added.is_empty() {
            found.push((false, format!("asks for `{added}` too")));
        }
        match (&self.before.scopes, &self.now.scopes) {
            (Scopes::Stated(_), Scopes::Proposed(_)) => {
                found.push((false, "no longer states its scopes; they are proposed".to_owned()));
            }
            (Scopes::Proposed(_), Scopes::Stated(_)) => {
                found.push((true, "states its scopes, which were only proposed".to_owned()));
            }
            _ => {}
        }
        found
    }

    fn demands(&self) -> Vec<(bool, String)> {
        let (before, now) = (self.before, self.now);
        let mut found = Vec::new();
        if before.sensitivity != now.sensitivity {
            let (was, is) = (before.sensitivity.as_str(), now.sensitivity.as_str());
            let widens = now.sensitivity < before.sensitivity;
            found.push((widens, format!("is {is} and was {was}")));
        }
        if before.approval != now.approval {
            let (was, is) = (before.approval.as_str(), now.approval.as_str());
            let widens = strictness(now.approval) < strictness(before.approval);
            found.push((widens, format!("asks for approval `{is}` and did `{was}`")));
        }
        if before.approvers != now.approvers {
            let (was, is) = (before.approvers, now.approvers);
            found.push((is < was, format!("asks {is} to approve and did {was}")));
        }
        if before.limit != now.limit {
            let spelled = |limit: Option<Limit>| {
                limit
                    .map_or_else(|| "not limited".to_owned(), |limit| format!("limited to {limit}"))
            };
            let widens = raises(before.limit, now.limit);
            found.push((
                widens,
                format!("is {} and was {}", spelled(now.limit), spelled(before.limit)),
            ));
        }
        found
    }

    fn parameters(&self) -> Vec<(bool, String)> {
        let named = |described: &'_ Described| -> BTreeMap<(u8, String), usize> {
            let parameters = described.contract.parameters.iter().enumerate();
            parameters.map(|(place, it)| (spot(described, it), place)).collect()
        };
        let (before, now) = (named(self.before), named(self.now));
        let of = |described: &'_ Described, place: usize| {
            described.contract.parameters.get(place).cloned()
        };
        let mut found = Vec::new();
        for (key, place) in &now {
            let Some(parameter) = of(self.now, *place) else { continue };
            let name = said(&parameter);
            match before.get(key).and_then(|place| of(self.before, *place)) {
                None => found.push((parameter.place == Place::Query, format!("takes {name}"))),
                Some(before) => found.extend(self.parameter(&before, &parameter)),
            }
        }
        for (_, place) in before.iter().filter(|(key, _)| !now.contains_key(*key)) {
            let Some(parameter) = of(self.before, *place) else { continue };
            let widens = parameter.place != Place::Query || parameter.required;
            found.push((widens, format!("no longer describes {}", said(&parameter))));
        }
        found
    }

    fn parameter(&self, before: &Parameter, now: &Parameter) -> Option<(bool, String)> {
        let name = said(now);
        if before.required && !now.required {
            return Some((true, format!("no longer requires {name}")));
        }
        if before.style != now.style || !before.may_be_empty && now.may_be_empty {
            return Some((true, format!("takes {name} in another form")));
        }
        let mut comparison = Comparison::new(&self.old.definitions, &self.new.definitions);
        if let Some(at) = comparison.loosened(&before.schema, &now.schema, "") {
            return Some((true, format!("takes more for {name}{}", behind(&at))));
        }
        let narrower = !before.required && now.required || before.schema != now.schema;
        let mut comparison = Comparison::new(&self.new.definitions, &self.old.definitions);
        let tighter = comparison.loosened(&now.schema, &before.schema, "").is_some();
        (narrower && (tighter || now.required != before.required))
            .then(|| (false, format!("takes less for {name}")))
    }

    fn bodies(&self) -> Vec<(bool, String)> {
        match (&self.before.contract.body, &self.now.contract.body) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec![(true, "takes a body".to_owned())],
            (Some(before), None) => {
                vec![(before.required, "no longer takes a body".to_owned())]
            }
            (Some(before), Some(now)) => self.contents(before, now),
        }
    }

    fn contents(&self, before: &Body, now: &Body) -> Vec<(bool, String)> {
        let mut found = Vec::new();
        if before.required && !now.required {
            found.push((true, "no longer requires a body".to_owned()));
        }
        for content in &now.contents {
            let media_type = &content.media_type;
            let Some(was) = before.content(media_type) else {
                found.push((true, format!("takes a body of `{media_type}`")));
                continue;
            };
            let (was, is) = (was.schema.as_ref(), content.schema.as_ref());
            let (was, is) = (was.unwrap_or(&ANYTHING), is.unwrap_or(&ANYTHING));
            let mut comparison = Comparison::new(&self.old.definitions, &self.new.definitions);
            let mut reverse = Comparison::new(&self.new.definitions, &self.old.definitions);
            if let Some(at) = comparison.loosened(was, is, "") {
                found.push((true, format!("takes more in its body{}", behind(&at))));
            } else if let Some(at) = reverse.loosened(is, was, "") {
                found.push((false, format!("takes less in its body{}", behind(&at))));
            }
        }
        let gone = before.contents.iter().filter(|it| now.content(&it.media_type).is_none());
        found.extend(
            gone.map(|it| (false, format!("no longer takes a body of `{}`", it.media_type))),
        );
        found
    }

    fn labels(&self) -> Vec<(bool, String)> {
        let at = |path: &str| if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        let lost = self.now.mask.lacks(&self.before.mask);
        let gained = self.before.mask.lacks(&self.now.mask);
        let lost = lost.map(|(path, label)| {
            (true, format!("no longer labels `{}` of its answer as `{label}`", at(&path)))
        });
        let gained = gained.map(|(path, label)| {
            (false, format!("labels `{}` of its answer as `{label}`", at(&path)))
        });
        lost.into_iter().chain(gained).collect()
    }

    /// Of a tool or a prompt. What its schema says beside what fits is read by a model, and lets
    /// nobody send more; but it may have more done.
    fn arguments(&self) -> Vec<(bool, String)> {
        let of = |described: &'_ Described| {
            described.contract.arguments.as_ref().map_or(&ANYTHING, |it| &it.schema).clone()
        };
        let (was, is) = (of(self.before), of(self.now));
        let mut comparison = Comparison::new(&self.old.definitions, &self.new.definitions);
        let mut reverse = Comparison::new(&self.new.definitions, &self.old.definitions);
        if let Some(at) = comparison.loosened(&was, &is, "") {
            return vec![(true, format!("takes more in its arguments{}", behind(&at)))];
        }
        let tighter = reverse.loosened(&is, &was, "");
        let tighter =
            tighter.map(|at| (false, format!("takes less in its arguments{}", behind(&at))));
        let definitions = self.before.definition.as_deref().zip(self.now.definition.as_deref());
        let other = definitions.and_then(|(before, now)| wording::of_arguments(before, now));
        let other =
            other.map(|at| (true, format!("describes its arguments otherwise{}", behind(&at))));
        tighter.into_iter().chain(other).collect()
    }

    /// What is said of a tool, a resource, a prompt or a skill is read by a model, which does as it
    /// is told: none of it changes without somebody having read it.
    fn wording(&self) -> Vec<(bool, String)> {
        let definitions = self.before.definition.as_deref().zip(self.now.definition.as_deref());
        let found = definitions.map(|(before, now)| match &*self.now.method {
            // What a skill is called with is in no schema, and all of it is words.
            a2a::SEND => wording::of_members(&before.members(), &now.members()),
            _ => wording::members(before, now),
        });
        found.into_iter().flatten().map(|sentence| (true, sentence)).collect()
    }
}

fn behind(at: &str) -> String {
    if at.is_empty() { String::new() } else { format!(" at `{at}`") }
}

fn strictness(rule: ApprovalRule) -> u8 {
    match rule {
        ApprovalRule::Never => 0,
        ApprovalRule::Policy => 1,
        ApprovalRule::Always => 2,
    }
}

/// Whether more fit, at once or over time.
fn raises(before: Option<Limit>, now: Option<Limit>) -> bool {
    match (before, now) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(now)) => {
            let rate = |of: Limit, over: Limit| {
                u64::from(of.requests()) * u64::from(over.period_seconds())
            };
            now.requests() > before.requests() || rate(now, before) > rate(before, now)
        }
    }
}

/// What makes it the same parameter in another version; of the path it is the place.
fn spot(described: &Described, parameter: &Parameter) -> (u8, String) {
    let names = described.contract.segments.iter();
    let place = names.clone().position(|name| name.as_deref() == Some(&*parameter.name));
    match parameter.place {
        Place::Path => (0, place.unwrap_or_default().to_string()),
        Place::Query => (1, parameter.name.clone()),
        Place::Header => (2, parameter.name.clone()),
    }
}

fn said(parameter: &Parameter) -> String {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    format!("`{}` in the {place}", parameter.name)
}

#[cfg(test)]
#[path = "widen/tests.rs"]
mod tests;
