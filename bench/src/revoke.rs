//! How long what was ended is still let through: from the return of `agent suspend` to the last
//! request of that agent that any of three gateway processes accepted, under load.

mod stand;
mod watch;

use std::fmt::Write;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::process::Folder;
use crate::results;
use stand::{Database, Stand};
use watch::Watch;

/// What ninety-nine of a hundred suspensions are to stay below.
const TARGET: Duration = Duration::from_millis(250);
/// For how long no request may be accepted before the last one that was is believed to be the last.
const QUIET: Duration = Duration::from_millis(500);
/// No cycle may take longer.
const ENDS_WITHIN: Duration = Duration::from_secs(15);
const GLANCE: Duration = Duration::from_millis(5);

/// What was asked for.
#[derive(Debug, Clone, Copy)]
struct Asked {
    cycles: u32,
    connections: usize,
    write: bool,
}

/// What one database came to.
struct Outcome {
    database: &'static str,
    /// How late the last request was sent that was let through.
    sent: Vec<Duration>,
    /// How late the last of them was answered.
    answered: Vec<Duration>,
    per_second: f64,
}

/// Measures what the arguments ask for.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let asked = read(arguments)?;
    let mut outcomes = Vec::new();
    for database in Database::known() {
        eprintln!("revocation, {}", database.name());
        outcomes.push(measure(&database, asked)?);
    }
    let section = page(&outcomes, asked)?;
    println!("{section}");
    if asked.write { results::keep_revocation(&section) } else { Ok(()) }
}

fn read(arguments: &[&str]) -> Result<Asked> {
    let mut asked = Asked { cycles: 60, connections: 4, write: true };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match *word {
            "--no-write" => asked.write = false,
            "--cycles" => asked.cycles = value()?.parse()?,
            "--connections" => asked.connections = value()?.parse()?,
            unknown => bail!("`{unknown}` is not an option"),
        }
    }
    ensure!((1..=1_000).contains(&asked.cycles), "cycles are 1 to 1000");
    ensure!((1..=64).contains(&asked.connections), "connections to a gateway are 1 to 64");
    Ok(asked)
}

fn measure(database: &Database, asked: Asked) -> Result<Outcome> {
    let folder = Folder::new()?;
    let mut stand = Stand::start(database, &folder)?;
    let watch = Watch::begin(&stand.ports, &stand.tokens, asked.connections)?;
    let begun = Instant::now();
    let (mut sent, mut answered) = (Vec::new(), Vec::new());
    for cycle in 0..asked.cycles {
        // At another moment of every gateway's polling each time.
        thread::sleep(Duration::from_millis(50 + u64::from(cycle * 37 % 200)));
        let late = suspend_once(&mut stand, &watch).with_context(|| format!("cycle {cycle}"))?;
        if late.iter().any(|late| *late >= TARGET) {
            eprintln!("cycle {cycle}: sent and answered {late:?} after the return");
        }
        let [last_sent, last_answered] = late;
        sent.push(last_sent);
        answered.push(last_answered);
    }
    let per_second = watch.load() / begun.elapsed().as_secs_f64();
    watch.end()?;
    sent.sort_unstable();
    answered.sort_unstable();
    Ok(Outcome { database: database.name(), sent, answered, per_second })
}

/// Suspends the agent, waits until it is let through nowhere, and resumes it.
fn suspend_once(stand: &mut Stand, watch: &Watch) -> Result<[Duration; 2]> {
    stand.admin.post("/api/v1/agents/watched/suspend", &json!({}))?;
    let returned = Instant::now();
    let deadline = returned + ENDS_WITHIN;
    let last = loop {
        thread::sleep(GLANCE);
        ensure!(Instant::now() < deadline, "the agent is still let through");
        let last = watch.last_accepted()?;
        let [_, last_answered] = last;
        let quiet_since = last_answered.max(returned);
        if watch.all_refused_after(quiet_since) && quiet_since.elapsed() > QUIET {
            break last;
        }
    };
    stand.admin.post("/api/v1/agents/watched/resume", &json!({}))?;
    let resumed = Instant::now();
    while !watch.all_accepted_after(resumed) {
        thread::sleep(GLANCE);
        ensure!(resumed.elapsed() < ENDS_WITHIN, "the agent is not let through again");
    }
    Ok(last.map(|last| last.saturating_duration_since(returned)))
}

fn page(outcomes: &[Outcome], Asked { cycles, connections, .. }: Asked) -> Result<String> {
    let mut page = results::revocation_heading();
    write!(
        page,
        "{}\n`cargo xtask bench revoke`: {cycles} suspensions; three gateway processes and one \
         authority on one\ndatabase, all on this machine, with {connections} connections of \
         another agent to each gateway in a closed\nloop. From the return of the command until \
         the last request of the suspended agent that any gateway let\nthrough was sent, and until \
         it was answered; it was admitted in between.\n\n",
        results::measured_on(),
    )?;
    writeln!(page, "| | p50 ms | p99 ms | most ms | requests/s beside | p99 under 250 ms |")?;
    writeln!(page, "|---|---:|---:|---:|---:|---|")?;
    for Outcome { database, sent, answered, per_second } in outcomes {
        for (what, late) in [("sent", sent), ("answered", answered)] {
            let verdict = if percentile(late, 99) < TARGET { "holds" } else { "missed" };
            let millis = |hundredth| percentile(late, hundredth).as_secs_f64() * 1e3;
            let [p50, p99, most] = [50, 99, 100].map(millis);
            writeln!(
                page,
                "| {database}, {what} | {p50:.1} | {p99:.1} | {most:.1} | {per_second:.0} | \
                 {verdict} |"
            )?;
        }
    }
    Ok(page)
}

fn percentile(sorted: &[Duration], hundredth: usize) -> Duration {
    let place = (sorted.len() * hundredth).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(late: &[u64]) -> Outcome {
        let answered: Vec<_> = late.iter().copied().map(Duration::from_millis).collect();
        let sent = vec![Duration::ZERO; late.len()];
        Outcome { database: "PostgreSQL", sent, answered, per_second: 1e3 }
    }

    #[test]
    fn one_late_suspension_in_fifty_misses_the_target() {
        let asked = Asked { cycles: 50, connections: 4, write: false };
        let good = page(&[outcome(&[4; 50])], asked).unwrap();
        assert!(
            good.contains("| PostgreSQL, answered | 4.0 | 4.0 | 4.0 | 1000 | holds |"),
            "{good}"
        );
        let bad = [vec![4; 49], vec![250]].concat();
        let bad = page(&[outcome(&bad)], asked).unwrap();
        let row = "| PostgreSQL, answered | 4.0 | 250.0 | 250.0 | 1000 | missed |";
        assert!(bad.contains(row), "{bad}");
    }
}
