//! The world is as the store says, or said a moment ago. A gateway that has lost touch with its
//! store cannot know what was ended since, and lets nobody in.

use std::time::Duration;

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::feed::Contact;

use crate::asked::Asked;
use crate::core::{Core, Gate};

/// Says that the world may be decided by.
#[derive(Debug, Clone, Copy)]
pub struct InTouch(());

/// Checks that the store has answered within the time that the settings allow. One load from
/// memory; the store itself is not asked.
pub fn check(asked: &Asked, gate: &Gate<'_>) -> Result<InTouch, Denial> {
    if has_touch(gate.core, asked.at()) { Ok(InTouch(())) } else { Err(Denial::Unavailable) }
}

/// Whether the store has answered within that time.
pub(crate) fn has_touch(core: &Core, now: Timestamp) -> bool {
    is_recent(&core.contact, now, core.settings.max_staleness)
}

/// A contact that lies as far ahead is none either: then the clock was set back, and how long ago
/// it was nobody knows. The next one, which is recent again, is at most half a second away.
fn is_recent(contact: &Contact, now: Timestamp, most: Duration) -> bool {
    let age = now.millis_since(contact.last()).unsigned_abs();
    Duration::from_millis(age) <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(last: i64, now: i64, expected: bool) {
        let contact = Contact::at(Timestamp::from_millis(last));
        let now = Timestamp::from_millis(now);
        let found = is_recent(&contact, now, Duration::from_secs(10));
        assert_eq!(found, expected, "{last} at {}", now.as_millis());
    }

    #[test]
    fn contact_is_recent_for_so_long_and_no_longer() {
        check(5_000, 5_000, true);
        check(5_000, 15_000, true);
        check(5_000, 15_001, false);
        check(i64::MIN, i64::MAX, false);
    }

    #[test]
    fn contact_that_the_clock_has_left_ahead_is_none() {
        check(5_000, 4_990, true);
        check(20_000, 10_000, true);
        check(20_000, 9_999, false);
        check(i64::MAX, i64::MIN, false);
    }
}
