//! What each step of a request costs by itself: the very functions that the gateway's checks call,
//! called in a loop in this process, with nothing else around them.
//!
//! A step is cheaper here than in a gateway under load, where every cache is shared with the rest
//! of a request; so the steps say which of them is dear, and the rows say what a request costs.

mod clients;
mod granted;
mod messages;
mod policies;
mod proofs;
mod standing;
mod step;
mod ways;
mod workloads;
mod written;

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

pub(crate) use step::Step;

/// Measures every step; the folder takes a journal.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Step>> {
    let mut steps = proofs::measure()?;
    steps.extend(ways::measure()?);
    steps.extend(workloads::measure()?);
    steps.extend(standing::measure()?);
    steps.extend(granted::measure()?);
    steps.extend(messages::measure()?);
    steps.extend(policies::measure()?);
    steps.extend(clients::measure()?);
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
