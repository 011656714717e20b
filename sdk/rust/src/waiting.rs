//! How long to wait before the next try, and when to give up.

use std::time::Duration;

use bailiwick_domain::entropy::Entropy;

/// How patient a client is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How often it tries again where the server does not say when.
    pub(crate) retries: u32,
    /// For how long it waits altogether, of one request, where the server does.
    pub(crate) max_wait: Duration,
}

const FIRST: Duration = Duration::from_millis(500);
/// Nobody is asked more often than this, whatever they say.
const LEAST: Duration = Duration::from_secs(1);

/// The waits of one request.
#[derive(Debug)]
pub(crate) struct Waiting {
    patience: Patience,
    tries: u32,
    waited: Duration,
}

impl Waiting {
    pub(crate) fn new(patience: Patience) -> Self {
        Self { patience, tries: 0, waited: Duration::ZERO }
    }

    /// How long to wait; nothing where it is not worth it any more.
    pub(crate) fn next(&mut self, told: Option<Duration>, entropy: &Entropy) -> Option<Duration> {
        let Patience { retries, max_wait } = self.patience;
        if let Some(told) = told.filter(|_| retries > 0) {
            let wait = told.max(LEAST);
            self.waited = self.waited.saturating_add(wait);
            return (self.waited <= max_wait).then_some(wait);
        }
        if self.tries >= retries {
            return None;
        }
        let whole = FIRST.saturating_mul(1 << self.tries.min(6));
        self.tries += 1;
        let [random] = entropy.bytes::<1>();
        // Between a half and all of it, so that those who failed together do not come back so.
        Some(whole / 2 + whole.saturating_mul(u32::from(random)) / 512)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(retries: u32, told: Option<u64>) -> Vec<u128> {
        let patience = Patience { retries, max_wait: Duration::from_secs(30) };
        let (mut waiting, entropy) = (Waiting::new(patience), Entropy::new(|it| it.fill(0)));
        let told = told.map(Duration::from_secs);
        std::iter::from_fn(|| waiting.next(told, &entropy)).map(|it| it.as_millis()).collect()
    }

    #[test]
    fn waits_grow_end_and_are_what_the_server_says_where_it_does() {
        assert_eq!(waits(4, None), [250, 500, 1_000, 2_000]);
        assert_eq!(waits(0, None), [0; 0]);
        assert_eq!(waits(0, Some(1)), [0; 0]);
        assert_eq!(waits(4, Some(10)), [10_000; 3]);
        assert_eq!(waits(4, Some(0)), [1_000; 30]);
        assert_eq!(waits(4, Some(31)), [0; 0]);
    }
}
