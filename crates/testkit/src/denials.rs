//! Every denial there is, once.

use bailiwick_domain::approval::State;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::{Denial, Exhausted, Waiting};
use bailiwick_domain::id::ApprovalId;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_gateway::upstream::respond;
use serde_json::{Value, json};

const HEAD: &str = "\
# Denials

Every way in which the gateway refuses a request. The answer is `application/problem+json`
(RFC 9457); its `code` is what programs go by, and never changes its meaning. Where *retry* says
yes, the same request may succeed later, signed again; the answer's `retryable` says the same.

| code | status | what happened | how to do better | retry |
|---|---:|---|---|---|
";

/// All denials, in the order of the enum, with samples of what they carry.
pub fn every() -> Vec<Denial> {
    std::iter::successors(Some(Denial::RequestMalformed("…")), after).collect()
}

/// The denial that comes after this one; a variant that is forgotten here does not compile.
fn after(denial: &Denial) -> Option<Denial> {
    Some(match denial {
        Denial::RequestMalformed(_) => Denial::CredentialMalformed("…"),
        Denial::CredentialMalformed(_) => Denial::CredentialConflict("…"),
        Denial::CredentialConflict(_) => Denial::CredentialMissing,
        Denial::CredentialMissing => Denial::CredentialUnknown,
        Denial::CredentialUnknown => Denial::CredentialExpired,
        Denial::CredentialExpired => Denial::CredentialRevoked,
        Denial::CredentialRevoked => Denial::TokenInvalid("…"),
        Denial::TokenInvalid(_) => Denial::TokenExpired,
        Denial::TokenExpired => Denial::TokenAudience,
        Denial::TokenAudience => Denial::TokenRevoked,
        Denial::TokenRevoked => Denial::ProofMissing,
        Denial::ProofMissing => Denial::ProofTooWeak { required: Strength::Key },
        Denial::ProofTooWeak { .. } => Denial::SignatureInvalid,
        Denial::SignatureInvalid => Denial::SignatureExpired,
        Denial::SignatureExpired => Denial::SignatureNotYetValid,
        Denial::SignatureNotYetValid => Denial::SignatureWindow,
        Denial::SignatureWindow => Denial::SignatureCoverage { missing: "@method" },
        Denial::SignatureCoverage { .. } => Denial::NonceMissing,
        Denial::NonceMissing => Denial::NonceReplayed,
        Denial::NonceReplayed => Denial::DigestMissing,
        Denial::DigestMissing => Denial::DigestMismatch,
        Denial::DigestMismatch => Denial::AgentMismatch,
        Denial::AgentMismatch => Denial::AgentPending,
        Denial::AgentPending => Denial::AgentSuspended,
        Denial::AgentSuspended => Denial::AgentRetired,
        Denial::AgentRetired => Denial::NetworkForbidden,
        Denial::NetworkForbidden => Denial::DelegationInvalid("…"),
        Denial::DelegationInvalid(_) => Denial::DelegationTooDeep,
        Denial::DelegationTooDeep => Denial::DelegationRevoked,
        Denial::DelegationRevoked => Denial::TaskClosed,
        Denial::TaskClosed => Denial::OperationUnknown,
        Denial::OperationUnknown => Denial::ScopeMissing { missing: scopes() },
        Denial::ScopeMissing { .. } => Denial::ContractViolated {
            pointer: "/body/amount".to_owned(),
            reason: "…".to_owned(),
        },
        Denial::ContractViolated { .. } => Denial::McpHeaderMismatch("…"),
        Denial::McpHeaderMismatch(_) => Denial::PolicyDenied { policies: Vec::new(), reason: None },
        Denial::PolicyDenied { .. } => Denial::PolicyError,
        Denial::PolicyError => Denial::NotInLine("…"),
        Denial::NotInLine(_) => Denial::BodyTooLarge { limit_bytes: 1_024 },
        Denial::BodyTooLarge { .. } => Denial::RateLimited(exhausted()),
        Denial::RateLimited(_) => Denial::BudgetExhausted("…"),
        Denial::BudgetExhausted(_) => Denial::ApprovalPending(Box::new(waiting())),
        Denial::ApprovalPending(_) => Denial::ApprovalDenied { reason: "…".to_owned() },
        Denial::ApprovalDenied { .. } => Denial::ApprovalMismatch("…"),
        Denial::ApprovalMismatch(_) => Denial::UpstreamFailed,
        Denial::UpstreamFailed => Denial::UpstreamTimeout,
        Denial::UpstreamTimeout => Denial::Unavailable,
        Denial::Unavailable => return None,
    })
}

fn scopes() -> ScopeSet {
    "tickets:write".parse().unwrap_or_default()
}

fn waiting() -> Waiting {
    let (id, expires_at) = (ApprovalId::from_bits(1), Timestamp::default());
    Waiting { id, state: State::Pending, url: String::new(), expires_at, waited: None }
}

fn exhausted() -> Exhausted {
    Exhausted { policy: "agent", quota: 30, window_seconds: 60, retry_after_seconds: 2 }
}

/// The page of the reference that lists them.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for denial in every() {
        let row = [
            format!("`{}`", denial.code()),
            respond::status(&denial).as_u16().to_string(),
            denial.title().to_owned(),
            denial.hint().unwrap_or("–").to_owned(),
            if denial.retryable() { "yes" } else { "–" }.to_owned(),
        ];
        page.extend(["| ", &row.join(" | "), " |\n"]);
    }
    page
}

/// The same as JSON: a list of `code`, `status`, `title`, `hint` (null where there is none) and
/// `retryable`. What SDKs know of denials is made from it.
pub fn table() -> String {
    let row = |denial: &Denial| {
        json!({
            "code": denial.code(),
            "hint": denial.hint(),
            "retryable": denial.retryable(),
            "status": respond::status(denial).as_u16(),
            "title": denial.title(),
        })
    };
    let rows: Vec<Value> = every().iter().map(row).collect();
    format!("{:#}", Value::Array(rows))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_code_stands_for_two_things() {
        let codes: HashSet<_> = every().iter().map(Denial::code).collect();
        assert_eq!(codes.len(), every().len());
    }

    #[test]
    fn the_reference_lists_them_as_they_are() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/reference/denials.md");
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(committed == page(), "{path} is out of date: run `cargo xtask gen`");
    }

    #[test]
    fn the_table_for_programs_lists_them_as_they_are() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../api/denials.json");
        let committed = std::fs::read_to_string(path).unwrap();
        let same = committed.trim_end() == table();
        assert!(same, "{path} is out of date: run `cargo xtask gen`");
    }

    #[test]
    fn every_status_is_an_error_but_that_of_what_waits() {
        for denial in every() {
            let status = respond::status(&denial);
            let is_error = status.is_client_error() || status.is_server_error();
            let waits = matches!(denial, Denial::ApprovalPending(_)) && status == 202;
            assert!(is_error || waits, "{}", denial.code());
        }
    }
}
