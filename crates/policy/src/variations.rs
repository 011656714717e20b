//! The same request with one thing changed: what an explanation tries.

use std::net::IpAddr;
use std::sync::Arc;

use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::operation::{ApprovalRule, Operation, Sensitivity};
use bailiwick_domain::scope::ScopeSet;

use crate::facts::Fact;
use crate::fields::Found;
use crate::question::Question;
use crate::reads::Constant;

/// A request with one thing changed.
#[derive(Debug, Clone)]
pub(crate) struct Variation {
    /// What is changed, as policies name it.
    pub fact: String,
    /// What it is changed to; nothing for "absent".
    pub to: Option<String>,
    pub question: Question,
}

const HOUR_SECONDS: i64 = 3_600;

/// Every variation that is tried: a small closed set, and what policies compare facts with.
pub(crate) fn all<'a>(
    question: &Question,
    compared: impl Iterator<Item = &'a (Fact, Constant)>,
) -> Vec<Variation> {
    let mut variations = of_actors(question);
    variations.extend(of_operation(question));
    variations.extend(of_times(question));
    variations
        .extend(compared.filter_map(|(fact, constant)| of_constant(question, fact, constant)));
    let fields = question.fields.keys().map(|name| {
        let fact = format!("field {name}");
        vary(question, &fact, None, |changed| drop(changed.fields.remove(name)))
    });
    variations.extend(fields);
    variations
}

fn vary(
    question: &Question,
    fact: &str,
    to: Option<&str>,
    change: impl FnOnce(&mut Question),
) -> Variation {
    let mut changed = question.clone();
    change(&mut changed);
    Variation { fact: fact.to_owned(), to: to.map(str::to_owned), question: changed }
}

fn of_actors(question: &Question) -> Vec<Variation> {
    let kind = match question.kind {
        Kind::Copilot => Kind::Autonomous,
        Kind::Autonomous => Kind::Copilot,
    };
    let mut variations =
        vec![vary(question, "kind", Some(kind.as_str()), |changed| changed.kind = kind)];
    let person = question.person.is_none().then_some("psn_…");
    variations.push(vary(question, "context.person", person, |changed| {
        changed.person = person.map(str::to_owned);
        changed.chain = if person.is_some() { changed.chain.max(1) } else { changed.chain };
    }));
    let task = question.task.is_none().then_some("tsk_…");
    variations.push(vary(question, "context.task", task, |changed| {
        changed.task = task.map(str::to_owned);
    }));
    if question.purpose.is_some() {
        variations.push(vary(question, "context.purpose", None, |changed| changed.purpose = None));
    }
    for chain in 0..question.chain {
        let to = chain.to_string();
        variations
            .push(vary(question, "context.chain", Some(&to), |changed| changed.chain = chain));
    }
    let strengths = [Strength::Bearer, Strength::Mac, Strength::Key];
    for proof in strengths.into_iter().filter(|proof| *proof != question.proof) {
        let to = Some(proof.as_str());
        variations.push(vary(question, "context.proof", to, |changed| changed.proof = proof));
    }
    let needed = &question.operation.scopes;
    if !needed.is_subset(&question.scopes) {
        let held = ScopeSet::new(question.scopes.iter().chain(needed.iter()).cloned());
        let to = held.to_string();
        variations
            .push(vary(question, "context.scopes", Some(&to), |changed| changed.scopes = held));
    }
    variations
}

fn of_operation(question: &Question) -> Vec<Variation> {
    let operation = &*question.operation;
    let sensitivities =
        Sensitivity::ALL.into_iter().filter(|known| *known != operation.sensitivity);
    let sensitivities = sensitivities.map(|sensitivity| {
        let changed = Operation { sensitivity, ..operation.clone() };
        ("resource.sensitivity", sensitivity.as_str(), changed)
    });
    let rules = ApprovalRule::ALL.into_iter().filter(|known| *known != operation.approval);
    let rules = rules.map(|approval| {
        let changed = Operation { approval, ..operation.clone() };
        ("resource.approval", approval.as_str(), changed)
    });
    let changes = sensitivities.chain(rules);
    changes
        .map(|(fact, to, operation)| {
            vary(question, fact, Some(to), |changed| changed.operation = Arc::new(operation))
        })
        .collect()
}

fn of_times(question: &Question) -> Vec<Variation> {
    let hours = (0..24).map(|hour| ("context.hour", hour, HOUR_SECONDS));
    let weekdays = (1..=7).map(|day| ("context.weekday", day, 24 * HOUR_SECONDS));
    let now = |fact| match fact {
        "context.hour" => crate::context::hour(question.at),
        _ => crate::context::weekday(question.at),
    };
    let others = hours.chain(weekdays).filter(|(fact, value, _)| *value != now(fact));
    others
        .map(|(fact, value, unit)| {
            let at = question.at.plus_seconds((value - now(fact)).saturating_mul(unit));
            vary(question, fact, Some(&value.to_string()), |changed| changed.at = at)
        })
        .collect()
}

/// The request with a fact as a policy has it written out.
fn of_constant(question: &Question, fact: &Fact, constant: &Constant) -> Option<Variation> {
    let name = fact.to_string();
    let text = match constant {
        Constant::Text(text) => text.clone(),
        Constant::Number(number) => number.to_string(),
    };
    let mut changed = question.clone();
    match (fact, constant) {
        (Fact::OfPrincipal(attribute), Constant::Text(owner)) if &**attribute == "owner" => {
            changed.owner.clone_from(owner);
        }
        (Fact::Person, Constant::Text(person)) => changed.person = Some(person.clone()),
        (Fact::Purpose, Constant::Text(purpose)) => changed.purpose = Some(purpose.clone()),
        (Fact::Task, Constant::Text(task)) => changed.task = Some(task.clone()),
        (Fact::Address, Constant::Text(network)) => changed.address = first_of(network)?,
        (Fact::Field(field), Constant::Text(text)) => {
            let found = Found::Text(text.clone().into());
            changed.fields.insert(field.name().to_owned(), found);
        }
        (Fact::Field(field), Constant::Number(number)) => {
            changed.fields.insert(field.name().to_owned(), Found::Number(*number));
        }
        _ => return None,
    }
    Some(Variation { fact: name, to: Some(text), question: changed })
}

fn first_of(network: &str) -> Option<IpAddr> {
    network.split('/').next()?.parse().ok()
}
