//! How a request ended, held against how it should.

use serde_json::Value;

use super::exchange::{Answer, Prepared};

/// What a request should come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// It reaches the API, which answers so.
    Allowed(u16),
    /// It is refused with this status and code.
    Refused(u16, &'static str),
}

/// A request with what is to be said about it.
pub(super) struct Step<'a> {
    /// Who asks; for a request by nobody known, what to call it.
    pub(super) caller: &'static str,
    /// What it is about.
    pub(super) story: &'a str,
    pub(super) expected: Expected,
}

/// How one request ended.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) caller: &'static str,
    pub(super) story: String,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) status: u16,
    pub(super) code: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) expected: Expected,
}

impl Verdict {
    pub(super) fn of(step: &Step<'_>, prepared: &Prepared, answer: &Answer) -> Self {
        let problem = answer.json();
        let text = |key: &str| problem.get(key).and_then(Value::as_str).map(str::to_owned);
        let code = if answer.status >= 400 { text("code") } else { None };
        let reason = text("detail").or(text("title")).filter(|_| code.is_some());
        let reason = reason.map(|reason| reason.trim_end_matches('.').to_owned());
        Self {
            caller: step.caller,
            story: step.story.to_owned(),
            method: prepared.method.to_string(),
            target: prepared.target.clone(),
            status: answer.status,
            code,
            reason,
            expected: step.expected,
        }
    }

    /// Whether the gateway let it through.
    pub(super) fn is_allowed(&self) -> bool {
        self.code.is_none()
    }

    /// Whether it ended as it should.
    pub(super) fn is_expected(&self) -> bool {
        match self.expected {
            Expected::Allowed(status) => self.code.is_none() && self.status == status,
            Expected::Refused(status, code) => {
                self.status == status && self.code.as_deref() == Some(code)
            }
        }
    }
}
