//! The load: a closed loop over a fixed number of connections, in a process of its own.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use crate::maker::{self, Credential};
use crate::message::{self, MAX_BYTES};
use crate::usage;

/// No round may take longer.
const ENDS_WITHIN: Duration = Duration::from_mins(1);

/// What to send, and whose cost to count.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The peer's port on the loopback interface.
    pub(crate) port: u16,
    /// The peer's process.
    pub(crate) process: u32,
    /// How each request identifies itself.
    pub(crate) credential: Credential,
    /// How many connections there are; each has one request under way.
    pub(crate) connections: usize,
    /// How many requests come before the measured ones.
    pub(crate) warmup: usize,
    /// How many are measured.
    pub(crate) requests: usize,
}

/// What one round measured.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Answered requests a second.
    pub(crate) per_second: f64,
    /// Half of the requests took at most so many microseconds.
    pub(crate) p50_micros: f64,
    /// Ninety-nine of a hundred took at most so many microseconds.
    pub(crate) p99_micros: f64,
    /// Microseconds of CPU that the peer used for one request.
    pub(crate) cpu_micros: f64,
    /// Kibibytes of memory that the peer held at the end.
    pub(crate) resident_kib: u64,
}

/// Reads a job from standard input, does it, and writes what it measured.
pub(crate) fn answer() -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let job: Job = serde_json::from_str(&text)?;
    println!("{}", serde_json::to_string(&measure(&job)?)?);
    Ok(())
}

fn measure(job: &Job) -> Result<Measured> {
    let mut warmup = maker::make(&job.credential, job.warmup + job.requests)?;
    let measured = warmup.split_off(job.warmup);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(async {
        let mut lines = Vec::new();
        for _ in 0..job.connections {
            let stream = TcpStream::connect(("127.0.0.1", job.port)).await?;
            stream.set_nodelay(true)?;
            lines.push(stream);
        }
        let (lines, _) = round(lines, warmup).await?;
        usage::settle(job.process);
        let before = usage::cpu_micros(job.process);
        let start = Instant::now();
        let (_lines, mut times) = round(lines, measured).await?;
        let seconds = start.elapsed().as_secs_f64();
        usage::settle(job.process);
        let cpu = usage::cpu_micros(job.process).saturating_sub(before);
        times.sort_unstable();
        Ok(Measured {
            per_second: count(job.requests) / seconds,
            p50_micros: micros(&times, 50),
            p99_micros: micros(&times, 99),
            cpu_micros: Duration::from_micros(cpu).as_secs_f64() * 1e6 / count(job.requests),
            resident_kib: usage::resident_kib(job.process),
        })
    }))
}

/// Sends all requests over the lines, one at a time on each, and tells how long each took.
async fn round(
    lines: Vec<TcpStream>,
    requests: Vec<Vec<u8>>,
) -> Result<(Vec<TcpStream>, Vec<Duration>)> {
    let requests = Rc::new(requests);
    let next = Rc::new(Cell::new(0));
    let tasks: Vec<_> = lines
        .into_iter()
        .map(|line| tokio::task::spawn_local(talk(line, Rc::clone(&requests), Rc::clone(&next))))
        .collect();
    let mut lines = Vec::new();
    let mut times = Vec::new();
    let all = async {
        for task in tasks {
            let (line, taken) = task.await??;
            lines.push(line);
            times.extend(taken);
        }
        Ok::<_, anyhow::Error>(())
    };
    tokio::time::timeout(ENDS_WITHIN, all).await.context("the round takes too long")??;
    ensure!(times.len() == requests.len(), "not every request was answered");
    Ok((lines, times))
}

async fn talk(
    mut line: TcpStream,
    requests: Rc<Vec<Vec<u8>>>,
    next: Rc<Cell<usize>>,
) -> Result<(TcpStream, Vec<Duration>)> {
    let mut buffer = Vec::with_capacity(MAX_BYTES);
    let mut times = Vec::with_capacity(requests.len() / 8);
    while let Some(request) = requests.get(next.replace(next.get() + 1)) {
        let start = Instant::now();
        line.write_all(request).await?;
        let whole = loop {
            ensure!(line.read_buf(&mut buffer).await? > 0, "the peer closed the connection");
            ensure!(buffer.len() <= MAX_BYTES, "the peer's answer is too long");
            if let Some(whole) = message::first(&buffer) {
                break whole;
            }
        };
        times.push(start.elapsed());
        if message::status(&buffer) != Some(200) {
            bail!("the peer refused: {}", String::from_utf8_lossy(&buffer));
        }
        buffer.drain(..whole.bytes);
    }
    Ok((line, times))
}

fn micros(sorted: &[Duration], hundredth: usize) -> f64 {
    let place = (sorted.len() * hundredth).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(f64::NAN, |it| it.as_secs_f64() * 1e6)
}

fn count(requests: usize) -> f64 {
    u32::try_from(requests).map_or(f64::NAN, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let times: Vec<_> = (1..=200).map(Duration::from_micros).collect();
        assert!((micros(&times, 50) - 100.0).abs() < 1e-6);
        assert!((micros(&times, 99) - 198.0).abs() < 1e-6);
        assert!(micros(&[], 99).is_nan());
    }
}
