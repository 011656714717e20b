//! Nonces, limits and budgets in one Redis, shared by several gateways.
//!
//! Times come from the caller; Redis's own clock only measures how long a key lives. What was seen
//! is gone when Redis loses it (a restart, a failover, a flush), so it also keeps since when it
//! remembers, renewed whenever a connection finds another run of the server. Redis must run with
//! `maxmemory-policy noeviction`: refused writes are faults, evicted nonces would be replays.

use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use bailiwick_domain::time::Timestamp;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, Script, ScriptInvocation};
use tokio::time::timeout;

use super::asked::{Bucket, Charge, Charged, MOST_USES, Nonce, Reserved, Use};
use super::rate::Level;
use super::tallies::KEPT_SECONDS;
use crate::fault::Fault;

const PATIENCE: Duration = Duration::from_millis(250);
const NAME: &str = "bailiwick";
/// Nonces are kept longer by this, for gateways whose clocks are behind the one that saw them.
const SKEW_MILLIS: i64 = 30_000;

static ARRIVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("arrive.lua")));
static SPEND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("spend.lua")));
static RESERVE: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("drain.lua"), include_str!("reserve.lua"))));
static CHARGE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("charge.lua")));
static REFUND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("refund.lua")));
static RELEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("drain.lua"), include_str!("release.lua"))));

/// One Redis, by one connection that is made when first needed and again when it broke.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    name: Arc<str>,
    line: Arc<Line>,
}

#[derive(Default)]
struct Line {
    connected: Mutex<Option<Connected>>,
    connecting: tokio::sync::Mutex<u64>,
}

#[derive(Clone)]
struct Connected {
    connection: MultiplexedConnection,
    number: u64,
}

impl Redis {
    pub(super) fn open(url: &str) -> Result<Self, Fault> {
        let (address, name) = url.split_once('#').unwrap_or((url, NAME));
        let client = Client::open(address).map_err(Fault::unavailable)?;
        Ok(Self { client, name: name.into(), line: Arc::default() })
    }

    pub(super) fn apart(&self) -> Self {
        Self { line: Arc::default(), ..self.clone() }
    }

    fn since(&self) -> String {
        format!("{}:since", self.name)
    }

    fn run(&self) -> String {
        format!("{}:run", self.name)
    }

    fn limits(&self, script: &mut ScriptInvocation<'_>, uses: &[Use]) {
        for Use { bucket: Bucket { agent, operation }, limit } in uses {
            script.key(format!("{}:limit:{agent}:{operation:016x}", self.name));
            let period = u64::from(limit.period_seconds()).saturating_mul(1_000);
            script.arg(limit.requests()).arg(period);
        }
    }

    pub(super) async fn spend_nonce(
        &self,
        nonce: &Nonce<'_>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let lifetime = nonce.until.millis_since(now);
        let mut spend = SPEND.prepare_invoke();
        spend.key(self.since()).key(format!("{}:nonce:{}:{}", self.name, nonce.key, nonce.text));
        spend.arg(nonce.created_at.as_millis()).arg(now.as_millis());
        spend.arg(lifetime.saturating_add(SKEW_MILLIS));
        match self.ask::<i64>(&spend, now).await? {
            1 => Ok(true),
            0 => Ok(false),
            _ => Err(Fault::unavailable("the proof is older than what Redis remembers of nonces")),
        }
    }

    pub(super) async fn reserve(&self, uses: &[Use], now: Timestamp) -> Result<Reserved, Fault> {
        let mut reserve = RESERVE.prepare_invoke();
        reserve.arg(now.as_millis());
        self.limits(&mut reserve, uses);
        let answer: Vec<i64> = self.ask(&reserve, now).await?;
        read_reserved(&answer, uses).ok_or_else(|| Fault::corrupt("an answer of Redis"))
    }

    pub(super) async fn release(
        &self,
        uses: &[Use],
        reserved_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let mut release = RELEASE.prepare_invoke();
        release.arg(now.as_millis());
        self.limits(&mut release, uses);
        release.arg(reserved_at.as_millis());
        self.ask(&release, now).await
    }

    fn tally(&self, charge: &Charge) -> String {
        format!("{}:budget:{}", self.name, charge.grant)
    }

    pub(super) async fn charge(
        &self,
        charges: &[Charge],
        amount: [u32; 3],
        now: Timestamp,
    ) -> Result<Charged, Fault> {
        let mut script = CHARGE.prepare_invoke();
        script.key(self.since()).arg(now.as_millis());
        script.arg(&amount);
        for charge in charges {
            let lifetime = charge.until.plus_seconds(KEPT_SECONDS).millis_since(now);
            script.key(self.tally(charge)).arg(charge.given_at.as_millis()).arg(lifetime);
            for (_, most) in charge.budgets.named() {
                script.arg(most.map_or(-1, i64::from));
            }
        }
        match *self.ask::<Vec<i64>>(&script, now).await? {
            [1, _] => Ok(Charged::Within),
            [-1, _] => Ok(Charged::Forgotten),
            [0, which @ 0..=2] => Ok(Charged::Exhausted(usize::try_from(which).unwrap_or(0))),
            _ => Err(Fault::corrupt("an answer of Redis")),
        }
    }

    pub(super) async fn refund(
        &self,
        charges: &[Charge],
        amount: [u32; 3],
        now: Timestamp,
    ) -> Result<(), Fault> {
        let mut script = REFUND.prepare_invoke();
        for charge in charges {
            script.key(self.tally(charge));
        }
        script.arg(&amount);
        self.ask(&script, now).await
    }

    /// Runs a script; gives up in time, and on a connection that failed.
    async fn ask<T>(&self, script: &ScriptInvocation<'_>, now: Timestamp) -> Result<T, Fault>
    where
        T: redis::FromRedisValue,
    {
        let mut connected = in_time(self.connect(now)).await?;
        let answer = in_time(async {
            script.invoke_async(&mut connected.connection).await.map_err(Fault::unavailable)
        });
        let answer = answer.await;
        if answer.is_err() {
            self.line.forget(connected.number);
        }
        answer
    }

    async fn connect(&self, now: Timestamp) -> Result<Connected, Fault> {
        if let Some(connected) = self.line.connected() {
            return Ok(connected);
        }
        let mut number = self.line.connecting.lock().await;
        if let Some(connected) = self.line.connected() {
            return Ok(connected);
        }
        *number = number.wrapping_add(1);
        let connection = self.arrive(now).await.map_err(Fault::unavailable)?;
        let connected = Connected { connection, number: *number };
        *self.line.lock() = Some(connected.clone());
        Ok(connected)
    }

    async fn arrive(&self, now: Timestamp) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let mut connection =
            self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut arrive = ARRIVE.prepare_invoke();
        arrive.key(self.run()).key(self.since()).arg(now.as_millis());
        arrive.invoke_async::<()>(&mut connection).await?;
        Ok(connection)
    }
}

impl Line {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Connected>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connected(&self) -> Option<Connected> {
        self.lock().clone()
    }

    fn forget(&self, number: u64) {
        let mut connected = self.lock();
        if connected.as_ref().is_some_and(|it| it.number == number) {
            *connected = None;
        }
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    timeout(PATIENCE, answer).await.map_err(Fault::unavailable)?
}

fn read_reserved(answer: &[i64], uses: &[Use]) -> Option<Reserved> {
    match answer {
        [0, which, wait] => Some(Reserved::Exhausted {
            which: usize::try_from(*which).ok().filter(|which| *which < uses.len())?,
            retry_after_millis: u64::try_from(*wait).ok()?,
        }),
        [1, levels @ ..] if levels.len() == uses.len().checked_mul(2)? => {
            let mut remaining = [None; MOST_USES];
            for ((used, pair), slot) in uses.iter().zip(levels.chunks_exact(2)).zip(&mut remaining)
            {
                let [units, at] = pair else { return None };
                let units = u64::try_from(*units).ok()?;
                let level = Level { units, at: Timestamp::from_millis(*at) };
                *slot = Some(level.standing(used.limit));
            }
            Some(Reserved::Within { remaining })
        }
        _ => None,
    }
}
