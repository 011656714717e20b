//! Why a request is decided as it is: by which policies, on which facts, and what would change it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::context;
use crate::decision::{Answer, Decision};
use crate::engine::{Engine, Unaskable};
use crate::facts::Fact;
use crate::fields::Found;
use crate::policy::Policy;
use crate::question::Question;
use crate::variations;

/// Why a request is decided as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The answer.
    pub answer: Answer,
    /// Every policy whose scope fits, by name, with whether it led to the answer.
    pub considered: Vec<(Arc<Policy>, bool)>,
    /// What those policies look at, as policies write it, and what it is; nothing where absent.
    pub facts: Vec<(String, Option<String>)>,
    /// The single changes that change the decision.
    pub changes: Vec<Change>,
}

/// A change by which the decision is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What changes, as policies write it.
    pub fact: String,
    /// To what: each of these does; absence where empty.
    pub to: Vec<String>,
    /// The decision then.
    pub decision: Decision,
}

/// Explains the decision about a request. What would change it is found by trying: each kind of
/// agent, strength of proof, sensitivity, mark and time, with and without person, task and purpose,
/// a shorter chain, the missing scopes, and every value that a policy which fits compares a fact
/// with; one thing at a time.
pub fn explain(engine: &Engine, question: &Question) -> Result<Explanation, Unaskable> {
    let slice = question.slice(engine)?;
    let answer = slice.decide(&question.facts(&slice));
    let led =
        |policy: &Arc<Policy>| answer.policies.contains(policy) || answer.masking.contains(policy);
    let considered = slice.policies().map(|policy| (Arc::clone(policy), led(policy))).collect();
    let read: BTreeSet<&Fact> =
        slice.policies().flat_map(|policy| policy.reads.facts.iter()).collect();
    let facts = read.into_iter().map(|fact| (fact.to_string(), value(question, fact))).collect();
    let compared = slice.policies().flat_map(|policy| policy.reads.compared.iter());
    let mut changes: Vec<Change> = Vec::new();
    for tried in variations::all(question, compared) {
        let slice = tried.question.slice(engine)?;
        let decision = slice.decide(&tried.question.facts(&slice)).decision;
        if decision != answer.decision {
            note(&mut changes, tried.fact, tried.to, decision);
        }
    }
    Ok(Explanation { answer, considered, facts, changes })
}

/// Adds a change, to the one before where only the value differs.
fn note(changes: &mut Vec<Change>, fact: String, to: Option<String>, decision: Decision) {
    let Some(to) = to else {
        changes.push(Change { fact, to: Vec::new(), decision });
        return;
    };
    let same = |change: &&mut Change| {
        change.fact == fact && change.decision == decision && !change.to.is_empty()
    };
    match changes.last_mut().filter(same) {
        Some(last) if !last.to.contains(&to) => last.to.push(to),
        Some(_) => {}
        None => changes.push(Change { fact, to: vec![to], decision }),
    }
}

fn value(question: &Question, fact: &Fact) -> Option<String> {
    let operation = &question.operation;
    let principal = question.principal();
    Some(match fact {
        Fact::Principal => {
            format!("{}/{}, {}", question.project, question.agent, question.kind.as_str())
        }
        Fact::Action => crate::action::Action::of(&operation.method).as_str().to_owned(),
        Fact::Resource => format!("{} {operation}", operation.api),
        Fact::OfPrincipal(attribute) => match &**attribute {
            "name" => principal.name.to_owned(),
            "project" => principal.project.to_owned(),
            _ => principal.owner.to_owned(),
        },
        Fact::OfResource(attribute) => match &**attribute {
            "api" => operation.api.to_string(),
            "method" => operation.method.clone(),
            "path" => operation.template.clone(),
            "scopes" => operation.scopes.to_string(),
            "approval" => operation.approval.as_str().to_owned(),
            _ => operation.sensitivity.as_str().to_owned(),
        },
        Fact::Person => question.person.clone()?,
        Fact::Chain => question.chain.to_string(),
        Fact::Task => question.task.clone()?,
        Fact::Purpose => question.purpose.clone()?,
        Fact::Proof | Fact::ProofLevel => question.proof.to_string(),
        Fact::Scopes => question.scopes.to_string(),
        Fact::Time => question.at.to_string(),
        Fact::Hour => context::hour(question.at).to_string(),
        Fact::Weekday => context::weekday(question.at).to_string(),
        Fact::Address => question.address.to_string(),
        Fact::Field(field) => match question.fields.get(field.name())? {
            Found::Absent => return None,
            Found::Text(text) => text.clone().into_owned(),
            Found::Number(number) => number.to_string(),
            Found::Unfit => "neither a text nor a whole number".to_owned(),
        },
    })
}
