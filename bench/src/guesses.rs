//! Whether a guess of a secret that is near the truth takes longer than one that is not: an admin
//! token that was revoked against one that never was, an invite that was revoked against one that
//! never was. Each is refused in the same words; here it is timed, in turns.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bailiwick_domain::id::InviteId;
use bailiwick_domain::invite::Invite;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Store;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::client::Admin;
use crate::maker;
use crate::message;
use crate::peers::gateway as bailiwick;
use crate::process::{Folder, PEER_CORE, Process, free_port, output};

const READY: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
/// How many guesses of each sort are made.
const GUESSES: u32 = 4_000;

/// One secret, guessed in two ways that are answered alike.
struct Guessed {
    what: &'static str,
    answer: &'static str,
    /// One that there was.
    near: Vec<Duration>,
    /// One that there never was, twice: how far two runs of the same lie apart.
    far: [Vec<Duration>; 2],
}

/// Measures, and prints what came of it.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    ensure!(arguments.is_empty(), "there are no options");
    let folder = Folder::new()?;
    let program = bailiwick::program()?;
    let home = folder.inside("home")?.join("installation").display().to_string();
    let made = output(&[&program, "init", &home, "--json"], "")?;
    let made: Value = serde_json::from_str(&made).context("`bailiwick init --json`")?;
    let token = bailiwick::text(&made, "admin_token")?;
    let config = bailiwick::text(&made, "config")?;
    let (gateway, authority) = (free_port()?, free_port()?);
    fs::write(&config, bailiwick::configuration([gateway, authority, free_port()?]))?;
    let line = [&*program, "serve", "--config", &config];
    let process = Process::start(PEER_CORE, &line, &folder.inside("log")?)?;
    let _process = process.answers(authority, READY)?;
    let mut admin = Admin::connect(authority, &token)?;
    let token = guess_token(&mut admin, authority)?;
    let outcomes = [token, look_up_invite(&folder.inside("invites")?)?];
    println!("{}", page(&outcomes)?);
    Ok(())
}

fn guess_token(admin: &mut Admin, port: u16) -> Result<Guessed> {
    let added = admin.post("/api/v1/operators", &json!({"name": "gone", "role": "viewer"}))?;
    let id = bailiwick::text(&added, "id")?;
    let known = bailiwick::text(&added, "admin_token")?;
    admin.delete(&format!("/api/v1/operators/{id}"))?;
    let mut line = TcpStream::connect(("127.0.0.1", port))?;
    line.set_nodelay(true)?;
    line.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut turns = Turns::default();
    for number in 0..GUESSES {
        for which in Turns::order(number)? {
            let token = if which == 0 { known.clone() } else { never(Opens::Administration) };
            let request = format!(
                "GET /api/v1/agents HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
                 Authorization: Bearer {token}\r\n\r\n"
            );
            turns.took(which, answered(&mut line, request.as_bytes(), 401)?);
        }
    }
    Ok(turns.end("an admin token", "401"))
}

/// How an invite is looked for, in SQLite. A registration cannot be tried often enough to be timed:
/// each code thirty times an hour, each key six times a minute, and each address ten.
fn look_up_invite(folder: &Path) -> Result<Guessed> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
        let store = Store::open("sqlite:guesses.db", folder).await?;
        let (now, entropy) = (maker::now(), maker::entropy());
        let (_, known) = opaque::fresh(Opens::Registration, &entropy);
        let mut tx = store.begin().await?;
        tx.projects().begin(now).await?;
        tx.invites().insert(&revoked(known, now)?).await?;
        tx.save().await?;
        let mut turns = Turns::default();
        for number in 0..GUESSES {
            for which in Turns::order(number)? {
                let (_, never) = opaque::fresh(Opens::Registration, &entropy);
                let digest = if which == 0 { known } else { never };
                let begun = Instant::now();
                let found = store.read().await?.invites().find_by_digest(&digest).await?;
                turns.took(which, begun.elapsed());
                ensure!(found.is_some() == (which == 0), "another invite was found");
            }
        }
        Ok(turns.end("an invite, looked for", "the same"))
    })
}

fn revoked(code_digest: [u8; 32], now: Timestamp) -> Result<Invite> {
    Ok(Invite {
        id: InviteId::fresh(now, &maker::entropy()),
        project: "default".parse()?,
        code_digest,
        uses_left: 1,
        scopes: ScopeSet::default(),
        expires_at: now.plus_seconds(60),
        revoked_at: Some(now),
        created_at: now,
    })
}

/// A secret of the right form that nobody was given.
fn never(opens: Opens) -> String {
    opaque::fresh(opens, &maker::entropy()).0.to_string()
}

/// Times of guesses that were made in turns, so that whatever the machine does beside falls on all
/// alike.
#[derive(Default)]
struct Turns([Vec<Duration>; 3]);

impl Turns {
    /// In which order they are made this time: none of the three always follows another. The first
    /// is of a secret that there was, the others of such as never were.
    fn order(number: u32) -> Result<[usize; 3]> {
        let mut order = [0, 1, 2];
        order.rotate_left(usize::try_from(number % 3)?);
        Ok(order)
    }

    fn took(&mut self, which: usize, time: Duration) {
        self.0.get_mut(which).into_iter().for_each(|times| times.push(time));
    }

    fn end(mut self, what: &'static str, answer: &'static str) -> Guessed {
        self.0.iter_mut().for_each(|times| times.sort_unstable());
        let [near, first, second] = self.0;
        Guessed { what, answer, near, far: [first, second] }
    }
}

fn answered(line: &mut TcpStream, request: &[u8], status: usize) -> Result<Duration> {
    let begun = Instant::now();
    line.write_all(request)?;
    let mut buffer = Vec::new();
    let mut part = [0; 4_096];
    while message::first(&buffer).is_none() {
        let read = line.read(&mut part)?;
        ensure!(read > 0, "the authority closed the connection");
        buffer.extend(part.iter().take(read));
        ensure!(buffer.len() <= message::MAX_BYTES, "the authority's answer is too long");
    }
    let took = begun.elapsed();
    if message::status(&buffer) != Some(status) {
        bail!("another answer: {}", String::from_utf8_lossy(&buffer));
    }
    Ok(took)
}

fn page(outcomes: &[Guessed]) -> Result<String> {
    let mut page = format!(
        "`cargo xtask bench guesses`: {GUESSES} of each, in turns; median µs until \
         the answer.\n\n| guessed | answered | there was one µs | there never was µs | \
         near / far | far / far |\n|---|---:|---:|---:|---:|---:|\n"
    );
    for Guessed { what, answer, near, far: [first, second] } in outcomes {
        let [near, first, second] = [near, first, second].map(|times| median(times));
        let (ratio, noise) = (near / first, second / first);
        writeln!(page, "| {what} | {answer} | {near:.1} | {first:.1} | {ratio:.3} | {noise:.3} |")?;
    }
    Ok(page)
}

fn median(sorted: &[Duration]) -> f64 {
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    middle.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_row_for_each() {
        let times = || vec![Duration::from_micros(100); 3];
        let guessed = Guessed { what: "x", answer: "401", near: times(), far: [times(), times()] };
        let page = page(&[guessed]).unwrap();
        assert!(page.ends_with("| x | 401 | 100.0 | 100.0 | 1.000 | 1.000 |\n"), "{page}");
    }
}
