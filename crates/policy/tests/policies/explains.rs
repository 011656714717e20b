//! Explanations: which policies, which facts, and what would change the answer.

use bailiwick_policy::cases::{Case, Expected};
use bailiwick_policy::decision::Decision::{self, Allow, Deny, NeedsApproval};
use bailiwick_policy::engine::Engine;
use bailiwick_policy::explain::{Explanation, explain};
use bailiwick_policy::fields::Found;
use bailiwick_policy::question::Question;

use crate::stand::{engine, question};

fn changes(explained: &Explanation, decision: Decision) -> Vec<(String, String)> {
    let to = explained.changes.iter().filter(|change| change.decision == decision);
    to.map(|change| (change.fact.clone(), change.to.join(" "))).collect()
}

fn pair(fact: &str, to: &str) -> (String, String) {
    (fact.to_owned(), to.to_owned())
}

#[test]
fn a_refusal_says_what_was_looked_at_and_what_would_have_helped() {
    let engine = engine(
        r#"
        @id("office") permit (principal, action, resource)
        when { context.hour >= 8 && context.hour < 10 && context.weekday < 6 };
        @id("near") permit (principal, action, resource)
        when { context.address.isInRange(ip("10.0.0.0/8")) };
        @id("invoices") permit (principal, action, resource)
        when { context has purpose && context.purpose == "invoices" };
        @id("small") permit (principal, action, resource)
        when { context.number.hasTag("body/amount") && context.number.getTag("body/amount") == 5 };
        @id("elsewhere") permit (principal == Agent::"default/other", action, resource);
        "#,
    );
    let explained = explain(&engine, &question("acme POST /")).unwrap();
    assert_eq!(explained.answer.decision, Deny);
    let considered: Vec<_> = explained.considered.iter().map(|(it, led)| (&*it.id, *led)).collect();
    let expected = [("invoices", false), ("near", false), ("office", false), ("small", false)];
    assert_eq!(considered, expected);
    let facts: Vec<&str> = explained.facts.iter().map(|(name, _)| name.as_str()).collect();
    assert!(facts.contains(&"context.hour") && facts.contains(&"context.purpose"), "{facts:?}");
    let helping = changes(&explained, Allow);
    assert_eq!(
        helping,
        [
            pair("context.weekday", "1 2 3 4 5"),
            pair("context.purpose", "invoices"),
            pair("context.address", "10.0.0.0/8"),
            pair("context.number.getTag(\"body/amount\")", "5"),
        ]
    );
}

#[test]
fn an_approval_and_a_shipped_refusal_say_what_would_avoid_them() {
    let engine = Engine::shipped().unwrap();
    let explained = explain(&engine, &question("acme DELETE /tickets/{id}")).unwrap();
    assert_eq!(explained.answer.decision, NeedsApproval { approvers: 1 });
    let avoiding = changes(&explained, Allow);
    assert_eq!(avoiding, [pair("kind", "copilot"), pair("resource.approval", "never")]);
    let without = Question { scopes: "x:y".parse().unwrap(), ..question("acme GET /") };
    let explained = explain(&engine, &without).unwrap();
    assert_eq!(changes(&explained, Allow), [pair("context.scopes", "tickets:use x:y")]);
}

#[test]
fn a_case_is_met_or_says_what_is_wrong() {
    let engine = Engine::shipped().unwrap();
    let case = |named: &str, expected| Case {
        name: String::new(),
        question: Question {
            fields: [("path/id".to_owned(), Found::Number(7))].into(),
            ..question(named)
        },
        expected,
        masks: None,
    };
    let wrong =
        |case: &Case, policies: Option<&[String]>| case.run(&engine, policies).unwrap().wrong;
    let (get, delete) = ("acme GET /", "acme DELETE /");
    assert_eq!(wrong(&case(get, Expected::Allow), None), None);
    assert_eq!(wrong(&case(delete, Expected::Approval(None)), None), None);
    assert_eq!(wrong(&case(delete, Expected::Approval(Some(1))), None), None);
    let said = wrong(&case(delete, Expected::Approval(Some(2))), None);
    assert_eq!(said.unwrap(), "expected approval by 2, and it is approval by 1");
    assert!(wrong(&case(get, Expected::Deny), None).is_some());
    assert!(wrong(&case(get, Expected::Error), None).is_some());
    let named = ["within-scopes".to_owned()];
    assert_eq!(wrong(&case(get, Expected::Allow), Some(&named)), None);
    assert!(wrong(&case(get, Expected::Allow), Some(&[])).is_some());
    let masks = |labels: &[&str]| {
        let labels = labels.iter().map(|it| (*it).to_owned()).collect();
        Case { masks: Some(labels), ..case(get, Expected::Allow) }
    };
    assert_eq!(wrong(&masks(&[]), None), None);
    let said = wrong(&masks(&["pii"]), None).unwrap();
    assert_eq!(said, "expected to mask [\"pii\"], and it is []");
}
