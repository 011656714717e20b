//! `cargo xtask check`: quick, needs no server.

use anyhow::Result;

use crate::report::Report;
use crate::run::{command, counted, succeeds};
use crate::tools;

pub(crate) const HELP: &str = "\
What to run before every commit: cargo fmt, clippy with warnings as errors, the house rules (sizes,
names, circles, the arrow table), bans, licenses and sources of dependencies, and the unit tests of
the crates that need no server.

Usage: cargo xtask check
";

const QUICK: &str = "cargo nextest run --no-fail-fast -p bailiwick-domain -p bailiwick-proof \
    -p bailiwick-ledger -p bailiwick-vault -p xtask";
const HOUSE: &str =
    "cargo nextest run --no-fail-fast -p bailiwick-testkit --test tidy --test layers";

pub(crate) fn run(_: &[String]) -> Result<bool> {
    let mut report = Report::default();
    tools::NEXTEST.ensure()?;
    form(&mut report);
    report.tests("house rules", || counted(&mut command(HOUSE)));
    report.tests("unit tests", || counted(&mut command(QUICK)));
    Ok(report.close())
}

/// What holds without running anything of ours.
pub(crate) fn form(report: &mut Report) {
    report.step("format", || succeeds(&mut command("cargo fmt --all --check")));
    report.step("dependencies", || {
        tools::DENY.ensure()?;
        succeeds(&mut command("cargo deny --log-level error check bans licenses sources"))
    });
    report.step("lints", || {
        succeeds(&mut command("cargo clippy --workspace --all-targets -- -D warnings"))
    });
}
