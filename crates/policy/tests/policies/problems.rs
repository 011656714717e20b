//! What is refused when policies are read, and where it says it is.

use bailiwick_policy::engine::Engine;
use bailiwick_policy::source::Source;

fn check(text: &str, place: (usize, usize), said: &str) {
    let problems = Engine::read(&[Source { name: "a.cedar", text }]).expect_err(text).0;
    let found = &problems[0];
    assert!(found.to_string().contains(said), "{found}\n does not say: {said}");
    assert_eq!((found.line, found.column), place, "{found}");
}

const GOOD: &str = "@id(\"good\")\npermit (principal, action, resource);\n";

#[test]
fn a_text_that_is_no_policy_is_refused_where_it_goes_wrong() {
    check("@id(\"a\")\npermit (principal, action, resource)", (2, 37), "unexpected end");
    check("", (1, 1), "there is no policy");
    check("@id(\"a\") permit (principal == ?principal, action, resource);", (1, 31), "template");
    check("@id(\"a\")\npermit (principal, action, resource) when { 1 };", (2, 45), "type");
}

#[test]
fn a_policy_says_its_name_and_only_what_there_is_to_say() {
    let scope = "(principal, action, resource);";
    check(&format!("permit {scope}"), (1, 1), "no name");
    check(&format!("{GOOD}@id(\"\") permit {scope}"), (3, 1), "`@id` is");
    check(&format!("{GOOD}\n@id(\"good\")\nforbid {scope}"), (4, 1), "also the name of a.cedar:1");
    check(
        &format!("@id(\"a\") @aproval(\"one\") forbid {scope}"),
        (1, 1),
        "`@aproval` is not known",
    );
    check(&format!("@id(\"a\") @approval(\"three\") forbid {scope}"), (1, 1), "\"one\" or \"two\"");
    check(&format!("@id(\"a\") @approval(\"one\") permit {scope}"), (1, 1), "that forbid");
    check(&format!("@id(\"a\") @mask(\"pii\") permit {scope}"), (1, 1), "that forbid");
    check(&format!("@id(\"a\") @mask(\"\") forbid {scope}"), (1, 1), "labels of a-z");
    check(&format!("@id(\"a\") @mask(\"PII\") forbid {scope}"), (1, 1), "labels of a-z");
    check(&format!("@id(\"a\") @mask(\"a\") @shadow forbid {scope}"), (1, 1), "neither with");
    check(&format!("@id(\"a\") @shadow(\"no\") permit {scope}"), (1, 1), "`@shadow` has no value");
    check(&format!("@id(\"a\") @reason(\"\") forbid {scope}"), (1, 1), "`@reason` is");
}

#[test]
fn what_can_never_be_is_refused() {
    let when = |condition: &str| {
        format!("@id(\"a\")\nforbid (principal, action, resource)\nwhen {{ {condition} }};")
    };
    check(&when("context.persn == \"x\""), (3, 8), "persn");
    check(&when("context.person == \"x\""), (3, 8), "person");
    check(&when("context.chain == \"x\""), (3, 8), "Long and String");
    check(&when("context.proof == Proof::\"kee\""), (3, 25), "kee");
    check(&when("resource.approval == Approval::\"nevr\""), (3, 29), "nevr");
    check(&when("principal in Kind::\"Copilot\""), (1, 1), "no kind of agent");
    let in_scope = "@id(\"a\") permit (principal in Kind::\"robot\", action, resource);";
    check(in_scope, (1, 1), "no kind of agent");
    let never = "@id(\"a\") permit (principal in Api::\"acme\", action, resource);";
    check(never, (1, 1), "a");
    let action = "@id(\"a\") permit (principal, action == Action::\"call\", resource);";
    check(action, (1, 39), "call");
}

#[test]
fn what_a_policy_looks_at_is_written_out() {
    let when = |condition: &str| {
        format!("@id(\"a\") forbid (principal, action, resource) when {{ {condition} }};")
    };
    check(&when("context.text.hasTag(resource.path)"), (1, 1), "written out");
    check(&when("context.text.hasTag(\"header/x\")"), (1, 1), "`header/x` is not a field");
    check(&when("context.text == Text::\"request\""), (1, 1), "field by field");
    check(&when("Text::\"request\".hasTag(\"path/id\")"), (1, 1), "`context.text`");
    check(&when("context == context"), (1, 1), "member by member");
}

#[test]
fn problems_name_the_file_they_are_in_and_all_come_at_once() {
    let sources = [
        Source { name: "one.cedar", text: GOOD },
        Source { name: "two.cedar", text: "permit (principal, action, resource);" },
        Source { name: "three.cedar", text: "@id(\"a\") permit" },
    ];
    let problems = Engine::read(&sources).expect_err("two are wrong").0;
    let named: Vec<&str> = problems.iter().map(|problem| problem.source.as_str()).collect();
    assert_eq!(named, ["two.cedar", "three.cedar"]);
}
