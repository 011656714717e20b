//! The arithmetic of limits: the generic cell rate algorithm, as the continuous-state leaky bucket
//! of ITU-T I.371, Annex A (which shows it equal to the virtual-scheduling form).
//!
//! A limit allows `n` requests in a period of `p` milliseconds. A request pours `p` units into the
//! bucket, the bucket loses `n` units a millisecond, and holds `n × p`. All of it is whole numbers,
//! the largest 8.64 × 10¹³, so Redis, whose scripts count in doubles, computes the same.
//!
//! The bound: a bucket never holds more than `n × p` and loses `n × w` in `w` milliseconds, so any
//! stretch of time of length `w`, ends included, admits at most `n + n·w/p` requests: the burst, and
//! what drains meanwhile. At once that is `n`; no more than `2n` fit into any one period.
//!
//! Several clocks: time only moves forward for a bucket, so a gateway whose clock is behind drains
//! nothing until it has caught up; together they admit what the clock furthest ahead allows. A bucket
//! dated more than a period ahead was dated in error, and starts to drain from the present.

use bailiwick_domain::limit::Limit;
use bailiwick_domain::time::Timestamp;

use super::Standing;

/// How full a bucket was, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Units in it.
    pub units: u64,
    /// When it held them.
    pub at: Timestamp,
}

/// One request does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// In how many milliseconds it would.
    pub wait_millis: u64,
}

struct Rate {
    requests: u64,
    period: u64,
}

impl Rate {
    fn of(limit: Limit) -> Self {
        let period = u64::from(limit.period_seconds()).saturating_mul(1_000);
        Self { requests: u64::from(limit.requests()), period }
    }

    fn capacity(&self) -> u64 {
        self.requests.saturating_mul(self.period)
    }

    fn drained_in(&self, millis: i64) -> u64 {
        u64::try_from(millis).unwrap_or(0).min(self.period).saturating_mul(self.requests)
    }
}

impl Level {
    /// An empty bucket.
    pub const fn empty(now: Timestamp) -> Self {
        Self { units: 0, at: now }
    }

    /// The bucket at this instant.
    #[must_use]
    pub fn drain(self, limit: Limit, now: Timestamp) -> Self {
        let rate = Rate::of(limit);
        let units = self.units.min(rate.capacity());
        let ahead = u64::try_from(self.at.millis_since(now)).unwrap_or(0);
        if (1..=rate.period).contains(&ahead) {
            return Self { units, at: self.at };
        }
        let lost = rate.drained_in(now.millis_since(self.at));
        Self { units: units.saturating_sub(lost), at: now }
    }

    /// The bucket, drained to `now` before, with one request more.
    pub fn pour(self, limit: Limit, now: Timestamp) -> Result<Self, Full> {
        let rate = Rate::of(limit);
        let units = self.units.saturating_add(rate.period);
        match units.saturating_sub(rate.capacity()) {
            0 => Ok(Self { units, at: self.at }),
            over => {
                let ahead = u64::try_from(self.at.millis_since(now)).unwrap_or(0);
                Err(Full { wait_millis: over.div_ceil(rate.requests).saturating_add(ahead) })
            }
        }
    }

    /// The bucket, drained to `now` before, without a request that was poured at `poured_at`. What
    /// has drained since is taken to have been that request's, so that the bucket never holds less
    /// than if the request had not been.
    #[must_use]
    pub fn give_back(self, limit: Limit, poured_at: Timestamp, now: Timestamp) -> Self {
        let rate = Rate::of(limit);
        let left = rate.period.saturating_sub(rate.drained_in(now.millis_since(poured_at)));
        Self { units: self.units.saturating_sub(left), at: self.at }
    }

    /// What the limit has left.
    pub fn standing(self, limit: Limit) -> Standing {
        let rate = Rate::of(limit);
        let remaining = rate.capacity().saturating_sub(self.units) / rate.period;
        let reset_seconds = self.units.div_ceil(rate.requests).div_ceil(1_000);
        Standing {
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            reset_seconds: u32::try_from(reset_seconds).unwrap_or(u32::MAX),
        }
    }

    /// When nothing of the bucket will be left to remember.
    pub fn empty_at(self, limit: Limit) -> Timestamp {
        let millis = self.units.div_ceil(Rate::of(limit).requests);
        self.at.plus_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}
