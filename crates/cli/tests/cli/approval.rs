//! What an agent asks for, decided by hand.

use serde_json::Value;

use crate::stand::{Stand, upstream};

#[test]
fn a_request_waits_is_shown_and_goes_through_once_it_is_approved() {
    let mut stand = Stand::prepare(upstream());
    let asked = "path = \"/refunds\"\napproval = \"always\"\n";
    stand.configure(|text| text.replace("path = \"/refunds\"\n", asked));
    stand.start("all");
    stand.add_agent("refunder", "refunds:write");
    let fetch = |body: &str| {
        let url = stand.at("/acme/refunds?order=7");
        let key = ["fetch", "--key", "refunder.jwk", "--agent", "refunder", "-X", "POST"];
        let ended = stand.run(&[&key[..], &["-d", body, &url]].concat()).done();
        serde_json::from_str::<Value>(&ended.out).unwrap()
    };
    let waits = fetch("{\"amount\":5,\"token\":\"x\"}");
    assert_eq!(waits["code"], "approval_pending");
    let id = waits["approval"]["id"].as_str().unwrap();
    let url = waits["approval"]["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/approvals/{id}")), "{url}");
    let listed = stand.run(&["approval", "list"]).done().out;
    assert!(listed.contains(id) && listed.contains("POST /acme/refunds?order=7"), "{listed}");
    let shown = stand.run(&["approval", "show", id]).done().out;
    assert!(shown.ends_with("{\"amount\":5,\"token\": \"[masked]\"}\n"), "{shown}");
    stand.run(&["approval", "deny", id]).failed(2, "--because");
    let said = stand.run(&["approval", "approve", id, "--because", "order 7"]).done().out;
    assert_eq!(said, format!("{id} is approved\n"));
    assert_eq!(fetch("{\"amount\":5,\"token\":\"x\"}")["method"], "POST");
    let again = fetch("{\"amount\":5,\"token\":\"x\"}");
    let other = again["approval"]["id"].as_str().unwrap();
    assert_ne!(other, id);
    stand.run(&["approval", "deny", other, "--because", "once is enough"]).done();
    stand.run(&["approval", "approve", other]).failed(1, "approval_closed");
    assert_eq!(stand.run(&["approval", "list"]).done().out, "nothing waits\n");
    let all = stand.run(&["approval", "list", "--status", "all", "--json"]).done().json();
    let states: Vec<_> = all["approvals"].as_array().unwrap().iter().collect();
    assert_eq!((&states[0]["status"], &states[1]["status"]), (&"denied".into(), &"used".into()));
    stand.run(&["approval", "show", "apr_x"]).failed(1, "not_found");
}
