//! Who may do what with the admin API: one table, an operation a row. An operation that is not in
//! it is refused to everybody, and fails a test.

use std::fmt::Write as _;

use bailiwick_domain::person::Role::{self, Admin, Approver, Operator, Viewer};

/// How long ago a person may have proved who they are, to do what is dangerous, in seconds.
pub(crate) const RECENT_SECONDS: i64 = 600;

/// What an operation asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand {
    /// The least role.
    pub(crate) role: Role,
    /// Whether a person has to have proved who they are just now.
    pub(crate) recent: bool,
}

const fn seen() -> Demand {
    Demand { role: Viewer, recent: false }
}
/// What waits for a person.
const fn decided() -> Demand {
    Demand { role: Approver, recent: true }
}
const fn governed() -> Demand {
    Demand { role: Operator, recent: false }
}
/// What cannot be taken back.
const fn final_act() -> Demand {
    Demand { role: Operator, recent: true }
}
const fn trusted() -> Demand {
    Demand { role: Admin, recent: false }
}
/// What decides whom the authority itself believes, and what anybody may do.
const fn dangerous() -> Demand {
    Demand { role: Admin, recent: true }
}

/// Method, path and demand.
const TABLE: &[(&str, &str, Demand)] = &[
    ("GET", "/api/v1/agents", seen()),
    ("POST", "/api/v1/agents", governed()),
    ("GET", "/api/v1/agents/{agent}", seen()),
    ("PATCH", "/api/v1/agents/{agent}", governed()),
    ("GET", "/api/v1/agents/{agent}/client", seen()),
    ("PUT", "/api/v1/agents/{agent}/client", governed()),
    ("DELETE", "/api/v1/agents/{agent}/client", governed()),
    ("POST", "/api/v1/agents/{agent}/suspend", governed()),
    ("POST", "/api/v1/agents/{agent}/resume", governed()),
    ("POST", "/api/v1/agents/{agent}/retire", final_act()),
    ("POST", "/api/v1/agents/{agent}/approve", governed()),
    ("POST", "/api/v1/agents/{agent}/refuse", governed()),
    ("POST", "/api/v1/agents/{agent}/credentials", governed()),
    ("GET", "/api/v1/credentials", seen()),
    ("GET", "/api/v1/credentials/{key_id}", seen()),
    ("PATCH", "/api/v1/credentials/{key_id}", governed()),
    ("DELETE", "/api/v1/credentials/{key_id}", governed()),
    ("POST", "/api/v1/invites", governed()),
    ("GET", "/api/v1/invites", seen()),
    ("GET", "/api/v1/invites/{invite}", seen()),
    ("DELETE", "/api/v1/invites/{invite}", governed()),
    ("POST", "/api/v1/issuers", dangerous()),
    ("GET", "/api/v1/issuers", seen()),
    ("DELETE", "/api/v1/issuers/{id}", dangerous()),
    ("POST", "/api/v1/projects", trusted()),
    ("GET", "/api/v1/projects", seen()),
    ("GET", "/api/v1/projects/{project}", seen()),
    ("PATCH", "/api/v1/projects/{project}", trusted()),
    ("POST", "/api/v1/operators", dangerous()),
    ("GET", "/api/v1/operators", seen()),
    ("DELETE", "/api/v1/operators/{id}", dangerous()),
    ("GET", "/api/v1/people", seen()),
    ("POST", "/api/v1/people/invites", dangerous()),
    ("GET", "/api/v1/people/{id}", seen()),
    ("PATCH", "/api/v1/people/{id}", dangerous()),
    ("POST", "/api/v1/people/{id}/block", dangerous()),
    ("POST", "/api/v1/people/{id}/unblock", dangerous()),
    ("GET", "/api/v1/grants", seen()),
    ("GET", "/api/v1/grants/{id}", seen()),
    ("DELETE", "/api/v1/grants/{id}", governed()),
    ("POST", "/api/v1/tasks", governed()),
    ("GET", "/api/v1/tasks", seen()),
    ("DELETE", "/api/v1/tasks/{id}", governed()),
    ("GET", "/api/v1/signing-keys", seen()),
    ("POST", "/api/v1/signing-keys/rotate", dangerous()),
    ("POST", "/api/v1/signal-streams", dangerous()),
    ("GET", "/api/v1/signal-streams", seen()),
    ("DELETE", "/api/v1/signal-streams/{id}", dangerous()),
    ("GET", "/api/v1/apis", seen()),
    ("GET", "/api/v1/apis/{api}", seen()),
    ("GET", "/api/v1/apis/{api}/proposal", seen()),
    ("GET", "/api/v1/approvals", seen()),
    ("GET", "/api/v1/approvals/{id}", seen()),
    ("POST", "/api/v1/approvals/{id}/approve", decided()),
    ("POST", "/api/v1/approvals/{id}/deny", decided()),
    ("GET", "/api/v1/apis/{api}/documents", seen()),
    ("POST", "/api/v1/apis/{api}/documents", governed()),
    ("POST", "/api/v1/apis/{api}/documents/compare", governed()),
    ("GET", "/api/v1/policies", seen()),
    ("POST", "/api/v1/policies", dangerous()),
    ("GET", "/api/v1/policies/{number}", seen()),
    ("GET", "/api/v1/ledger", seen()),
    ("GET", "/api/v1/ledger/{record}", seen()),
    ("GET", "/api/v1/ledger/{record}/proof", seen()),
];

/// What this operation asks of whoever calls it; nothing when there is no such row.
pub(crate) fn demand(method: &str, template: &str) -> Option<Demand> {
    // HEAD is answered by what answers GET (RFC 9110, section 9.3.2).
    let method = if method == "HEAD" { "GET" } else { method };
    let row = TABLE.iter().find(|(verb, path, _)| *verb == method && *path == template);
    row.map(|(_, _, demand)| *demand)
}

/// The page of roles, in Markdown.
pub fn roles() -> String {
    let mut page = HEAD.to_owned();
    for (method, path, demand) in TABLE {
        let marks = Role::ALL.map(|role| if role >= demand.role { "✔" } else { "✘" }).join(" | ");
        let recent = if demand.recent { "✔" } else { "" };
        let _ = writeln!(page, "| `{method} {path}` | {marks} | {recent} |");
    }
    page
}

const HEAD: &str = "\
# Roles

What each role may do with the admin API. Generated from the table that decides it; an operation
that is not in the table is refused to everybody.

A role is had by an operator's token (`bailiwick operator add NAME --role R`) or by a person who
signs in (`bailiwick person set ID --role R`). *Just now*: a person has to have signed in within the
last ten minutes, or is answered 401 `reauthentication_needed`.

| operation | viewer | approver | operator | admin | just now |
|---|:-:|:-:|:-:|:-:|:-:|
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::endpoints;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_of_the_admin_api_has_a_row_and_every_row_an_operation() {
        let (_, described) = endpoints::administration().split_for_parts();
        let mut served = BTreeSet::new();
        for (path, item) in described.paths.paths {
            let methods = [
                ("GET", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            let methods = methods.into_iter().filter(|(_, is_there)| *is_there);
            served.extend(methods.map(|(method, _)| format!("{method} {path}")));
        }
        let listed = TABLE.iter().map(|(method, path, _)| format!("{method} {path}"));
        let listed: BTreeSet<String> = listed.collect();
        assert_eq!(listed.len(), TABLE.len(), "no operation is there twice");
        assert_eq!(listed, served);
    }

    #[test]
    fn whoever_only_looks_changes_nothing() {
        for (method, path, demand) in TABLE {
            assert_eq!(*method == "GET", demand.role == Viewer, "{method} {path}");
        }
        assert_eq!(demand("HEAD", "/api/v1/agents"), demand("GET", "/api/v1/agents"));
        assert_eq!(demand("PUT", "/api/v1/agents"), None);
        assert_eq!(demand("GET", "/api/v1/agents/x"), None);
    }

    #[test]
    fn the_committed_page_of_roles_is_this_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/reference/roles.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == roles(), "docs/src/reference/roles.md: run `cargo xtask gen`");
    }
}
