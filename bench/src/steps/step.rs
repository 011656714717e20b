//! One step, timed.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Builder;

/// How long one round of a step takes at least, and how many rounds there are.
const ROUND: Duration = Duration::from_millis(20);
const ROUNDS: usize = 7;

/// One step, and what it costs.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) what: &'static str,
    pub(crate) nanos: f64,
}

impl Step {
    /// Times a step by the quickest of a few rounds: whatever else runs can only slow it down. The
    /// step is told how often it was called before, and called at least a hundred times a round.
    pub(crate) async fn time_async(
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
    pub(crate) fn time(
        what: &'static str,
        mut step: impl FnMut(u64) -> Result<()>,
    ) -> Result<Self> {
        let timed = Self::time_async(what, async |call| step(call));
        Builder::new_current_thread().build()?.block_on(timed)
    }
}
