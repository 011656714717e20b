//! Policies at the command line: checked, tried and explained without a server; put in force, and
//! explained by a record, with one.

use std::path::Path;

use serde_json::json;

use crate::stand::{Stand, run, upstream};

const ALL: &str = "@id(\"all\") permit (principal, action, resource);\n";
const NO_READS: &str = "@id(\"no-reads\") @reason(\"not today\")\n\
    forbid (principal, action == Action::\"read\", resource)\n\
    when { !(context has task) };\n";

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

#[test]
fn policies_are_checked_and_what_is_wrong_has_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    write(here, "all.cedar", ALL);
    write(
        here,
        "wrong.cedar",
        "@id(\"w\")\npermit (principal, action, resource)\nwhen { context.x };",
    );
    let checked = run(here, &["policy", "check", "all.cedar", "--json"]).done().json();
    assert_eq!(checked["policies"], json!(["all"]));
    let wrong = ["policy", "check", "all.cedar", "wrong.cedar"];
    run(here, &wrong).failed(1, "wrong.cedar:3:8: ");
    let listed = run(here, &[&wrong[..], &["--json"]].concat());
    assert_eq!(listed.json()["problems"][0]["line"], 3);
    run(here, &["policy", "check", "nowhere.cedar"]).failed(2, "nowhere.cedar");
    run(here, &["policy", "check"]).failed(2, "");
    assert!(run(here, &["policy", "check", "--schema"]).done().out.contains("entity Agent"));
}

#[test]
fn cases_are_tried_and_the_exit_code_says_whether_all_are_met() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let case = |name: &str, expect: &str, more: &str| {
        format!("[[case]]\nname = \"{name}\"\nexpect = \"{expect}\"\n{more}\n")
    };
    let request = "request = { operation = \"acme DELETE /t/{id}\", requires = [\"t:x\"] }";
    let watched = "request = { operation = \"acme DELETE /t/{id}\", kind = \"copilot\" }";
    let met = case("asks", "approval", &format!("approvers = 1\n{request}"))
        + &case("watched", "allow", &format!("by = [\"within-scopes\"]\n{watched}"));
    write(here, "met.toml", &met);
    let tried = run(here, &["policy", "test", "met.toml"]).done().out;
    assert_eq!(tried, "ok    asks\nok    watched\n");
    write(here, "all.cedar", ALL);
    write(here, "missed.toml", &format!("policies = [\"all.cedar\"]\n{met}"));
    let missed = run(here, &["policy", "test", "missed.toml"]).failed(1, "2 of 2 cases");
    assert!(
        missed.out.contains("FAIL  asks: expected approval by 1, and it is allow"),
        "{missed:?}"
    );
    write(here, "odd.toml", &case("odd", "maybe", request));
    run(here, &["policy", "test", "odd.toml"]).failed(2, "`expect` is");
}

#[test]
fn a_tool_is_tried_and_explained_by_what_it_is_called_with() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let small = "@id(\"small\") forbid (principal, action, resource)\n\
        unless { context.number.hasTag(\"body/amount\") &&\n\
        context.number.getTag(\"body/amount\") <= 100 };\n";
    write(here, "refunds.cedar", &format!("{ALL}{small}"));
    let case = |amount: i32, expect: &str| {
        format!(
            "[[case]]\nname = \"{amount}\"\nexpect = \"{expect}\"\n[case.request]\n\
             operation = \"acme tools/call refund\"\nfields = {{ \"body/amount\" = {amount} }}\n"
        )
    };
    let cases = case(100, "allow") + &case(101, "deny");
    write(here, "refunds.toml", &format!("policies = [\"refunds.cedar\"]\n{cases}"));
    let tried = run(here, &["policy", "test", "refunds.toml"]).done().out;
    assert_eq!(tried, "ok    100\nok    101\n");
    let request =
        json!({ "operation": "acme tools/call refund", "fields": { "body/amount": 101 } });
    write(here, "request.json", &request.to_string());
    let explain = ["policy", "explain", "--request", "request.json", "--policies", "refunds.cedar"];
    let said = run(here, &explain).done().out;
    assert!(said.starts_with("deny by small\n") && said.contains("body/amount"), "{said}");
}

#[test]
fn a_request_is_explained_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    write(here, "policies.cedar", &format!("{ALL}{NO_READS}"));
    write(here, "request.json", "{\"operation\":\"acme GET /tickets/{id}\"}");
    let explain =
        ["policy", "explain", "--request", "request.json", "--policies", "policies.cedar"];
    let said = run(here, &explain).done().out;
    assert!(said.starts_with("deny by no-reads\n  not today\n"), "{said}");
    assert!(said.contains("allow: context.task = tsk_…"), "{said}");
    let object = run(here, &[&explain[..], &["--json"]].concat()).done().json();
    assert_eq!(object["decision"], "deny");
    assert_eq!(object["changes"][0]["fact"], "context.task");
    assert_eq!(object["unknown"], json!([]));
}

#[test]
fn policies_are_put_in_force_and_a_record_is_explained_by_them() {
    let stand = Stand::serve(upstream());
    stand.add_agent("summarizer", "tickets:read");
    let url = stand.at("/acme/tickets/7");
    let fetch = ["fetch", "--key", "summarizer.jwk", "--agent", "summarizer", &url];
    stand.run(&fetch).done();
    let here = stand.path().to_owned();
    write(&here, "policies.cedar", &format!("{ALL}{NO_READS}"));
    let apply = ["policy", "apply", "policies.cedar", "--because", "reading waits"];
    assert!(stand.run(&apply).done().out.contains("version 1 is in force"));
    stand.run(&fetch).failed(1, "policy_denied");
    let listed = stand.run(&["policy", "list"]).done().out;
    assert!(listed.contains("reading waits") && listed.contains("shipped"), "{listed}");
    assert!(stand.run(&["policy", "show"]).done().out.contains("@id(\"no-reads\")"));
    assert!(stand.run(&["policy", "show", "0"]).done().out.contains("@id(\"read-first\")"));
    let search = ["audit", "search", "--policy", "no-reads", "--json"];
    let found = stand.run(&search).done().json();
    assert_eq!(found["records"].as_array().unwrap().len(), 1);
    let record = &found["records"][0]["record"];
    assert_eq!(record["decision"]["policies"], json!(["no-reads"]));
    assert_eq!(record["decision"]["policy_version"], 1);
    let explain = ["policy", "explain", record["id"].as_str().unwrap()];
    let said = stand.run(&explain).done().out;
    assert!(said.starts_with("deny by no-reads"), "{said}");
    assert!(said.contains("what the record does not hold"), "{said}");
    write(&here, "wrong.cedar", "permit (principal, action, resource);");
    let wrong = ["policy", "apply", "wrong.cedar", "--because", "hurry"];
    stand.run(&wrong).failed(1, "wrong.cedar:1:1: ");
    stand.run(&fetch).failed(1, "policy_denied");
}
