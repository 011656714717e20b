//! The table, on the terminal and as a page.

use std::fmt::Write;

use anyhow::Result;

use crate::fleet::{self, Fleet};
use crate::load::Measured;
use crate::outcome::{Asked, Outcome};
use crate::results;
use crate::steps::{self, Step};

/// What the gateway may hold with ten thousand agents registered.
const MEMORY_KIB: u64 = 100 * 1_024;

/// Prints the table, and writes the page unless told otherwise.
pub(crate) fn print(
    asked: &Asked,
    outcomes: &[Outcome],
    (remembered, steps, fleet): (Option<u64>, &[Step], &Fleet),
) -> Result<()> {
    let mut page = page(asked, outcomes, remembered)?;
    write!(page, "\n{}", steps::page(steps)?)?;
    write!(page, "\n{}", fleet::page(fleet)?)?;
    println!("{page}");
    if asked.write {
        results::keep_page(&page)?;
    }
    Ok(())
}

fn page(asked: &Asked, outcomes: &[Outcome], remembered: Option<u64>) -> Result<String> {
    let mut page = String::from("# Results\n\n");
    let Asked { rounds, requests, connections, .. } = asked;
    writeln!(page, "{}", results::measured_on())?;
    writeln!(page, "`cargo xtask bench`: {rounds} rounds of {requests} requests, in turns; the")?;
    writeln!(
        page,
        "median of each. `POST` of 1 KiB of JSON, {connections} connections, closed loop, peer on"
    )?;
    writeln!(page, "one core, load and upstream on another.\n")?;
    writeln!(page, "| | requests/s | p50 µs | p99 µs | CPU µs/request | memory MiB |")?;
    writeln!(page, "|---|---:|---:|---:|---:|---:|")?;
    for Outcome { row, rounds } in outcomes {
        let column = |pick: fn(&Measured) -> f64| median(rounds.iter().map(pick).collect());
        let held = rounds.iter().map(|it| it.resident_kib).max().unwrap_or_default();
        writeln!(
            page,
            "| {} | {:.0} | {:.0} | {:.0} | {:.1} | {} |",
            row.what,
            column(|it| it.per_second),
            column(|it| it.p50_micros),
            column(|it| it.p99_micros),
            column(|it| it.cpu_micros),
            held / 1_024,
        )?;
    }
    page.push('\n');
    write_targets(&mut page, outcomes)?;
    if let Some(kib) = remembered {
        let agents = asked.agents;
        let verdict = if kib < MEMORY_KIB { "holds" } else { "missed" };
        let (held, most) = (kib / 1_024, MEMORY_KIB / 1_024);
        writeln!(page, "\nMemory with {agents} agents: {held} MiB, under {most} MiB: {verdict}.")?;
    }
    Ok(page)
}

fn write_targets(page: &mut String, outcomes: &[Outcome]) -> Result<()> {
    let cost = |name: &str| {
        let outcome = outcomes.iter().find(|it| it.row.name == name)?;
        Some(median(outcome.rounds.iter().map(|it| it.cpu_micros).collect()))
    };
    let mut lines = String::new();
    for outcome in outcomes {
        let Some((other, most)) = outcome.row.target else { continue };
        let (Some(own), Some(other_cost)) = (cost(outcome.row.name), cost(other)) else { continue };
        let ratio = own / other_cost;
        let verdict = if ratio <= most { "holds" } else { "missed" };
        writeln!(lines, "| {} ÷ {other} | {ratio:.2} | {most:.2} | {verdict} |", outcome.row.name)?;
    }
    if !lines.is_empty() {
        writeln!(page, "| CPU a request | ratio | at most | |\n|---|---:|---:|---|")?;
        page.push_str(&lines);
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::ROWS;

    fn asked() -> Asked {
        Asked {
            rows: ROWS.to_vec(),
            rounds: 3,
            requests: 1_000,
            agents: 10_000,
            connections: 32,
            write: false,
        }
    }

    fn outcomes(cost: impl Fn(&str) -> f64) -> Vec<Outcome> {
        let measured = |cpu_micros| Measured {
            per_second: 1e4,
            p50_micros: 5.0,
            p99_micros: 9.0,
            cpu_micros,
            resident_kib: 2_048,
        };
        let outcome = |row: &crate::rows::Row| {
            let rounds = [9.0, 1.0, 0.0].map(|off| measured(cost(row.name) + off - 1.0));
            Outcome { row: *row, rounds: rounds.to_vec() }
        };
        ROWS.iter().map(outcome).collect()
    }

    #[test]
    fn a_ratio_within_its_target_holds() {
        let cost = |name: &str| if name == "envoy-duties" { 100.0 } else { 20.0 };
        let page = page(&asked(), &outcomes(cost), Some(99 * 1_024)).unwrap();
        assert!(page.contains("| ed25519 ÷ envoy-duties | 0.20 | 0.52 | holds |"), "{page}");
        assert!(page.contains("99 MiB, under 100 MiB: holds"), "{page}");
        assert!(!page.contains("missed"), "{page}");
    }

    #[test]
    fn a_ratio_beyond_its_target_is_said_to_be_missed() {
        let page = page(&asked(), &outcomes(|_| 100.0), Some(100 * 1_024)).unwrap();
        assert!(page.contains("| ed25519 ÷ envoy-duties | 1.00 | 0.52 | missed |"), "{page}");
        assert!(page.contains("100 MiB, under 100 MiB: missed"), "{page}");
    }
}
