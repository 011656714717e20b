//! What an operation does, by its method.

use bailiwick_domain::{a2a, mcp};

/// What an operation does. The same division as the budgets of tasks make
/// ([`bailiwick_domain::grant::Budgets::counted`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// It shows something.
    Read,
    /// It changes something.
    Write,
    /// It takes something away.
    Delete,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Delete];

    /// What a method does. The safe ones (RFC 9110, section 9.2.1) read, of MCP all but the call of
    /// a tool, and of A2A what shows tasks and cards; one that nobody has heard of writes.
    pub fn of(method: &str) -> Self {
        match method {
            "GET" | "HEAD" | "OPTIONS" | "TRACE" => Self::Read,
            "DELETE" => Self::Delete,
            _ if mcp::reads(method) || a2a::reads(method) => Self::Read,
            _ => Self::Write,
        }
    }

    /// The action as policies name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }

    /// The actions that a name in a policy stands for; `change` is a group.
    pub(crate) fn named(name: &str) -> &'static [Self] {
        match name {
            "read" => &[Self::Read],
            "write" => &[Self::Write],
            "delete" => &[Self::Delete],
            "change" => &[Self::Write, Self::Delete],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::grant::Budgets;

    #[test]
    fn actions_are_what_budgets_count() {
        let of_http = ["GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE", "BREW"];
        for method in of_http.into_iter().chain(mcp::METHODS).chain(a2a::METHODS) {
            let counted = match Action::of(method) {
                Action::Read => [1, 0, 0],
                Action::Write => [1, 1, 0],
                Action::Delete => [1, 1, 1],
            };
            assert_eq!(Budgets::counted(method), counted, "{method}");
        }
    }
}
