//! Cases: requests with the decision that they should get.

use crate::decision::{Answer, Decision};
use crate::engine::{Engine, Unaskable};
use crate::question::Question;

/// A request and what is expected of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it shows, in words.
    pub name: String,
    /// The request.
    pub question: Question,
    /// What should come of it.
    pub expected: Expected,
    /// The labels that should be masked, where that is said.
    pub masks: Option<Vec<String>>,
}

/// What is expected of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// It is allowed.
    Allow,
    /// It needs approval, by so many people where that is said.
    Approval(Option<u8>),
    /// It is refused.
    Deny,
    /// Asking fails, and so it is refused.
    Error,
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub answer: Answer,
    /// What is wrong with it, where something is.
    pub wrong: Option<String>,
}

impl Case {
    /// Asks, and holds the answer against what is expected; `policies`, where given, are the names
    /// of all that should have led to it.
    pub fn run(&self, engine: &Engine, policies: Option<&[String]>) -> Result<Outcome, Unaskable> {
        let slice = self.question.slice(engine)?;
        let answer = slice.decide(&self.question.facts(&slice));
        let wrong = self.expected.wrong(answer.decision);
        let wrong = wrong.or_else(|| by_others(&answer, policies)).or_else(|| self.shown(&answer));
        Ok(Outcome { answer, wrong })
    }
}

impl Case {
    fn shown(&self, answer: &Answer) -> Option<String> {
        let mut expected: Vec<&str> = self.masks.as_ref()?.iter().map(String::as_str).collect();
        expected.sort_unstable();
        let masked = answer.masks();
        let found: Vec<&str> = masked.iter().map(|label| &**label).collect();
        (expected != found).then(|| format!("expected to mask {expected:?}, and it is {found:?}"))
    }
}

impl Expected {
    fn wrong(&self, decision: Decision) -> Option<String> {
        let met = match (self, decision) {
            (Self::Allow, Decision::Allow)
            | (Self::Deny, Decision::Deny)
            | (Self::Error, Decision::Error) => true,
            (Self::Approval(expected), Decision::NeedsApproval { approvers }) => {
                expected.is_none_or(|expected| expected == approvers)
            }
            _ => false,
        };
        let (expected, decided) = (self.as_text(), text(decision));
        (!met).then(|| format!("expected {expected}, and it is {decided}"))
    }

    fn as_text(&self) -> String {
        match self {
            Self::Allow => "allow".to_owned(),
            Self::Approval(None) => "approval".to_owned(),
            Self::Approval(Some(approvers)) => format!("approval by {approvers}"),
            Self::Deny => "deny".to_owned(),
            Self::Error => "error".to_owned(),
        }
    }
}

fn text(decision: Decision) -> String {
    match decision {
        Decision::NeedsApproval { approvers } => format!("approval by {approvers}"),
        other => other.as_str().to_owned(),
    }
}

fn by_others(answer: &Answer, policies: Option<&[String]>) -> Option<String> {
    let mut expected: Vec<&str> = policies?.iter().map(String::as_str).collect();
    expected.sort_unstable();
    let found: Vec<&str> = answer.policies.iter().map(|policy| &*policy.id).collect();
    (expected != found).then(|| format!("expected by {expected:?}, and it is by {found:?}"))
}
