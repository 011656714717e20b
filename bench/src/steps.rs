//! What each step of a request costs by itself: the very functions that the gateway's checks call,
//! called in a loop in this process, with nothing else around them.
//!
//! A step is cheaper here than in a gateway under load, where every cache is shared with the rest of
//! a request; so the steps say which of them is dear, and the rows say what a request costs.

mod proofs;
mod standing;
mod written;

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Builder;

/// How long one round of a step takes at least, and how many rounds there are.
const ROUND: Duration = Duration::from_millis(20);
const ROUNDS: usize = 7;

/// One step, and what it costs.
#[derive(Debug)]
pub(crate) struct Step {
    what: &'static str,
    nanos: f64,
}

/// Measures every step; the folder takes a journal.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Step>> {
    let mut steps = proofs::measure()?;
    steps.extend(standing::measure()?);
    steps.extend(written::measure(folder)?);
    Ok(steps)
}

/// The table of them.
pub(crate) fn page(steps: &[Step]) -> Result<String> {
    let mut page = String::from("| one step alone, in a loop | ns |\n|---|---:|\n");
    for Step { what, nanos } in steps {
        writeln!(page, "| {what} | {nanos:.0} |")?;
    }
    Ok(page)
}

impl Step {
    /// Times a step by the quickest of a few rounds: whatever else runs can only slow it down. The
    /// step is told how often it was called before, and called at least a hundred times a round.
    async fn time_async(
        what: &'static str,
        mut step: impl AsyncFnMut(u64) -> Result<()>,
    ) -> Result<Self> {
        let mut calls = 0;
        let mut nanos = f64::INFINITY;
        for _ in 0..ROUNDS {
            let (begun, first) = (Instant::now(), calls);
            while begun.elapsed() < ROUND || calls == first {
                for _ in 0..100 {
                    step(calls).await?;
                    calls += 1;
                }
            }
            let count = u32::try_from(calls - first)?;
            nanos = nanos.min(begun.elapsed().as_secs_f64() * 1e9 / f64::from(count));
        }
        Ok(Self { what, nanos })
    }

    /// Times a step that never waits.
    fn time(what: &'static str, mut step: impl FnMut(u64) -> Result<()>) -> Result<Self> {
        let timed = Self::time_async(what, async |call| step(call));
        Builder::new_current_thread().build()?.block_on(timed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_does_what_it_is_timed_for() {
        let folder = crate::process::Folder::new().unwrap();
        let steps = measure(&folder.inside("steps").unwrap()).unwrap();
        assert!(steps.iter().all(|step| step.nanos.is_finite() && step.nanos > 0.0), "{steps:?}");
        assert_eq!(page(&steps).unwrap().lines().count(), 2 + steps.len());
    }
}
