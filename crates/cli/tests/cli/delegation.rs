//! Authority handed on, taken back, and bound to tasks, by hand.

use serde_json::Value;

use crate::stand::{Stand, upstream};

fn claims(stand: &Stand, token: &str) -> Value {
    stand.run(&["token", "decode", token, "--json"]).done().json()["payload"].clone()
}

#[test]
fn a_token_is_exchanged_and_taken_back() {
    let stand = Stand::serve(upstream());
    stand.add_agent("first", "tickets:read");
    stand.add_agent("second", "tickets:read");
    let mint = ["token", "mint", "--key", "first.jwk", "--agent", "first"];
    let token = stand.run(&mint).done().out.trim().to_owned();
    let exchange = |more: &[&str]| {
        stand.run(&[&["token", "exchange", &token, "--key", "second.jwk"], more].concat())
    };
    let handed = exchange(&["--audience", "acme", "--ttl", "5m"]).done().out.trim().to_owned();
    let said = claims(&stand, &handed);
    assert_eq!(said["agent"], "second");
    assert_eq!(said["act"]["sub"].as_str().unwrap().rsplit('/').next(), Some("second"));
    exchange(&["--scope", "refunds:write"]).failed(1, "invalid_scope");
    exchange(&["--type", "id-token"]).failed(1, "invalid_request");
    exchange(&["--may-act", "nobody"]).failed(1, "invalid_request");
    let listed = stand.run(&["grant", "list", "--json"]).done().json();
    assert_eq!(listed["grants"].as_array().unwrap().len(), 2);
    let revoke = |key: &str| stand.run(&["token", "revoke", &token, "--key", key]);
    revoke("second.jwk").failed(1, "invalid_grant");
    revoke("first.jwk").done();
    exchange(&[]).failed(1, "invalid_grant");
    let grant = listed["grants"][0]["id"].as_str().unwrap();
    let said = stand.run(&["grant", "revoke", grant]).done().out;
    assert_eq!(said, format!("{grant} is ended\n"));
    stand.run(&["grant", "revoke", "grt_x"]).failed(1, "not_found");
}

#[test]
fn tasks_are_opened_listed_and_closed_by_operators_and_agents() {
    let stand = Stand::serve(upstream());
    stand.add_agent("worker", "tickets:read");
    let open = ["task", "open", "worker", "--purpose", "count tickets", "--calls", "3", "--json"];
    let task = stand.run(&open).done().json();
    assert_eq!((&task["state"], &task["budgets"]["calls"]), (&"live".into(), &3.into()));
    let listed = stand.run(&["task", "list", "--json"]).done().json();
    assert_eq!(listed["tasks"][0]["task_id"], task["task_id"]);
    let id = task["task_id"].as_str().unwrap();
    assert_eq!(stand.run(&["task", "close", id]).done().out, format!("{id} is closed\n"));

    let open = ["task", "open", "--key", "worker.jwk", "--purpose", "x", "--ttl", "5m", "--json"];
    let task = stand.run(&open).done().json();
    let token = task["access_token"].as_str().unwrap();
    assert_eq!(claims(&stand, token)["task"], task["task_id"]);
    let id = task["task_id"].as_str().unwrap();
    stand.run(&["task", "close", id, "--key", "worker.jwk"]).done();
    let shown = stand.run(&["task", "list"]).done().out;
    assert_eq!(shown.matches("ended").count(), 2, "{shown}");
    stand.run(&["task", "open", "--purpose", "x"]).failed(2, "<AGENT>");
    stand.run(&["task", "open", "worker", "--purpose", "x", "--scope", "a:b"]).failed(1, "a:b");
    stand.run(&["task", "close", "tsk_x"]).failed(1, "not_found");
}
