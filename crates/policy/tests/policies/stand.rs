//! What every test here begins with.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::operation::{ApprovalRule, Operation, Sensitivity};
use bailiwick_policy::decision::{Answer, Decision};
use bailiwick_policy::engine::Engine;
use bailiwick_policy::question::Question;
use bailiwick_policy::source::Source;

/// An operation, `acme GET /tickets/{id}`, that takes a scope.
pub(crate) fn operation(named: &str) -> Operation {
    let mut words = named.splitn(3, ' ');
    Operation {
        api: words.next().unwrap().into(),
        method: words.next().unwrap().to_owned(),
        template: words.next().unwrap().to_owned(),
        scopes: "tickets:use".parse().unwrap(),
        limit: None,
        sensitivity: Sensitivity::Internal,
        approval: ApprovalRule::Policy,
        approvers: 1,
    }
}

/// A request for an operation by an autonomous agent that holds the scope, on a Sunday at 9:30.
pub(crate) fn question(named: &str) -> Question {
    Question {
        agent: "summarizer".to_owned(),
        project: "default".to_owned(),
        owner: "support".to_owned(),
        kind: Kind::Autonomous,
        operation: Arc::new(operation(named)),
        person: None,
        chain: 0,
        task: None,
        purpose: None,
        proof: Strength::Key,
        scopes: "tickets:use".parse().unwrap(),
        at: "2026-11-22T09:30:00Z".parse().unwrap(),
        address: "192.0.2.7".parse().unwrap(),
        fields: BTreeMap::new(),
    }
}

pub(crate) fn engine(text: &str) -> Engine {
    match Engine::read(&[Source { name: "test.cedar", text }]) {
        Ok(engine) => engine,
        Err(problems) => panic!("{problems}"),
    }
}

pub(crate) fn ask(engine: &Engine, question: &Question) -> Answer {
    let slice = question.slice(engine).unwrap();
    slice.decide(&question.facts(&slice))
}

/// Decides, and names the policies that led to it.
pub(crate) fn check(engine: &Engine, question: &Question, expected: (Decision, &[&str])) {
    let answer = ask(engine, question);
    let named: Vec<&str> = answer.policies.iter().map(|policy| &*policy.id).collect();
    assert_eq!((answer.decision, &*named), expected, "{question:?} {:?}", answer.errors);
}
