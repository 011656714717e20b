//! Scopes: `resource:action`, compared exactly, with no implied hierarchy.

use std::fmt;
use std::str::FromStr;

/// The longest scope accepted, in bytes.
pub const MAX_BYTES: usize = 128;
/// The most scopes one set holds.
pub const MAX_SCOPES: usize = 64;

/// One scope: segments of `[a-z0-9_.-]+` joined by colons, or the broad `*` as a segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Box<str>);

/// Why a text is not a scope or a set of scopes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAScope {
    /// A segment is empty or has a character outside `[a-z0-9_.-]`.
    #[error("`{0}` is not a scope: write segments of a-z, 0-9, `_`, `.` and `-` joined by colons")]
    Malformed(String),
    /// More than [`MAX_BYTES`].
    #[error("a scope is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// More than [`MAX_SCOPES`].
    #[error("more than {MAX_SCOPES} scopes")]
    TooMany,
}

impl Scope {
    /// The scope as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the scope reaches further than one action on one resource: `*`, `x:*`, `admin` and
    /// `owner`, alone or as the action. Broad scopes are granted only with a recorded reason.
    pub fn is_broad(&self) -> bool {
        self.0.split(':').any(|segment| segment == "*")
            || matches!(self.0.rsplit(':').next(), Some("admin" | "owner"))
    }
}

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        if text.len() > MAX_BYTES {
            return Err(NotAScope::TooLong);
        }
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
        let well_formed = text
            .split(':')
            .all(|segment| segment == "*" || !segment.is_empty() && segment.bytes().all(plain));
        if well_formed {
            Ok(Self(text.into()))
        } else {
            Err(NotAScope::Malformed(text.chars().take(MAX_BYTES).collect()))
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of scopes, sorted and without duplicates. Printed as OAuth does: joined by spaces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct ScopeSet(Vec<Scope>);

impl ScopeSet {
    /// A set of these scopes.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let mut sorted: Vec<Scope> = scopes.into_iter().collect();
        sorted.sort();
        sorted.dedup();
        Self(sorted)
    }

    /// The set read from texts, each a scope.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, NotAScope> {
        let mut scopes = Vec::new();
        for text in texts {
            if scopes.len() == MAX_SCOPES {
                return Err(NotAScope::TooMany);
            }
            scopes.push(text.parse()?);
        }
        Ok(Self::new(scopes))
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Scope> {
        self.0.iter()
    }

    /// Whether the scope is in the set.
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.binary_search(scope).is_ok()
    }

    /// Whether every scope of this set is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|scope| other.contains(scope))
    }

    /// What this set asks for that `held` does not have.
    #[must_use]
    pub fn missing_from(&self, held: &Self) -> Self {
        Self(self.0.iter().filter(|scope| !held.contains(scope)).cloned().collect())
    }

    /// What both sets have.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|scope| other.contains(scope)).cloned().collect())
    }
}

impl<'a> IntoIterator for &'a ScopeSet {
    type Item = &'a Scope;
    type IntoIter = std::slice::Iter<'a, Scope>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromStr for ScopeSet {
    type Err = NotAScope;

    /// Reads scopes separated by single or repeated spaces (RFC 6749, section 3.3).
    fn from_str(text: &str) -> Result<Self, NotAScope> {
        Self::from_texts(text.split(' ').filter(|part| !part.is_empty()))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&scope.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, well_formed: bool, broad: bool) {
        let scope: Result<Scope, _> = text.parse();
        assert_eq!(scope.is_ok(), well_formed, "{text}");
        if let Ok(scope) = scope {
            assert_eq!(scope.is_broad(), broad, "{text}");
        }
    }

    #[test]
    fn scopes_are_plain_segments_and_the_wide_ones_are_known() {
        check("tickets:read", true, false);
        check("a.b-c_d:read", true, false);
        check("tickets", true, false);
        check("administrator:read", true, false);
        check("admin", true, true);
        check("billing:owner", true, true);
        check("*", true, true);
        check("tickets:*", true, true);
        check("*:read", true, true);
        check("", false, false);
        check("Tickets:read", false, false);
        check("tickets:", false, false);
        check("tickets read", false, false);
        check("tickets:re*d", false, false);
        check(&"a".repeat(MAX_BYTES + 1), false, false);
    }

    fn any_set() -> impl Strategy<Value = ScopeSet> {
        proptest::collection::vec("[a-c]:[rw]", 0..6)
            .prop_map(|texts| ScopeSet::from_texts(texts.iter().map(String::as_str)).unwrap())
    }

    proptest! {
        #[test]
        fn intersection_only_narrows(a in any_set(), b in any_set()) {
            let both = a.intersection(&b);
            prop_assert!(both.is_subset(&a) && both.is_subset(&b));
            prop_assert!(a.missing_from(&b).intersection(&b).is_empty());
        }

        #[test]
        fn a_printed_set_reads_back(a in any_set()) {
            prop_assert_eq!(a.to_string().parse::<ScopeSet>(), Ok(a));
        }
    }
}
