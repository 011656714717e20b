//! The page of results, in two parts that are measured apart.

use std::fs;

use anyhow::Result;

use crate::maker;

/// Where the page is kept.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results.md");
/// How the part about revocation begins.
const REVOCATION: &str = "## Revocation\n";

/// Keeps the page of a whole run, and the part about revocation that is there.
pub(crate) fn keep_page(page: &str) -> Result<()> {
    let (_, revocation) = parts();
    keep(page, &revocation)
}

/// Keeps the part about revocation, and the page that is there.
pub(crate) fn keep_revocation(section: &str) -> Result<()> {
    let (page, _) = parts();
    keep(&page, section)
}

/// The heading of the part about revocation.
pub(crate) fn revocation_heading() -> String {
    format!("{REVOCATION}\n")
}

/// When and where something was measured.
pub(crate) fn measured_on() -> String {
    let at = maker::now().to_string();
    let day = at.split_once('T').map_or(&*at, |(day, _)| day);
    format!("Measured {day} on {}.", machine())
}

fn parts() -> (String, String) {
    let text = fs::read_to_string(RESULTS).unwrap_or_default();
    match text.find(REVOCATION) {
        Some(place) => {
            let (page, revocation) = text.split_at(place);
            (page.to_owned(), revocation.to_owned())
        }
        None => (text, String::new()),
    }
}

fn keep(page: &str, revocation: &str) -> Result<()> {
    let whole = format!("{}\n\n{}", page.trim_end(), revocation.trim_end());
    fs::write(RESULTS, format!("{}\n", whole.trim()))?;
    eprintln!("wrote {RESULTS}");
    Ok(())
}

fn machine() -> String {
    let said = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = said.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("an unknown processor", |it| it.trim_start_matches(['\t', ' ', ':']));
    let cores = said.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!("{model}, {cores} cores, Linux {kernel}; load average at the end {load}")
}
