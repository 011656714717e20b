//! `cargo xtask fuzz`: every target for a while.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::report::Report;
use crate::run::{command, root, succeeds};
use crate::tools;

pub(crate) const HELP: &str = "\
Runs the fuzz targets, each for so many seconds, from the corpora in fuzz/corpus; what they find new
is kept in fuzz/found. The corpora also run as ordinary tests. A crash is written to fuzz/artifacts:
fix it, and add the input to the corpus. Installs cargo-fuzz when it is missing.

Usage: cargo xtask fuzz [SECONDS] [TARGET]…

SECONDS is 60 unless said; without a TARGET all of them run.
";

pub(crate) fn run(arguments: &[String]) -> Result<bool> {
    let (seconds, named) = read(arguments)?;
    let known = targets()?;
    if let Some(stranger) = named.iter().find(|it| !known.contains(it)) {
        bail!("no fuzz target is called `{stranger}`; there are {}", known.join(", "));
    }
    tools::FUZZ.ensure()?;
    let mut report = Report::default();
    for target in if named.is_empty() { known } else { named } {
        fs::create_dir_all(root().join("fuzz/found").join(&target))?;
        let mut fuzz = command(&format!(
            "cargo fuzz run {target} --sanitizer none fuzz/found/{target} fuzz/corpus/{target} \
             -- -max_total_time={seconds} -max_len=16384 -rss_limit_mb=4096 -timeout=10"
        ));
        report.step(&target, || succeeds(fuzz.env("RUSTC_BOOTSTRAP", "1")));
    }
    Ok(report.close())
}

fn read(arguments: &[String]) -> Result<(u32, Vec<String>)> {
    let Some((first, rest)) = arguments.split_first() else { return Ok((60, Vec::new())) };
    match first.parse() {
        Ok(seconds) => Ok((seconds, rest.to_vec())),
        Err(_) if first.starts_with(|it: char| it.is_ascii_digit() || it == '-') => {
            bail!("`{first}` is not a number of seconds")
        }
        Err(_) => Ok((60, arguments.to_vec())),
    }
}

fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/targets");
    let mut targets = Vec::new();
    for entry in fs::read_dir(&folder).context("fuzz/targets cannot be read")? {
        let name = entry?.file_name();
        targets.extend(name.to_string_lossy().strip_suffix(".rs").map(str::to_owned));
    }
    targets.sort();
    Ok(targets)
}
