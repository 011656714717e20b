//! The life of a key that signs access tokens: published, signing, published still, gone.

use crate::time::Timestamp;

/// For how long a key that has stopped signing still counts, in seconds: the longest that a token
/// may live (a day), and a minute for clocks that differ and for processes that signed a moment
/// longer.
pub const OVERLAP_SECONDS: i64 = 86_400 + 60;

/// What has happened to a signing key so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Life {
    /// When it began to sign.
    pub signs_from: Option<Timestamp>,
    /// When another took its place.
    pub stopped_at: Option<Timestamp>,
    /// When everything that it signed was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Where in its life a signing key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Published ahead, so that whoever keeps a copy of the published keys has it in time.
    Next,
    /// It signs.
    Current,
    /// It signs no more; what it has signed is valid still.
    Previous,
    /// Nothing that it signed can be valid any more: neither published nor accepted.
    Retired,
    /// It was ended before its time, and all that it signed with it.
    Revoked,
}

impl Life {
    /// Where in its life the key is at this instant.
    pub fn stage(&self, now: Timestamp) -> Stage {
        match (self.revoked_at, self.ends_at(), self.signs_from) {
            (Some(_), ..) => Stage::Revoked,
            (None, Some(end), _) if end <= now => Stage::Retired,
            (None, Some(_), _) => Stage::Previous,
            (None, None, Some(_)) => Stage::Current,
            (None, None, None) => Stage::Next,
        }
    }

    /// From when on the key does not count any more, once that is known.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.revoked_at.or(self.stopped_at.map(|stopped| stopped.plus_seconds(OVERLAP_SECONDS)))
    }
}

impl Stage {
    /// Whether the key is published, and what it signed accepted.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Next | Self::Current | Self::Previous)
    }

    /// The stage as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(life: [Option<i64>; 3], now: i64, expected: Stage) {
        let [signs_from, stopped_at, revoked_at] = life.map(|at| at.map(Timestamp::from_seconds));
        let life = Life { signs_from, stopped_at, revoked_at };
        assert_eq!(life.stage(Timestamp::from_seconds(now)), expected, "{life:?} at {now}");
    }

    #[test]
    fn a_key_goes_through_its_stages_once() {
        check([None, None, None], 0, Stage::Next);
        check([Some(10), None, None], 10, Stage::Current);
        check([Some(10), Some(20), None], 20, Stage::Previous);
        check([Some(10), Some(20), None], 20 + OVERLAP_SECONDS - 1, Stage::Previous);
        check([Some(10), Some(20), None], 20 + OVERLAP_SECONDS, Stage::Retired);
        check([Some(10), Some(20), Some(21)], 21, Stage::Revoked);
        check([Some(10), Some(20), Some(21)], 20 + OVERLAP_SECONDS, Stage::Revoked);
    }

    #[test]
    fn only_what_is_published_counts() {
        for stage in [Stage::Next, Stage::Current, Stage::Previous] {
            assert!(stage.counts(), "{stage:?}");
        }
        assert!(!Stage::Retired.counts() && !Stage::Revoked.counts());
    }
}
