//! Which keys were used, and when last.

use bailiwick_domain::id::KeyId;
use bailiwick_domain::time::Timestamp;
use foldhash::HashMap;

/// The last use of each key in a batch, as the records have it: instants of the canonical form
/// sort as text.
#[derive(Debug, Default)]
pub(super) struct Uses(HashMap<String, String>);

impl Uses {
    /// Notes a use.
    pub(super) fn note(&mut self, key: &str, time: &str) {
        match self.0.get_mut(key) {
            Some(latest) if latest.as_str() >= time => {}
            Some(latest) => time.clone_into(latest),
            None => {
                self.0.insert(key.to_owned(), time.to_owned());
            }
        }
    }

    /// The keys, each with its last use.
    pub(super) fn list(&self) -> Vec<(KeyId, Timestamp)> {
        let read = |(key, time): (&String, &String)| Some((key.parse().ok()?, time.parse().ok()?));
        self.0.iter().filter_map(read).collect()
    }
}
