//! A policy's scope: the `principal`, `action` and `resource` in the parentheses at its head.

use cedar_policy::{ActionConstraint, EntityUid, Policy, PrincipalConstraint, ResourceConstraint};

use crate::action::Action;

/// Whom, what and which operation a policy can match at all. It may match more than its policy
/// does, never less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The agent, or what it has to be in; none for everybody.
    pub principal: Option<EntityUid>,
    /// What it is about.
    pub actions: Vec<Action>,
    /// The operation, or what it has to be in; none for every one.
    pub resource: Option<EntityUid>,
}

impl Head {
    pub(crate) fn of(policy: &Policy) -> Self {
        let principal = match policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
            PrincipalConstraint::In(uid)
            | PrincipalConstraint::Eq(uid)
            | PrincipalConstraint::IsIn(_, uid) => Some(uid),
        };
        let resource = match policy.resource_constraint() {
            ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
            ResourceConstraint::In(uid)
            | ResourceConstraint::Eq(uid)
            | ResourceConstraint::IsIn(_, uid) => Some(uid),
        };
        Self { principal, actions: actions(policy.action_constraint()), resource }
    }
}

fn actions(constraint: ActionConstraint) -> Vec<Action> {
    let named = match constraint {
        ActionConstraint::Any => return Action::ALL.to_vec(),
        ActionConstraint::Eq(uid) => vec![uid],
        ActionConstraint::In(uids) => uids,
    };
    let mut actions: Vec<Action> =
        named.iter().flat_map(|uid| Action::named(uid.id().unescaped())).copied().collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}
