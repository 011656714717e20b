//! Running other programs, from the root of the checkout.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result};

/// How many tests passed and failed, as their runner says it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// The runner's own closing line.
    pub(crate) summary: Option<String>,
}

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A command that starts at the root; the words after the first are its arguments.
pub(crate) fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs to the end, with its output shown as it comes.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command.status().with_context(|| format!("{} does not start", said(command)))?.success())
}

/// Runs to the end and returns what it wrote to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} does not start", said(command)))?;
    anyhow::ensure!(output.status.success(), "{} failed", said(command));
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a program is there and answers; shows nothing.
pub(crate) fn answers(line: &str) -> bool {
    let mut command = command(line);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs tests with their output shown as it comes, and counts them.
pub(crate) fn counted(command: &mut Command) -> Result<(bool, Tally)> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} does not start", said(command)))?;
    let stdout = child.stdout.take().context("no standard output")?;
    let stderr = child.stderr.take().context("no standard error")?;
    let other = thread::spawn(move || pass_on(stdout, &mut std::io::stdout()));
    let mut tally = pass_on(stderr, &mut std::io::stderr())?;
    let other = other.join().map_err(|_| anyhow::anyhow!("reading the tests' output failed"))??;
    tally.passed += other.passed;
    tally.failed += other.failed;
    tally.summary = tally.summary.or(other.summary);
    Ok((child.wait()?.success(), tally))
}

fn pass_on(from: impl Read, to: &mut impl Write) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        tally.add(&plain(&String::from_utf8_lossy(&line)));
        line.clear();
    }
    Ok(tally)
}

impl Tally {
    /// Reads `Summary [ 1.2s] 7 tests run: 6 passed, 1 failed, 0 skipped` of nextest,
    /// `test result: ok. 3 passed; 0 failed; …` of the standard runner, `# pass 3` and `# fail 0`
    /// of Node's, and `== 3 passed, 1 failed in 0.1s ==` of pytest.
    fn add(&mut self, line: &str) {
        let line = line.trim();
        if let Some(of_node) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            return self.add_of_node(of_node);
        }
        let nextest = line.strip_prefix("Summary [").and_then(|rest| rest.split_once("run: "));
        let standard = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "));
        let pytest = line.trim_matches('=').trim().rsplit_once(" in ");
        let pytest = pytest.filter(|(counts, _)| is_of_pytest(counts)).map(|it| ("", it.0));
        let Some((_, counts)) = nextest.or(standard).or(pytest) else { return };
        if nextest.is_some() {
            self.summary = Some(line.to_owned());
        }
        for part in counts.split([',', ';']) {
            let mut words = part.split_whitespace();
            let count = words.next().and_then(|it| it.parse::<u64>().ok()).unwrap_or_default();
            match words.next() {
                Some("passed") => self.passed += count,
                Some("failed" | "timed" | "exec" | "error" | "errors") => self.failed += count,
                _ => {}
            }
        }
    }

    fn add_of_node(&mut self, line: &str) {
        let Some((what, count)) = line.split_once(' ') else { return };
        let Ok(count) = count.parse::<u64>() else { return };
        match what {
            "pass" => self.passed += count,
            "fail" | "cancelled" => self.failed += count,
            _ => {}
        }
    }
}

/// Whether this is a list of counts, each a number and a word.
fn is_of_pytest(counts: &str) -> bool {
    let is_count = |part: &str| {
        let words = part.trim().split_once(' ');
        words.is_some_and(|(count, what)| {
            count.parse::<u64>().is_ok() && !what.is_empty() && !what.contains(' ')
        })
    };
    counts.split(',').all(is_count)
}

/// Without the escapes that color a terminal.
fn plain(line: &str) -> String {
    let mut text = String::new();
    for (place, part) in line.split('\u{1b}').enumerate() {
        let rest = part.find(|it: char| it.is_ascii_alphabetic()).map(|at| at + 1);
        text.push_str(if place == 0 { part } else { part.get(rest.unwrap_or(0)..).unwrap_or("") });
    }
    text
}

fn said(command: &Command) -> String {
    format!("`{}`", command.get_program().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, passed: u64, failed: u64) {
        let mut tally = Tally::default();
        tally.add(&plain(line));
        assert_eq!((tally.passed, tally.failed), (passed, failed), "{line}");
    }

    #[test]
    fn the_runners_closing_lines_are_counted() {
        check("     Summary [   0.015s] 3 tests run: 3 passed, 0 skipped\n", 3, 0);
        check("===== 141 passed, 2 skipped in 9.12s =====\n", 141, 0);
        check("1 failed, 3 passed, 2 errors in 0.10s", 3, 3);
        check("= it passed in time =", 0, 0);
        check(
            "     Summary [   9.015s] 9 tests run: 6 passed (2 slow), 2 failed, 1 timed out",
            6,
            3,
        );
        check("\u{1b}[32;1m  Summary\u{1b}[0m [ 1s] 1 test run: \u{1b}[1m1\u{1b}[0m passed", 1, 0);
        check("# pass 7\n", 7, 0);
        check("ℹ fail 2", 0, 2);
        check("# cancelled 1", 0, 1);
        check("test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured", 4, 0);
        check("test result: FAILED. 4 passed; 2 failed; 0 ignored", 4, 2);
    }

    #[test]
    fn any_other_line_is_not_counted() {
        check("running 3 tests", 0, 0);
        check("# Subtest: pass 3", 0, 0);
        check("# tests 3", 0, 0);
        check("        PASS [   0.003s] a 5 passed", 0, 0);
        check("", 0, 0);
    }
}
