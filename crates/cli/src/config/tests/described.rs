//! What an API and its operations may say.

use bailiwick_domain::operation::{ApprovalRule, Sensitivity};

use super::*;

#[test]
fn how_sensitive_an_operation_is_and_who_agrees_to_it_are_words_of_a_list() {
    for line in [
        "sensitivity = \"secret\"",
        "approval = \"sometimes\"",
        "approval = true",
        "approvers = 0",
        "approvers = 3",
        "approvers = \"two\"",
    ] {
        let key = format!("api[0].operation[0].{}", line.split_once(' ').unwrap().0);
        refused(|good| format!("{good}{line}\n"), &key, "");
    }
    let said = "sensitivity = \"restricted\"\napproval = \"always\"\napprovers = 2\n";
    let read = read(&format!("{GOOD}{said}")).unwrap().settings;
    let operation = &read.apis[0].operations[0];
    assert_eq!(operation.sensitivity, Sensitivity::Restricted);
    assert_eq!((operation.approval, operation.approvers), (ApprovalRule::Always, 2));
}

#[test]
fn the_description_of_an_api_is_a_file_and_how_it_is_enforced_a_word() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.yaml"), "openapi: 3.1.0\n").unwrap();
    let said = in_api("openapi = \"a.yaml\"\ncontract = \"observe\"");
    let read = parse(&said, directory.path()).unwrap().settings;
    assert_eq!(read.apis[0].openapi.as_deref(), Some(&*directory.path().join("a.yaml")));
    assert_eq!(read.apis[0].contract, Enforcement::Observe);
    for (line, key) in [
        ("openapi = \"nowhere.yaml\"", "api[0].openapi"),
        ("contract = \"maybe\"", "api[0].contract"),
        ("contract = true", "api[0].contract"),
    ] {
        refused(|_| in_api(line), key, "");
    }
}

#[test]
fn a_limit_of_an_operation_has_to_be_one() {
    refused(|good| good + "limit = \"lots\"\n", "api[0].operation[0].limit", "not a limit");
    refused(|good| good + "limit = \"0/min\"\n", "api[0].operation[0].limit", "not a limit");
    refused(|good| good + "limit = 30\n", "api[0].operation[0].limit", "integer");
    let limited = read(&format!("{GOOD}limit = \"30/min\"\n")).unwrap().settings;
    assert_eq!(limited.apis[0].operations[0].limit.unwrap().requests(), 30);
}
