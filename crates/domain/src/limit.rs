//! Rate limits: so many requests in a period, with the whole number allowed as a burst.

use std::fmt;
use std::str::FromStr;

/// A rate: `requests` in `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    requests: u32,
    period: Period,
}

/// The time over which a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// One second.
    Second,
    /// Sixty seconds.
    Minute,
    /// Sixty minutes.
    Hour,
    /// Twenty-four hours.
    Day,
}

/// Why a text is not a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a limit: write a count from 1 to 1000000 and a period, as in `30/min` (s, min, h, d)")]
pub struct NotALimit;

const MOST: u32 = 1_000_000;

impl Limit {
    /// So many requests in a period; refused when zero or above a million.
    pub fn new(requests: u32, period: Period) -> Result<Self, NotALimit> {
        if (1..=MOST).contains(&requests) { Ok(Self { requests, period }) } else { Err(NotALimit) }
    }

    /// How many requests fit in one period; also the burst.
    pub const fn requests(self) -> u32 {
        self.requests
    }

    /// The period in seconds.
    pub const fn period_seconds(self) -> u32 {
        match self.period {
            Period::Second => 1,
            Period::Minute => 60,
            Period::Hour => 3_600,
            Period::Day => 86_400,
        }
    }

    /// The widest limit of its own that lets no more through than either, at once or over time.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        let requests = self.requests.min(other.requests);
        let fits = |made: &Self| [self, other].into_iter().all(|it| made.is_slower(it));
        let periods = [Period::Second, Period::Minute, Period::Hour, Period::Day];
        let made = periods.map(|period| Self { requests, period });
        made.into_iter().find(fits).unwrap_or(self)
    }

    /// Whether no more fit over time.
    fn is_slower(self, other: Self) -> bool {
        let rate = |of: Self, over: Self| u64::from(of.requests) * u64::from(over.period_seconds());
        rate(self, other) <= rate(other, self)
    }

    /// Requests a minute, rounded up: the token's `rate_limit`.
    pub fn per_minute(self) -> u64 {
        (u64::from(self.requests) * 60).div_ceil(u64::from(self.period_seconds()))
    }
}

impl FromStr for Limit {
    type Err = NotALimit;

    fn from_str(text: &str) -> Result<Self, NotALimit> {
        let (count, period) = text.split_once('/').ok_or(NotALimit)?;
        let period = match period {
            "s" | "sec" | "second" => Period::Second,
            "min" | "m" | "minute" => Period::Minute,
            "h" | "hour" => Period::Hour,
            "d" | "day" => Period::Day,
            _ => return Err(NotALimit),
        };
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotALimit);
        }
        Self::new(count.parse().map_err(|_| NotALimit)?, period)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = match self.period {
            Period::Second => "s",
            Period::Minute => "min",
            Period::Hour => "h",
            Period::Day => "d",
        };
        write!(f, "{}/{period}", self.requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_and_print() {
        for (text, printed, per_minute) in
            [("30/min", "30/min", 30), ("5/s", "5/s", 300), ("1/hour", "1/h", 1), ("9/d", "9/d", 1)]
        {
            let limit: Limit = text.parse().unwrap();
            assert_eq!((limit.to_string().as_str(), limit.per_minute()), (printed, per_minute));
        }
    }

    #[test]
    fn a_limit_within_two_lets_no_more_through_than_either() {
        for (one, other, expected) in [
            ("30/min", "10/min", "10/min"),
            ("30/min", "1000/d", "30/h"),
            ("1/s", "60/min", "1/s"),
            ("100/h", "1/s", "1/min"),
            ("1000000/s", "1/d", "1/d"),
            ("7/h", "7/h", "7/h"),
        ] {
            let (one, other): (Limit, Limit) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(one.within(other).to_string(), expected);
            assert_eq!(other.within(one).to_string(), expected);
        }
    }

    #[test]
    fn what_is_not_a_limit_is_refused() {
        for text in ["", "30", "0/min", "-1/min", "+1/min", "1000001/s", "9/week", "3 /min", "/s"] {
            assert_eq!(text.parse::<Limit>(), Err(NotALimit), "{text}");
        }
    }
}
