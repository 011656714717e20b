//! Which approval a request goes by, out of those there are.

use crate::approval::{Approval, Bound, Part, State};
use crate::time::Timestamp;

/// What there is for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was approved, and may go through once.
    Approved(Approval),
    /// It waits for people.
    Pending(Approval),
    /// Somebody has refused it.
    Denied(Approval),
    /// Something else was approved.
    Mismatch(Mismatch),
    /// Nothing: people are to be asked.
    Nothing,
}

/// Why an approval is not for the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// There is none of that name.
    Unknown,
    /// The request differs in this.
    Differs(Part),
    /// It takes more people now than have approved.
    TooFew,
    /// It is over: expired or used.
    Over(State),
}

impl Mismatch {
    /// What is wrong, for the caller.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Unknown => "there is no approval of that id",
            Self::Differs(Part::Agent) => "the approval is another agent's",
            Self::Differs(Part::Chain) => "it was approved on behalf of somebody else",
            Self::Differs(Part::Method) => "another method was approved",
            Self::Differs(Part::Target) => "another target was approved",
            Self::Differs(Part::Body) => "another body was approved",
            Self::Differs(Part::Policy) => "it was approved under another policy",
            Self::TooFew => "it takes more people to approve than have",
            Self::Over(State::Used) => "the approval was used already",
            Self::Over(_) => "the approval has expired",
        }
    }
}

/// What there is for a request that names no approval. `known` are this agent's approvals for the
/// same method and target; one that is over counts for nothing.
///
/// Where nothing is there for this very request, but another body or another policy's was approved
/// and is not used yet, that is a mismatch: nobody slips other arguments under an approval.
pub fn find(known: Vec<Approval>, wanted: &Bound, approvers: u8, now: Timestamp) -> Found {
    let mut other = None;
    let mut best = Found::Nothing;
    for approval in known {
        let state = approval.state_at(now);
        match (approval.bound.difference(wanted), state) {
            (None, State::Approved) if !suffices(&approval, approvers) => {
                other = Some(Mismatch::TooFew);
            }
            (None, State::Approved) => return Found::Approved(approval),
            (None, State::Denied) => best = Found::Denied(approval),
            (None, State::Pending) if approval.approvers >= approvers && best == Found::Nothing => {
                best = Found::Pending(approval);
            }
            (Some(part @ (Part::Body | Part::Policy)), State::Approved) => {
                other = Some(Mismatch::Differs(part));
            }
            _ => {}
        }
    }
    match (best, other) {
        (Found::Nothing, Some(mismatch)) => Found::Mismatch(mismatch),
        (best, _) => best,
    }
}

/// What there is for a request that names the approval it goes by: that one, or a mismatch.
pub fn named(known: Option<Approval>, wanted: &Bound, approvers: u8, now: Timestamp) -> Found {
    let Some(approval) = known else { return Found::Mismatch(Mismatch::Unknown) };
    if let Some(part) = approval.bound.difference(wanted) {
        return Found::Mismatch(Mismatch::Differs(part));
    }
    match approval.state_at(now) {
        State::Approved if !suffices(&approval, approvers) => Found::Mismatch(Mismatch::TooFew),
        State::Pending if approval.approvers < approvers => Found::Mismatch(Mismatch::TooFew),
        State::Approved => Found::Approved(approval),
        State::Pending => Found::Pending(approval),
        State::Denied => Found::Denied(approval),
        over @ (State::Expired | State::Used) => Found::Mismatch(Mismatch::Over(over)),
    }
}

/// Whether as many have approved as it takes now.
fn suffices(approval: &Approval, approvers: u8) -> bool {
    approval.approved_by() >= usize::from(approvers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::tests::{approved, bound, pending};

    const NOW: Timestamp = Timestamp::from_seconds(10);

    fn check(known: Vec<Approval>, wanted: &Bound, expected: &str) {
        let found = find(known, wanted, 1, NOW);
        assert!(format!("{found:?}").starts_with(expected), "{found:?}: {expected}");
    }

    #[test]
    fn an_approval_is_for_the_request_that_was_shown_and_no_other() {
        let wanted = bound();
        check(vec![], &wanted, "Nothing");
        check(vec![pending()], &wanted, "Pending");
        check(vec![approved(1)], &wanted, "Approved");
        check(vec![pending(), approved(1)], &wanted, "Approved");
        check(vec![approved(1), pending()], &wanted, "Approved");
        let other = Bound { body: [9; 32], ..bound() };
        check(vec![approved(1)], &other, "Mismatch(Differs(Body))");
        check(vec![pending()], &other, "Nothing");
        let other = Bound { policy: "v2".to_owned(), ..bound() };
        check(vec![approved(1)], &other, "Mismatch(Differs(Policy))");
        let other = Bound { chain: vec!["psn_x".to_owned()], ..bound() };
        check(vec![approved(1)], &other, "Nothing");
    }

    #[test]
    fn what_is_over_counts_for_nothing() {
        let wanted = bound();
        for state in [State::Used, State::Expired] {
            check(vec![Approval { state, ..approved(1) }], &wanted, "Nothing");
        }
        let late = Approval { expires_at: NOW, ..approved(1) };
        check(vec![late], &wanted, "Nothing");
        let late = Approval { expires_at: NOW, ..pending() };
        check(vec![late], &wanted, "Nothing");
        let denied = Approval { state: State::Denied, ..pending() };
        check(vec![denied.clone()], &wanted, "Denied");
        check(vec![denied, pending()], &wanted, "Denied");
    }

    #[test]
    fn fewer_people_than_it_takes_now_do_not_suffice() {
        let wanted = bound();
        let find = |known| find(vec![known], &wanted, 2, NOW);
        assert_eq!(find(approved(1)), Found::Mismatch(Mismatch::TooFew));
        assert!(matches!(find(approved(2)), Found::Approved(_)));
        assert_eq!(find(pending()), Found::Nothing);
        let waiting = Approval { approvers: 2, ..pending() };
        assert!(matches!(find(waiting), Found::Pending(_)));
    }

    #[test]
    fn one_that_is_named_is_gone_by_or_the_difference_is_told() {
        let wanted = bound();
        let check = |known: Option<Approval>, wanted: &Bound, expected: &str| {
            let found = named(known, wanted, 1, NOW);
            let told = match &found {
                Found::Mismatch(mismatch) => mismatch.detail().to_owned(),
                found => format!("{found:?}"),
            };
            assert!(told.starts_with(expected), "{told}: {expected}");
        };
        check(Some(approved(1)), &wanted, "Approved");
        check(Some(pending()), &wanted, "Pending");
        check(None, &wanted, "there is no approval");
        let mut other = bound();
        other.agent = crate::id::AgentId::from_bits(9);
        check(Some(approved(1)), &other, "the approval is another agent's");
        let other = Bound { method: "PUT".to_owned(), ..bound() };
        check(Some(approved(1)), &other, "another method");
        let other = Bound { target_digest: [9; 32], ..bound() };
        check(Some(pending()), &other, "another target");
        let other = Bound { authority: "b".to_owned(), ..bound() };
        check(Some(approved(1)), &other, "another target");
        let other = Bound { chain: vec!["psn_x".to_owned()], ..bound() };
        check(Some(approved(1)), &other, "it was approved on behalf");
        let used = Approval { state: State::Used, ..approved(1) };
        check(Some(used), &wanted, "the approval was used");
        let late = Approval { expires_at: NOW, ..approved(1) };
        check(Some(late), &wanted, "the approval has expired");
        let found = named(Some(approved(1)), &wanted, 2, NOW);
        assert_eq!(found, Found::Mismatch(Mismatch::TooFew));
        let found = named(Some(pending()), &wanted, 2, NOW);
        assert_eq!(found, Found::Mismatch(Mismatch::TooFew));
    }
}
