//! The log line of a request, made of what was found when its record was read.

use std::borrow::Cow;

use bailiwick_ledger::summary::Summary;

/// What a line says; texts lie where their record lies.
#[derive(Debug)]
pub(super) struct Line {
    id: Text,
    agent: Option<Text>,
    operation: Option<Text>,
    outcome: Text,
    code: Option<Text>,
    status: Option<u16>,
    duration_us: Option<u64>,
}

/// A text among the records of a batch; its own only if it is escaped there.
#[derive(Debug)]
enum Text {
    Within { start: usize, bytes: usize },
    Apart(Box<str>),
}

impl Line {
    /// The line of a record, whose summary was read where it lies in `texts`.
    pub(super) fn of(summary: &Summary<'_>, texts: &[u8]) -> Self {
        let text = |text: &Cow<'_, str>| Text::of(text, texts);
        Self {
            id: text(&summary.id),
            agent: summary.agent.as_ref().map(|agent| text(&agent.name)),
            operation: summary.operation.as_ref().map(text),
            outcome: text(&summary.decision.outcome),
            code: summary.decision.code.as_ref().map(text),
            status: summary.response.and_then(|response| response.status),
            duration_us: summary.duration_us,
        }
    }

    /// Writes it; `texts` are those it was read in.
    pub(super) fn log<'a>(&'a self, texts: &'a [u8]) {
        let text = |text: &'a Text| text.read(texts);
        tracing::info!(
            target: "request",
            request_id = text(&self.id),
            agent = self.agent.as_ref().map(text),
            operation = self.operation.as_ref().map(text),
            outcome = text(&self.outcome),
            code = self.code.as_ref().map(text),
            status = self.status,
            duration_ms = self.duration_us.map(millis),
        );
    }
}

impl Text {
    /// Where the text lies; one that was unescaped lies nowhere among them.
    fn of(text: &str, texts: &[u8]) -> Self {
        let start = text.as_ptr().addr().checked_sub(texts.as_ptr().addr());
        let is_there = |start: &usize| {
            texts.get(*start..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
        };
        match start.filter(is_there) {
            Some(start) => Self::Within { start, bytes: text.len() },
            None => Self::Apart(text.into()),
        }
    }

    fn read<'a>(&'a self, texts: &'a [u8]) -> &'a str {
        match self {
            Self::Apart(text) => text,
            Self::Within { start, bytes } => {
                let text = texts.get(*start..).and_then(|rest| rest.get(..*bytes));
                text.and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
            }
        }
    }
}

/// Milliseconds to the microsecond. One division of two whole numbers that are exact gives the
/// number that is nearest, which is the one that prints with no more digits than it needs.
fn millis(us: u64) -> f64 {
    let half = |half: u64| f64::from(u32::try_from(half).unwrap_or(u32::MAX));
    half(us >> 32).mul_add(4_294_967_296.0, half(us & 0xffff_ffff)) / 1_000.0
}
