//! The whole measurement: every peer at once, rounds in turns, the median of each.

use anyhow::{Context, Result, bail, ensure};

use crate::fleet;
use crate::load::{Job, Measured};
use crate::maker::{self, Credential};
use crate::outcome::{Asked, Outcome};
use crate::peers::{Peer, Place, envoy, forwarding, gateway, nginx};
use crate::process::{Folder, OTHER_CORE, Process, free_port, output};
use crate::rows::{Kind, ROWS, Row};
use crate::steps;
use crate::table;
use crate::usage;

const WARMUP: usize = 5_000;

/// Measures what the arguments ask for.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    if arguments == ["--list"] {
        for row in ROWS {
            println!("{:<14} {}", row.name, row.what);
        }
        return Ok(());
    }
    let asked = read(arguments)?;
    let folder = Folder::new()?;
    let upstream = free_port()?;
    let _api = serve(upstream, &folder)?;
    let mut field = Field::default();
    for row in &asked.rows {
        field.enter(row, &asked, &folder, upstream)?;
    }
    let remembered = field.gateway().map(|peer| usage::resident_kib(peer.process.id()));
    let mut outcomes: Vec<Outcome> =
        asked.rows.iter().map(|row| Outcome { row: *row, rounds: Vec::new() }).collect();
    for round in 1..=asked.rounds {
        for outcome in &mut outcomes {
            eprintln!("round {round} of {}: {}", asked.rounds, outcome.row.name);
            outcome.rounds.push(field.measure(&outcome.row, &asked)?);
        }
    }
    eprintln!("each step alone");
    drop(field);
    eprintln!("measuring steps alone, and a large fleet");
    let steps = steps::measure(&folder.inside("steps")?)?;
    let fleet = fleet::measure(&folder.inside("fleet")?)?;
    table::print(&asked, &outcomes, (remembered, &steps, &fleet))
}

fn read(arguments: &[&str]) -> Result<Asked> {
    let mut asked = Asked {
        rows: ROWS.to_vec(),
        rounds: 3,
        requests: 40_000,
        agents: 10_000,
        connections: 32,
        write: true,
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match *word {
            "--no-write" => asked.write = false,
            "--only" => asked.rows = named(value()?)?,
            "--rounds" => asked.rounds = number(value()?, 1, 100)?,
            "--requests" => asked.requests = number(value()?, 1_000, 200_000)?,
            "--connections" => asked.connections = number(value()?, 1, 256)?,
            "--agents" => asked.agents = number(value()?, 0, 100_000)?,
            unknown => bail!("`{unknown}` is not an option"),
        }
    }
    Ok(asked)
}

fn named(names: &str) -> Result<Vec<Row>> {
    let find = |name: &str| {
        let row = ROWS.iter().find(|row| row.name == name);
        row.copied().with_context(|| format!("no row is called `{name}`"))
    };
    names.split(',').map(find).collect()
}

fn number(text: &str, least: usize, most: usize) -> Result<usize> {
    let number: usize = text.parse().with_context(|| format!("`{text}` is not a number"))?;
    ensure!((least..=most).contains(&number), "{number} is not from {least} to {most}");
    Ok(number)
}

fn own_program() -> Result<String> {
    Ok(std::env::current_exe()?.display().to_string())
}

fn serve(port: u16, folder: &Folder) -> Result<Process> {
    let program = own_program()?;
    let line = [&*program, "upstream", &port.to_string()];
    let probe = maker::make(&Credential::Nothing, 1)?.concat();
    Process::start(OTHER_CORE, &line, &folder.inside("upstream")?)?.answers(port, &probe)
}

/// The peers that run, and how each row calls its own.
#[derive(Debug, Default)]
struct Field {
    peers: Vec<(Kind, Peer)>,
    credentials: Vec<(&'static str, Credential)>,
    beside: Option<u16>,
}

impl Field {
    fn enter(&mut self, row: &Row, asked: &Asked, folder: &Folder, upstream: u16) -> Result<()> {
        if self.peer(row.kind).is_some() {
            return Ok(());
        }
        if row.kind == Kind::Beside && self.gateway().is_none() {
            let gateway = ROWS.iter().find(|row| row.kind == Kind::Gateway);
            self.enter(gateway.context("no row has the gateway")?, asked, folder, upstream)?;
        }
        eprintln!("starting {}", row.name);
        let place = Place { folder: folder.inside(row.name)?, port: free_port()?, upstream };
        let peer = match row.kind {
            Kind::Nginx => nginx::start(&place)?,
            Kind::Envoy => envoy::plain(&place)?,
            Kind::Duties => {
                let (peer, credential) = envoy::with_duties(&place)?;
                self.credentials.push((row.name, credential));
                peer
            }
            Kind::Forwarding => forwarding::start(&place)?,
            Kind::Gateway => {
                let gateway = gateway::start(&place, asked.agents)?;
                self.credentials.extend(gateway.credentials);
                self.beside = Some(gateway.beside);
                gateway.peer
            }
            Kind::Beside => {
                let beside = self.beside.context("the gateway does not run")?;
                envoy::beside(&place, beside, &self.credential(row))?
            }
        };
        self.peers.push((row.kind, peer));
        Ok(())
    }

    fn peer(&self, kind: Kind) -> Option<&Peer> {
        self.peers.iter().find(|(it, _)| *it == kind).map(|(_, peer)| peer)
    }

    fn credential(&self, row: &Row) -> Credential {
        let found = self.credentials.iter().find(|(name, _)| *name == row.name);
        found.map_or(Credential::Nothing, |(_, credential)| credential.clone())
    }

    fn gateway(&self) -> Option<&Peer> {
        self.peer(Kind::Gateway)
    }

    fn measure(&self, row: &Row, asked: &Asked) -> Result<Measured> {
        let peer = self.peer(row.kind).context("the peer does not run")?;
        let counted = match row.kind {
            Kind::Beside => self.gateway().context("the gateway does not run")?,
            _ => peer,
        };
        let job = Job {
            port: peer.port,
            process: counted.process.id(),
            credential: self.credential(row),
            connections: asked.connections,
            warmup: WARMUP,
            requests: asked.requests,
        };
        let program = own_program()?;
        let line = ["taskset", "-c", OTHER_CORE, &program, "load"];
        let text = output(&line, &serde_json::to_string(&job)?).context(row.name)?;
        Ok(serde_json::from_str(&text)?)
    }
}
