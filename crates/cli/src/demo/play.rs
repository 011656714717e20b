//! One request after the other: sent, judged, said.

use super::exchange::{Answer, Prepared};
use super::page::Page;
use super::stage::Stage;
use super::tally::Tally;
use super::verdict::{Step, Verdict};
use crate::failure::Failure;

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
