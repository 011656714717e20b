//! The arithmetic of limits: the generic cell rate algorithm, as the continuous-state leaky bucket
//! of ITU-T I.371, Annex A (which shows it equal to the virtual-scheduling form).
//!
//! A limit allows `n` requests in a period of `p` milliseconds. A request pours `p` units into the
//! bucket, the bucket loses `n` units a millisecond, and holds `n × p`. All of it is whole numbers,
//! the largest 8.64 × 10¹³, so Redis, whose scripts count in doubles, computes the same.
//!
//! The bound: a bucket never holds more than `n × p` and loses `n × w` in `w` milliseconds, so any
//! stretch of time of length `w`, ends included, admits at most `n + n·w/p` requests: the burst,
//! and what drains meanwhile. At once that is `n`; no more than `2n` fit into any one period.
//!
//! Several clocks: time only moves forward for a bucket, so a gateway whose clock is behind drains
//! nothing until it has caught up; together they admit what the clock furthest ahead allows. A
//! bucket dated more than a period ahead was dated in error, and starts to drain from the present.

use bailiwick_domain::limit::Limit;
use bailiwick_domain::time::Timestamp;

use super::asked::Standing;

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn any_limit() -> impl Strategy<Value = Limit> {
        let period = prop::sample::select(vec!["s", "min", "h", "d"]);
        let requests = prop_oneof![1..20_u32, 1..=1_000_000_u32];
        (requests, period).prop_map(|(n, period)| format!("{n}/{period}").parse().unwrap())
    }

    /// Few requests, so that random arrivals use them up.
    fn tight_limit() -> impl Strategy<Value = Limit> {
        (1..6_u32).prop_map(|requests| format!("{requests}/s").parse().unwrap())
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Ask,
        /// Gives back the request admitted so many steps ago, if it was not yet given back.
        Return(usize),
    }

    fn any_step() -> impl Strategy<Value = (Step, i64)> {
        let step = prop_oneof![4 => Just(Step::Ask), 1 => (0..4_usize).prop_map(Step::Return)];
        (step, prop_oneof![3 => Just(0), 2 => 0..400_i64, 1 => 0..3_000_i64])
    }

    /// The instants of the requests that were admitted and not given back.
    fn play(limit: Limit, steps: &[(Step, i64)]) -> Vec<i64> {
        let (mut now, mut level, mut admitted) = (0, Level::empty(at(0)), Vec::new());
        for (step, elapsed) in steps {
            now += elapsed;
            level = level.drain(limit, at(now));
            match step {
                Step::Ask => {
                    if let Ok(poured) = level.pour(limit, at(now)) {
                        level = poured;
                        admitted.push(now);
                    }
                }
                Step::Return(ago) if *ago < admitted.len() => {
                    let poured_at = admitted.remove(admitted.len() - 1 - ago);
                    level = level.give_back(limit, at(poured_at), at(now));
                }
                Step::Return(_) => {}
            }
        }
        admitted
    }

    fn most_in(limit: Limit, millis: i64) -> u64 {
        let rate = Rate::of(limit);
        rate.requests + rate.requests * millis.unsigned_abs() / rate.period
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_admits_more_than_the_bound(
            limit in tight_limit(),
            steps in prop::collection::vec(any_step(), 0..60),
        ) {
            let admitted = play(limit, &steps);
            for (first, from) in admitted.iter().enumerate() {
                for (count, to) in (1..).zip(&admitted[first..]) {
                    prop_assert!(count <= most_in(limit, to - from), "{count} in {from}..={to}");
                }
            }
        }

        #[test]
        fn the_burst_fits_at_once_and_nothing_more(limit in any_limit(), now in 0..1_i64 << 45) {
            let burst = u64::from(limit.requests());
            let period = Rate::of(limit).period;
            let all_but_one = Level { units: (burst - 1) * period, at: at(now) };
            let full = all_but_one.pour(limit, at(now)).unwrap();
            prop_assert_eq!(full.standing(limit).remaining, 0);
            prop_assert!(full.pour(limit, at(now)).is_err());
            prop_assert_eq!(Level::empty(at(now)).standing(limit).remaining, limit.requests());
        }

        #[test]
        fn the_wait_is_as_long_as_it_must_be(
            limit in any_limit(),
            units: u64,
            ahead in -100_000..100_000_i64,
        ) {
            let level = Level { units, at: at(ahead) }.drain(limit, at(0));
            if let Err(full) = level.pour(limit, at(0)) {
                let wait = i64::try_from(full.wait_millis).unwrap();
                prop_assert!(level.drain(limit, at(wait)).pour(limit, at(wait)).is_ok());
                let early = wait - 1;
                prop_assert!(level.drain(limit, at(early)).pour(limit, at(early)).is_err());
            }
        }

        #[test]
        fn what_is_given_back_at_once_leaves_no_trace(limit in any_limit(), units: u64) {
            let level = Level { units, at: at(0) }.drain(limit, at(0));
            if let Ok(poured) = level.pour(limit, at(0)) {
                prop_assert_eq!(poured.give_back(limit, at(0), at(0)), level);
            }
        }

        #[test]
        fn no_numbers_make_it_panic(limit in any_limit(), units: u64, a: i64, b: i64, c: i64) {
            let level = Level { units, at: at(a) }.drain(limit, at(b));
            prop_assert!(level.units <= Rate::of(limit).capacity());
            let returned = level.give_back(limit, at(c), at(b));
            prop_assert!(returned.units <= level.units);
            let standing = level.standing(limit);
            prop_assert!(standing.remaining <= limit.requests());
            prop_assert!(standing.reset_seconds <= limit.period_seconds());
            prop_assert!(level.empty_at(limit) >= level.at || level.at == at(i64::MAX));
            let _ = level.pour(limit, at(c));
        }
    }

    #[test]
    fn the_bound_is_reached() {
        let limit: Limit = "3/s".parse().unwrap();
        let steps: Vec<_> = (0..2_000).map(|step| (Step::Ask, step % 2)).collect();
        let admitted = play(limit, &steps);
        let elapsed = admitted.last().unwrap() - admitted[0];
        assert_eq!(u64::try_from(admitted.len()).unwrap(), most_in(limit, elapsed));
    }

    #[test]
    fn a_clock_that_goes_back_admits_nothing_more() {
        let limit: Limit = "2/s".parse().unwrap();
        let full = Level { units: 2_000, at: at(5_000) };
        let behind = full.drain(limit, at(4_600));
        assert_eq!(behind, full);
        assert_eq!(behind.pour(limit, at(4_600)), Err(Full { wait_millis: 900 }));
        let long_behind = full.drain(limit, at(3_000));
        assert_eq!(long_behind, Level { units: 2_000, at: at(3_000) });
        assert_eq!(long_behind.pour(limit, at(3_000)), Err(Full { wait_millis: 500 }));
    }

    #[test]
    fn a_lower_limit_binds_at_once() {
        let (wide, narrow) = ("30/min".parse().unwrap(), "10/min".parse().unwrap());
        let mut level = Level::empty(at(0));
        for _ in 0..30 {
            level = level.pour(wide, at(0)).unwrap();
        }
        let level = level.drain(narrow, at(0));
        assert_eq!(level.pour(narrow, at(0)), Err(Full { wait_millis: 6_000 }));
    }
}
