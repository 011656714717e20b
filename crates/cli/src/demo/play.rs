//! One request after the other: sent, judged, said.

use serde_json::Value;

use super::exchange::{Answer, Prepared};
use super::page::Page;
use super::stage::Stage;
use super::tally::Tally;
use crate::failure::Failure;

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

/// The performance so far.
pub(super) struct Play<'a> {
    pub(super) stage: &'a Stage,
    pub(super) page: &'a Page,
    tally: Tally,
}

impl<'a> Play<'a> {
    pub(super) fn new(stage: &'a Stage, page: &'a Page) -> Self {
        Self { stage, page, tally: Tally::default() }
    }

    /// Sends a request, and says on one line how it ended.
    pub(super) async fn step(
        &mut self,
        step: Step<'_>,
        prepared: &Prepared,
    ) -> Result<Answer, Failure> {
        let answer = prepared.send(self.stage.gateway()).await?;
        let verdict = Verdict::of(&step, prepared, &answer);
        self.page.verdict(&verdict);
        self.tally.add(verdict);
        Ok(answer)
    }

    pub(super) fn tally(self) -> Tally {
        self.tally
    }
}

impl Verdict {
    fn of(step: &Step<'_>, prepared: &Prepared, answer: &Answer) -> Self {
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
