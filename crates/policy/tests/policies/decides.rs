//! How decisions are made of what policies say.

use bailiwick_policy::decision::Decision::{Allow, Deny, Error, NeedsApproval};
use bailiwick_policy::fields::Found;
use bailiwick_policy::question::Question;
use bailiwick_policy::slices::Slices;
use std::sync::Arc;

use crate::stand::{ask, check, engine, question};

const PERMIT: &str = "@id(\"yes\") permit (principal, action, resource);\n";

fn with_permit(text: &str) -> bailiwick_policy::engine::Engine {
    engine(&format!("{PERMIT}{text}"))
}

#[test]
fn one_that_forbids_is_stronger_than_any_that_permits() {
    let engine = with_permit(
        r#"@id("no") @reason("ask later")
           forbid (principal, action == Action::"write", resource);"#,
    );
    check(&engine, &question("acme GET /"), (Allow, &["yes"]));
    check(&engine, &question("acme POST /"), (Deny, &["no"]));
    let answer = ask(&engine, &question("acme POST /"));
    assert_eq!(answer.reason().map(|reason| &**reason), Some("ask later"));
}

#[test]
fn most_approvers_are_asked_for_and_a_plain_no_asks_nobody() {
    let engine = with_permit(
        r#"
        @id("one") @approval("one") forbid (principal, action, resource)
        when { resource.api == "acme" };
        @id("two") @approval("two") forbid (principal, action == Action::"delete", resource);
        @id("no") forbid (principal, action, resource) when { context.chain > 2 };
        "#,
    );
    check(&engine, &question("other GET /"), (Allow, &["yes"]));
    check(&engine, &question("acme GET /"), (NeedsApproval { approvers: 1 }, &["one"]));
    let two = NeedsApproval { approvers: 2 };
    check(&engine, &question("acme DELETE /"), (two, &["one", "two"]));
    let deep = Question { chain: 3, ..question("acme DELETE /") };
    check(&engine, &deep, (Deny, &["no"]));
}

#[test]
fn a_policy_that_masks_forbids_nothing_and_says_what_is_masked() {
    let engine = with_permit(
        r#"
        @id("pii") @mask("pii health") forbid (principal, action, resource)
        unless { context has person };
        @id("card") @mask("card pii") forbid (principal, action, resource);
        @id("ask") @approval("one") forbid (principal, action == Action::"write", resource);
        @id("no") forbid (principal, action == Action::"delete", resource);
        "#,
    );
    let masks = |question: &Question| {
        let labels = ask(&engine, question).masks();
        labels.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    check(&engine, &question("acme GET /"), (Allow, &["yes"]));
    assert_eq!(masks(&question("acme GET /")), ["card", "health", "pii"]);
    let person = Some("psn_1".to_owned());
    assert_eq!(masks(&Question { person, ..question("acme GET /") }), ["card", "pii"]);
    check(&engine, &question("acme POST /"), (NeedsApproval { approvers: 1 }, &["ask"]));
    assert_eq!(masks(&question("acme POST /")), ["card", "health", "pii"]);
    check(&engine, &question("acme DELETE /"), (Deny, &["no"]));
    assert!(masks(&question("acme DELETE /")).is_empty(), "there is no answer to mask");
}

#[test]
fn approval_is_not_asked_for_what_nothing_permits() {
    let engine = engine(r#"@id("one") @approval("one") forbid (principal, action, resource);"#);
    check(&engine, &question("acme GET /"), (Deny, &[]));
}

/// Cedar skips a policy that fails: here it refuses, whether it would have permitted or forbidden.
#[test]
fn a_policy_that_fails_refuses() {
    let overflow = "when { context.chain + 9223372036854775807 > 0 };";
    for text in [
        format!("@id(\"bad\") permit (principal, action, resource) {overflow}"),
        format!("@id(\"bad\") forbid (principal, action, resource) {overflow}"),
        format!("@id(\"bad\") @approval(\"one\") forbid (principal, action, resource) {overflow}"),
        format!("@id(\"bad\") @mask(\"pii\") forbid (principal, action, resource) {overflow}"),
    ] {
        let engine = with_permit(&text);
        let failing = Question { chain: 1, ..question("acme GET /") };
        check(&engine, &failing, (Error, &["bad"]));
        assert_eq!(ask(&engine, &failing).errors.len(), 1);
    }
}

#[test]
fn a_shadow_is_reported_where_it_would_have_decided_otherwise() {
    let shadow = |effect: &str, marks: &str| {
        format!("@id(\"shade\") @shadow {marks} {effect} (principal, action, resource);")
    };
    let reported = |text: &str, asked: &Question| {
        let answer = ask(&engine(text), asked);
        (answer.decision, answer.otherwise.iter().any(|policy| &*policy.id == "shade"))
    };
    let get = question("acme GET /");
    let forbids = shadow("forbid", "");
    assert_eq!(reported(&format!("{PERMIT}{forbids}"), &get), (Allow, true));
    assert_eq!(reported(&format!("{PERMIT}{}", shadow("permit", "")), &get), (Allow, false));
    assert_eq!(reported(&shadow("permit", ""), &get), (Deny, true));
    assert_eq!(reported(&forbids, &get), (Deny, false));
    let asks = "@id(\"asks\") @approval(\"one\") forbid (principal, action, resource);";
    let asked = NeedsApproval { approvers: 1 };
    let both = |marks| format!("{PERMIT}{asks}{}", shadow("forbid", marks));
    assert_eq!(reported(&both(""), &get), (asked, true));
    assert_eq!(reported(&both("@approval(\"two\")"), &get), (asked, true));
    assert_eq!(reported(&both("@approval(\"one\")"), &get), (asked, false));
    let failing = "@id(\"shade\") @shadow forbid (principal, action, resource) \
                   when { context.chain + 9223372036854775807 > 0 };";
    let deep = Question { chain: 1, ..get };
    assert_eq!(reported(&format!("{PERMIT}{failing}"), &deep), (Allow, true));
}

const FIELDS: &str = r#"
    @id("one-ticket") forbid (principal, action, resource)
    when { context.text.hasTag("path/id") && context.text.getTag("path/id") == "7" };
    @id("small") forbid (principal, action == Action::"write", resource)
    unless { context.number.hasTag("body/amount") && context.number.getTag("body/amount") <= 100 };
"#;

fn asked(named: &str, fields: &[(&str, Found<'static>)]) -> Question {
    let fields = fields.iter().map(|(name, found)| ((*name).to_owned(), found.clone())).collect();
    Question { fields, ..question(named) }
}

#[test]
fn fields_are_read_as_what_the_policy_says_they_are_or_the_request_is_refused() {
    let engine = with_permit(FIELDS);
    let seven = ("path/id", Found::Text("7".into()));
    check(&engine, &asked("acme GET /{id}", &[]), (Allow, &["yes"]));
    check(&engine, &asked("acme GET /{id}", &[seven]), (Deny, &["one-ticket"]));
    let amount = |found| [("body/amount", found)];
    check(&engine, &asked("acme POST /", &amount(Found::Number(100))), (Allow, &["yes"]));
    check(&engine, &asked("acme POST /", &amount(Found::Number(101))), (Deny, &["small"]));
    check(&engine, &asked("acme POST /", &amount(Found::Absent)), (Deny, &["small"]));
    for unfit in [Found::Text("100".into()), Found::Unfit] {
        check(&engine, &asked("acme POST /", &amount(unfit)), (Error, &["small"]));
    }
    // What no policy for the operation reads may be anything.
    check(&engine, &asked("acme GET /", &amount(Found::Unfit)), (Allow, &["yes"]));
}

#[test]
fn slices_are_remembered_for_as_long_as_nothing_changes() {
    let first = Arc::new(with_permit(""));
    let second = Arc::new(engine("@id(\"no\") forbid (principal, action, resource);"));
    let asked = question("acme GET /");
    let mut agent = crate::decides::agent();
    let mut slices = Slices::default();
    let decide =
        |slice: &bailiwick_policy::slice::Slice| slice.decide(&asked.facts(slice)).decision;
    let made = slices.find(&first, &agent, &asked.operation).unwrap();
    assert_eq!(decide(&made), Allow);
    let again = slices.find(&first, &agent, &asked.operation).unwrap();
    assert!(std::rc::Rc::ptr_eq(&made, &again), "nothing changed");
    agent.owner = "somebody else".to_owned();
    let changed = slices.find(&first, &agent, &asked.operation).unwrap();
    assert!(!std::rc::Rc::ptr_eq(&made, &changed), "the agent changed");
    let other = slices.find(&second, &agent, &asked.operation).unwrap();
    assert_eq!(decide(&other), Deny, "another set is in force");
}

fn agent() -> bailiwick_domain::agent::Agent {
    use bailiwick_domain::agent::{Agent, Kind, State};
    Agent {
        id: bailiwick_domain::id::AgentId::from_bits(1),
        project: "default".parse().unwrap(),
        name: "summarizer".parse().unwrap(),
        owner: "support".to_owned(),
        purpose: String::new(),
        kind: Kind::Autonomous,
        state: State::Active,
        scopes: "tickets:use".parse().unwrap(),
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: bailiwick_domain::time::Timestamp::default(),
        updated_at: bailiwick_domain::time::Timestamp::default(),
    }
}
