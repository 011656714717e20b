//! The revisions of the protocol that are spoken here.

/// A revision, earliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revision {
    /// The first over Streamable HTTP; what a request without a revision is of.
    V2025_03_26,
    /// The first that names itself in a header field.
    V2025_06_18,
    /// The last that has sessions.
    V2025_11_25,
    /// Stateless: each request says all there is to know.
    V2026_07_28,
}

/// The revisions whose every request names its own: those that an agent is told when it names
/// one that is not spoken here. The others are agreed on by `initialize`.
pub const STATELESS: [&str; 1] = [Revision::V2026_07_28.as_str()];

impl Revision {
    /// All of them, earliest first.
    pub const ALL: [Self; 4] =
        [Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// The revision of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// Whether it has no sessions, and each request says all there is to know.
    pub const fn is_stateless(self) -> bool {
        matches!(self, Self::V2026_07_28)
    }
}
