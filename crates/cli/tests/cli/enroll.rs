//! Agents that come in by themselves, and the operator who lets them.

use serde_json::{Value, json};

use crate::stand::{Ended, Stand, upstream};

/// Makes a key and asks to come in with it.
fn ask(stand: &Stand, project: &str, name: &str) -> Ended {
    let file = format!("{name}.jwk");
    let jwk: Value = stand.run(&["key", "new", &file]).done().json();
    let body = json!({
        "projectId": project, "name": name, "owner": "us", "purpose": "tests", "jwk": jwk,
    });
    let url = format!("{}/api/agents/request-access", stand.authority);
    stand.run(&["fetch", "--key", &file, "-d", &body.to_string(), &url])
}

/// Reads a ticket.
fn read(stand: &Stand, name: &str) -> Ended {
    let file = format!("{name}.jwk");
    stand.run(&["fetch", "--key", &file, &stand.at("/acme/tickets/7")])
}

#[test]
fn an_agent_asks_an_operator_approves_and_it_works() {
    let stand = Stand::serve(upstream());
    let add = ["project", "add", "support", "--registration", "ask", "--scope", "tickets:read"];
    stand.run(&add).done();
    let asked = ask(&stand, "support", "summarizer").done().json();
    assert_eq!(asked["status"], "pending");
    read(&stand, "summarizer").failed(1, "agent_pending");
    let waiting = stand.run(&["agent", "list", "--state", "pending", "--json"]).done().json();
    assert_eq!(waiting["agents"][0]["name"], "summarizer");

    let approve = ["agent", "approve", "summarizer", "--project", "support"];
    let said = stand.run(&approve).done().out;
    assert_eq!(said, "summarizer is active\n");
    assert_eq!(read(&stand, "summarizer").done().json()["agent"], "summarizer");
    stand.run(&approve).failed(1, "state_impossible");
}

#[test]
fn a_refused_agent_is_told_and_another_may_have_the_name() {
    let stand = Stand::serve(upstream());
    stand.run(&["project", "set", "default", "--registration", "ask"]).done();
    let asked = ask(&stand, "default", "summarizer").done().json();
    stand.run(&["agent", "refuse", "summarizer", "--because", "who are you?"]).done();
    read(&stand, "summarizer").failed(1, "agent_retired");
    let id = asked["agent_id"].as_str().unwrap();
    let shown = stand.run(&["agent", "show", id]).done().out;
    assert!(shown.contains("who are you?"), "{shown}");
    stand.run(&["agent", "add", "summarizer", "--owner", "us"]).done();
    stand.run(&["agent", "add", "surnrnarizer", "--owner", "us"]).failed(1, "name_taken");
}

#[test]
fn a_project_says_who_comes_in() {
    let stand = Stand::serve(upstream());
    ask(&stand, "default", "first").failed(1, "invite_needed");
    stand.run(&["project", "add", "lab", "--scope", "tickets:read", "--json"]).done();
    stand.run(&["project", "set", "lab", "--registration", "open"]).done();
    assert_eq!(ask(&stand, "lab", "second").done().json()["status"], "active");
    assert_eq!(read(&stand, "second").done().json()["agent"], "second");
    stand.run(&["project", "set", "lab", "--registration", "closed", "--no-scopes"]).done();
    ask(&stand, "lab", "third").failed(1, "not_found");

    let listed = stand.run(&["project", "list"]).done().out;
    assert!(listed.contains("default") && listed.contains("closed"), "{listed}");
    let shown = stand.run(&["project", "show", "lab", "--json"]).done().json();
    assert_eq!((&shown["registration"], &shown["scopes"]), (&json!("closed"), &json!([])));
    stand.run(&["project", "add", "lab"]).failed(1, "name_taken");
    stand.run(&["project", "add", "wide", "--scope", "*"]).failed(1, "broad");
    stand.run(&["project", "set", "lab"]).failed(2, "nothing to change");
    stand
        .run(&["agent", "add", "a", "--owner", "us", "--project", "none"])
        .failed(1, "no such project");
    stand.run(&["invite", "new", "--project", "none"]).failed(1, "no such project");
}
