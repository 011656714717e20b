//! What the shipped policies say.

use std::sync::Arc;

use bailiwick_domain::agent::Kind;
use bailiwick_domain::operation::{ApprovalRule, Sensitivity};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_policy::decision::Decision::{Allow, Deny, NeedsApproval};
use bailiwick_policy::engine::Engine;
use bailiwick_policy::question::Question;

use crate::stand::{check, question};

const APPROVAL: bailiwick_policy::decision::Decision = NeedsApproval { approvers: 1 };

fn with(mut asked: Question, sensitivity: Sensitivity, approval: ApprovalRule) -> Question {
    let operation = Arc::make_mut(&mut asked.operation);
    operation.sensitivity = sensitivity;
    operation.approval = approval;
    asked
}

#[test]
fn what_scopes_allow_is_permitted_and_nothing_else() {
    let engine = Engine::shipped().unwrap();
    for operation in ["acme GET /tickets/{id}", "acme POST /tickets"] {
        check(&engine, &question(operation), (Allow, &["within-scopes"]));
        let without = Question { scopes: ScopeSet::default(), ..question(operation) };
        check(&engine, &without, (Deny, &[]));
    }
}

#[test]
fn whoever_acts_by_itself_only_reads_what_is_confidential() {
    let engine = Engine::shipped().unwrap();
    for (sensitivity, changes) in [
        (Sensitivity::Public, true),
        (Sensitivity::Internal, true),
        (Sensitivity::Confidential, false),
        (Sensitivity::Restricted, false),
    ] {
        let marked = |asked| with(asked, sensitivity, ApprovalRule::Policy);
        let read = marked(question("acme GET /tickets"));
        check(&engine, &read, (Allow, &["within-scopes"]));
        let write = marked(question("acme POST /tickets"));
        let verdict = if changes { (Allow, "within-scopes") } else { (Deny, "read-first") };
        check(&engine, &write, (verdict.0, &[verdict.1]));
        let in_task = Question { task: Some("tsk_1".to_owned()), ..write.clone() };
        check(&engine, &in_task, (Allow, &["within-scopes"]));
        let for_person = Question { person: Some("psn_1".to_owned()), chain: 1, ..write.clone() };
        check(&engine, &for_person, (Allow, &["within-scopes"]));
        for settled in [ApprovalRule::Never, ApprovalRule::Always] {
            let settled = with(write.clone(), sensitivity, settled);
            check(&engine, &settled, (Allow, &["within-scopes"]));
        }
    }
}

#[test]
fn a_copilot_asks_before_it_touches_what_is_restricted() {
    let engine = Engine::shipped().unwrap();
    let copilot = Question { kind: Kind::Copilot, ..question("acme GET /salaries") };
    let marked = |sensitivity, approval| with(copilot.clone(), sensitivity, approval);
    let policy = ApprovalRule::Policy;
    check(&engine, &marked(Sensitivity::Confidential, policy), (Allow, &["within-scopes"]));
    check(&engine, &marked(Sensitivity::Restricted, policy), (APPROVAL, &["copilot-restricted"]));
    let never = marked(Sensitivity::Restricted, ApprovalRule::Never);
    check(&engine, &never, (Allow, &["within-scopes"]));
    let alone = Question { kind: Kind::Autonomous, ..marked(Sensitivity::Restricted, policy) };
    check(&engine, &alone, (Allow, &["within-scopes"]));
}

#[test]
fn an_autonomous_agent_asks_before_it_deletes() {
    let engine = Engine::shipped().unwrap();
    let delete = question("acme DELETE /tickets/{id}");
    check(&engine, &delete, (APPROVAL, &["autonomous-delete"]));
    let never = with(delete.clone(), Sensitivity::Internal, ApprovalRule::Never);
    check(&engine, &never, (Allow, &["within-scopes"]));
    let watched = Question { kind: Kind::Copilot, ..delete.clone() };
    check(&engine, &watched, (Allow, &["within-scopes"]));
    // An approval is no permission: what is refused anyhow is not asked for.
    let without = Question { scopes: ScopeSet::default(), ..delete };
    check(&engine, &without, (Deny, &[]));
}
