//! The policies in force, ready to be asked.

use std::sync::Arc;

use bailiwick_policy::engine::Engine;
use bailiwick_policy::source::{Problems, Source};
use bailiwick_store::policies::PolicyVersion;

/// The policies in force.
#[derive(Debug, Clone)]
pub struct Policies {
    version: u64,
    digest: Arc<str>,
    engine: Option<Arc<Engine>>,
}

impl Policies {
    /// The shipped policies, which are in force until others are put in their place.
    pub(super) fn shipped() -> Self {
        Self { version: 0, digest: "".into(), engine: kept(0, Engine::shipped()) }
    }

    /// A version. One that cannot be read here, for a newer program wrote it, refuses everything:
    /// what was in force before is not what an operator wants any more.
    pub(super) fn of(stored: &PolicyVersion) -> Self {
        let version = u64::try_from(stored.number).unwrap_or(u64::MAX);
        let name = format!("version {version}");
        let read = Engine::read(&[Source { name: &name, text: &stored.text }]);
        Self { version, digest: stored.digest.as_str().into(), engine: kept(version, read) }
    }

    /// The number of the version; 0 for the shipped one.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What decides; nothing where the version cannot be read.
    pub fn engine(&self) -> Option<&Arc<Engine>> {
        self.engine.as_ref()
    }

    /// Whether these are the same policies.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.version, &self.digest) == (other.version, &other.digest)
    }

    /// Takes the place of others: of the same policies what was made of them stays.
    pub(super) fn succeed(&mut self, before: &Self) {
        if self.is_like(before) {
            *self = before.clone();
        }
    }
}

fn kept(version: u64, read: Result<Engine, Problems>) -> Option<Arc<Engine>> {
    match read {
        Ok(engine) => Some(Arc::new(engine)),
        Err(problems) => {
            tracing::error!(version, %problems, "policies cannot be read; everything is refused");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::time::Timestamp;

    fn stored(text: &str) -> PolicyVersion {
        PolicyVersion {
            number: 7,
            text: text.to_owned(),
            digest: text.len().to_string(),
            activated_at: Timestamp::default(),
            activated_by: String::new(),
            because: String::new(),
        }
    }

    #[test]
    fn what_cannot_be_read_decides_nothing() {
        let read = Policies::of(&stored("@id(\"a\") permit (principal, action, resource);"));
        assert!(read.engine().is_some() && read.version() == 7);
        assert!(Policies::of(&stored("permit (principal, action, resource)")).engine().is_none());
        assert!(Policies::shipped().engine().is_some());
    }

    #[test]
    fn the_same_policies_are_read_once() {
        let text = "@id(\"a\") permit (principal, action, resource);";
        let (before, mut after) = (Policies::of(&stored(text)), Policies::of(&stored(text)));
        after.succeed(&before);
        let (one, other) = (before.engine().unwrap(), after.engine().unwrap());
        assert!(Arc::ptr_eq(one, other));
        let mut others = Policies::shipped();
        others.succeed(&before);
        assert_eq!(others.version(), 0);
    }
}
