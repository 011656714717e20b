//! Connections that never stop asking, and what they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::stand::Tokens;
use crate::maker::{self, Credential};
use crate::message::{self, MAX_BYTES};

/// How long a gateway may not know an agent that was registered.
const KNOWN_WITHIN: Duration = Duration::from_secs(10);

/// When a connection was last let through, and last refused: microseconds since the beginning.
#[derive(Debug, Default)]
struct Line {
    sent: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
}

/// What all connections share.
#[derive(Debug)]
struct Board {
    began: Instant,
    lines: Vec<Line>,
    load: AtomicU64,
    stop: AtomicBool,
}

/// One connection of the watched agent to each gateway, and some of another.
#[derive(Debug)]
pub(crate) struct Watch {
    board: Arc<Board>,
    thread: JoinHandle<Result<()>>,
}

impl Watch {
    /// Begins to ask.
    pub(crate) fn begin(ports: &[u16], tokens: &Tokens, connections: usize) -> Result<Self> {
        let board = Arc::new(Board {
            began: Instant::now(),
            lines: ports.iter().map(|_| Line::default()).collect(),
            load: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let request = |token: &str| maker::make(&Credential::Bearer(token.to_owned()), 1);
        let watched: Arc<[u8]> = request(&tokens.watched)?.concat().into();
        let other: Arc<[u8]> = request(&tokens.other)?.concat().into();
        let (shared, ports) = (Arc::clone(&board), ports.to_vec());
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(LocalSet::new().run_until(async {
                let mut tasks = Vec::new();
                for (place, port) in ports.into_iter().enumerate() {
                    let (board, bytes) = (Arc::clone(&shared), Arc::clone(&watched));
                    let line = Talk { board, bytes, port };
                    tasks.push(tokio::task::spawn_local(line.watch(place)));
                    for _ in 0..connections {
                        let (board, bytes) = (Arc::clone(&shared), Arc::clone(&other));
                        let line = Talk { board, bytes, port };
                        tasks.push(tokio::task::spawn_local(line.load()));
                    }
                }
                for task in tasks {
                    task.await?.inspect_err(|fault| eprintln!("{fault:#}"))?;
                }
                Ok(())
            }))
        });
        let watch = Self { board, thread };
        let deadline = Instant::now() + Duration::from_secs(30);
        while !watch.all_accepted_after(watch.board.began) {
            ensure!(Instant::now() < deadline, "the agent is not let through");
            ensure!(!watch.thread.is_finished(), "a connection ended");
            thread::sleep(Duration::from_millis(5));
        }
        Ok(watch)
    }

    /// When the last request of the watched agent that was let through anywhere was sent, and when
    /// the last one was answered.
    pub(crate) fn last_accepted(&self) -> Result<[Instant; 2]> {
        ensure!(!self.thread.is_finished(), "a connection ended");
        let last = |which: fn(&Line) -> &AtomicU64| {
            let micros = self.board.lines.iter().map(|line| which(line).load(Ordering::SeqCst));
            self.board.began + Duration::from_micros(micros.max().unwrap_or_default())
        };
        Ok([last(|line| &line.sent), last(|line| &line.accepted)])
    }

    /// Whether every gateway has refused it since.
    pub(crate) fn all_refused_after(&self, since: Instant) -> bool {
        self.all_after(since, |line| &line.refused)
    }

    /// Whether every gateway has let it through since.
    pub(crate) fn all_accepted_after(&self, since: Instant) -> bool {
        self.all_after(since, |line| &line.accepted)
    }

    fn all_after(&self, since: Instant, which: fn(&Line) -> &AtomicU64) -> bool {
        let since = self.board.micros(since);
        self.board.lines.iter().all(|line| which(line).load(Ordering::SeqCst) > since)
    }

    /// How many requests of the other agent were answered.
    pub(crate) fn load(&self) -> f64 {
        let load = self.board.load.load(Ordering::SeqCst);
        u32::try_from(load).map_or(f64::NAN, f64::from)
    }

    /// Stops asking.
    pub(crate) fn end(self) -> Result<()> {
        self.board.stop.store(true, Ordering::SeqCst);
        self.thread.join().map_err(|_| anyhow!("the connections broke"))?
    }
}

impl Board {
    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }
}

/// One connection, which asks the same again and again.
struct Talk {
    board: Arc<Board>,
    bytes: Arc<[u8]>,
    port: u16,
}

impl Talk {
    async fn watch(self, place: usize) -> Result<()> {
        self.ask(|board, sent, status| {
            let Some(line) = board.lines.get(place) else { bail!("no such line") };
            let now = board.micros(Instant::now());
            match status {
                Some(200) => {
                    line.sent.store(board.micros(sent), Ordering::SeqCst);
                    line.accepted.store(now, Ordering::SeqCst);
                }
                Some(403) => line.refused.store(now, Ordering::SeqCst),
                other => bail!("the gateway answered {other:?}"),
            }
            Ok(())
        })
        .await
    }

    async fn load(self) -> Result<()> {
        self.ask(|board, _, status| {
            ensure!(status == Some(200), "the gateway answered {status:?} to the other agent");
            board.load.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
        .await
    }

    async fn ask(
        &self,
        heard: impl Fn(&Board, Instant, Option<usize>) -> Result<()>,
    ) -> Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        let mut buffer = Vec::with_capacity(MAX_BYTES);
        // A gateway may not have heard yet of agents that were registered a moment ago.
        let mut is_known = false;
        while !self.board.stop.load(Ordering::SeqCst) {
            let sent = Instant::now();
            stream.write_all(&self.bytes).await?;
            let whole = loop {
                ensure!(stream.read_buf(&mut buffer).await? > 0, "the gateway hung up");
                ensure!(buffer.len() <= MAX_BYTES, "the gateway's answer is too long");
                if let Some(whole) = message::first(&buffer) {
                    break whole;
                }
            };
            let status = message::status(&buffer);
            is_known |= status == Some(200);
            if is_known {
                heard(&self.board, sent, status)?;
            } else {
                ensure!(status == Some(401), "the gateway answered {status:?} at first");
                ensure!(self.board.began.elapsed() < KNOWN_WITHIN, "the agent stays unknown");
            }
            buffer.drain(..whole.bytes);
        }
        Ok(())
    }
}
