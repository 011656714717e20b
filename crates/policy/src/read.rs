//! Reads texts of policies into rules, or says everything that is wrong with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use cedar_policy::{PolicyId, PolicySet, ValidationMode, Validator};
use miette::Diagnostic;

use crate::head::Head;
use crate::policy::Policy;
use crate::reads::Reads;
use crate::source::{Problem, Problems, Source};
use crate::{reads, schema};

/// The most bytes of all texts of a set.
pub(crate) const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most policies in a set.
pub(crate) const MAX_POLICIES: usize = 10_000;

/// A policy that was read.
#[derive(Debug)]
pub(crate) struct Rule {
    pub policy: Arc<Policy>,
    pub cedar: cedar_policy::Policy,
    pub head: Head,
}

/// A rule with the place that it is from.
struct Placed<'a> {
    rule: Rule,
    source: Source<'a>,
    offset: usize,
}

/// Reads and validates: strictly, and a warning is an error.
pub(crate) fn read(sources: &[Source<'_>]) -> Result<Vec<Rule>, Problems> {
    if sources.iter().map(|source| source.text.len()).sum::<usize>() > MAX_BYTES {
        return Err(whole(sources, format!("more than {MAX_BYTES} bytes of policies")));
    }
    let mut reading = Reading::default();
    for source in sources {
        reading.take(*source);
    }
    if !reading.problems.is_empty() {
        return Err(Problems(reading.problems));
    }
    if reading.placed.is_empty() {
        return Err(whole(sources, "there is no policy, and so nothing is permitted".to_owned()));
    }
    if reading.placed.len() > MAX_POLICIES {
        return Err(whole(sources, format!("more than {MAX_POLICIES} policies")));
    }
    validate(&reading.placed, sources)?;
    if !reading.hidden.is_empty() {
        return Err(Problems(reading.hidden));
    }
    Ok(reading.placed.into_iter().map(|placed| placed.rule).collect())
}

fn whole(sources: &[Source<'_>], message: String) -> Problems {
    let source = sources.first().copied().unwrap_or(Source { name: "policies", text: "" });
    Problems(vec![source.problem(0, message)])
}

#[derive(Default)]
struct Reading<'a> {
    placed: Vec<Placed<'a>>,
    known: BTreeMap<Arc<str>, (Source<'a>, usize)>,
    problems: Vec<Problem>,
    /// Of policies that hide what they look at: told only where Cedar finds nothing else wrong, for
    /// it says better what is misspelled.
    hidden: Vec<Problem>,
}

impl<'a> Reading<'a> {
    fn take(&mut self, source: Source<'a>) {
        let set: PolicySet = match source.text.parse() {
            Ok(set) => set,
            Err(errors) => {
                let errors: cedar_policy::ParseErrors = errors;
                self.problems.extend(errors.iter().map(|error| problem(error, &source, 0)));
                return;
            }
        };
        if set.num_of_templates() > 0 {
            let message = "a template is not a policy: write out `?principal` and `?resource`";
            let slot = source.text.find('?').unwrap_or_default();
            self.problems.push(source.problem(slot, message));
        }
        let mut from = 0;
        for policy in set.policies() {
            let text = policy.to_cedar().unwrap_or_default();
            let rest = source.text.get(from..).unwrap_or_default();
            let offset = from.saturating_add(rest.find(&text).unwrap_or_default());
            from = offset.saturating_add(text.len());
            if let Err(message) = self.put(policy, source, offset) {
                self.problems.push(source.problem(offset, message));
            }
        }
    }

    fn put(
        &mut self,
        policy: &cedar_policy::Policy,
        source: Source<'a>,
        offset: usize,
    ) -> Result<(), String> {
        let json = policy.to_json().map_err(|error| error.to_string())?;
        let reads = reads::find(&json).unwrap_or_else(|message| {
            self.hidden.push(source.problem(offset, message));
            Reads::default()
        });
        let marked = Policy::of(policy, reads)?;
        if let Some(impossible) = schema::impossible(policy) {
            return Err(impossible);
        }
        let (id, head) = (Arc::clone(&marked.id), Head::of(policy));
        if let Some((first, at)) = self.known.get(&id) {
            let at = first.problem(*at, "");
            return Err(format!("`{id}` is also the name of {}:{}", at.source, at.line));
        }
        self.known.insert(Arc::clone(&id), (source, offset));
        let cedar = policy.new_id(PolicyId::new(&id));
        let rule = Rule { policy: Arc::new(marked), cedar, head };
        self.placed.push(Placed { rule, source, offset });
        Ok(())
    }
}

fn validate(placed: &[Placed<'_>], sources: &[Source<'_>]) -> Result<(), Problems> {
    let schema = schema::read().map_err(|message| whole(sources, message))?;
    let policies = placed.iter().map(|placed| placed.rule.cedar.clone());
    let set = PolicySet::from_policies(policies).map_err(|it| whole(sources, it.to_string()))?;
    let result = Validator::new(schema).validate(&set, ValidationMode::Strict);
    let find = |id: &PolicyId| placed.iter().find(|it| it.rule.cedar.id() == id);
    let errors = result.validation_errors().filter_map(|error| {
        let placed = find(error.policy_id())?;
        Some(problem(error, &placed.source, placed.offset))
    });
    let warnings = result.validation_warnings().filter_map(|warning| {
        let placed = find(warning.policy_id())?;
        Some(problem(warning, &placed.source, placed.offset))
    });
    let problems: Vec<Problem> = errors.chain(warnings).collect();
    match (problems.is_empty(), result.validation_passed_without_warnings()) {
        (true, true) => Ok(()),
        (true, false) => Err(whole(sources, result.to_string())),
        (false, _) => Err(Problems(problems)),
    }
}

/// A problem that Cedar found, where it says it is, or else at `offset`.
fn problem(found: &dyn Diagnostic, source: &Source<'_>, offset: usize) -> Problem {
    let label = found.labels().and_then(|mut labels| labels.next());
    let offset = label.map_or(offset, |label| label.offset());
    let problem = source.problem(offset, found.to_string());
    match found.help() {
        Some(help) => problem.hinting(help.to_string()),
        None => problem,
    }
}
