//! What was run, how it ended, and how long it took.

use std::time::Instant;

use anyhow::Result;

use crate::run::Tally;

/// The steps of one run. A step that fails does not stop the ones after it.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    good: bool,
    seconds: f64,
    tally: Tally,
}

impl Report {
    /// Runs one step.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<bool>) {
        self.tests(name, || work().map(|good| (good, Tally::default())));
    }

    /// Runs one step that counts tests.
    pub(crate) fn tests(&mut self, name: &str, work: impl FnOnce() -> Result<(bool, Tally)>) {
        eprintln!("\n── {name}");
        let start = Instant::now();
        let (good, tally) = work().unwrap_or_else(|fault| {
            eprintln!("{name}: {fault:#}");
            (false, Tally::default())
        });
        self.rows.push(Row {
            name: name.to_owned(),
            good,
            seconds: start.elapsed().as_secs_f64(),
            tally,
        });
    }

    /// Prints the table, the test runner's own summary and one closing line; says whether all held.
    pub(crate) fn close(&self) -> bool {
        println!("\n{:<36} {:>6} {:>9}  tests", "step", "", "seconds");
        for Row { name, good, seconds, tally } in &self.rows {
            let verdict = if *good { "ok" } else { "FAILED" };
            let tests = match tally.passed + tally.failed {
                0 => String::new(),
                _ => format!("{} passed, {} failed", tally.passed, tally.failed),
            };
            println!("{}", format!("{name:<36} {verdict:>6} {seconds:>9.1}  {tests}").trim_end());
        }
        println!();
        for summary in self.rows.iter().filter_map(|row| row.tally.summary.as_ref()) {
            println!("     {summary}");
        }
        let (passed, failed) = self.totals();
        println!("{passed} passed, {failed} failed");
        failed == 0
    }

    /// Tests, and each step without tests as one; a step that failed counts at least one.
    fn totals(&self) -> (u64, u64) {
        self.rows.iter().fold((0, 0), |(passed, failed), Row { good, tally, .. }| {
            let bare = u64::from(*good && tally.passed == 0);
            let broken = u64::from(!good).max(tally.failed);
            (passed + tally.passed.max(bare), failed + broken)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed, summary: None }
    }

    fn check(steps: &[(bool, Tally)], expected: (u64, u64)) {
        let mut report = Report::default();
        for (good, tally) in steps {
            report.tests("step", || Ok((*good, tally.clone())));
        }
        assert_eq!(report.totals(), expected, "{steps:?}");
        assert_eq!(report.close(), expected.1 == 0);
    }

    #[test]
    fn a_run_in_which_all_holds_is_good() {
        check(&[(true, tally(7, 0)), (true, tally(0, 0))], (8, 0));
    }

    #[test]
    fn a_step_that_fails_is_counted_even_when_no_test_did() {
        check(&[(true, tally(7, 0)), (false, tally(0, 0))], (7, 1));
        check(&[(false, tally(7, 2))], (7, 2));
        check(&[(false, tally(7, 0))], (7, 1));
    }

    #[test]
    fn a_step_that_cannot_run_is_a_failure() {
        let mut report = Report::default();
        report.step("step", || anyhow::bail!("no such program"));
        assert_eq!(report.totals(), (0, 1));
    }
}
