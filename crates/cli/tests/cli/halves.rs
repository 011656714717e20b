//! Authority and gateway in processes of their own.

use crate::stand::{Stand, upstream};

#[test]
fn the_halves_run_apart_and_what_one_decides_the_other_enforces() {
    let mut stand = Stand::prepare(upstream());
    stand.configure(|text| {
        let text = text.replace("# issuer = ", "issuer = ");
        text.replace("# public_url = ", "public_url = ")
    });
    stand.start("authority");
    stand.add_agent("summarizer", "tickets:read");
    stand.start("gateway");
    let fetch = |stand: &Stand| {
        stand.run(&["fetch", "--key", "summarizer.jwk", &stand.at("/acme/tickets/7")])
    };
    let answer = fetch(&stand).done().json();
    stand.run(&["agent", "suspend", "summarizer"]).done();
    assert_eq!(stand.stop_last(), Some(0));
    stand.start("gateway");
    fetch(&stand).failed(1, "agent_suspended");
    let found = stand.run(&["audit", "search", "--json"]).done().json();
    let records = found["records"].as_array().unwrap();
    assert_eq!(records[1]["record"]["id"], answer["request_id"]);
    assert_eq!(records.len(), 2);
    assert_eq!(stand.stop(), [Some(0), Some(0)]);
}

#[test]
fn a_half_that_cannot_know_where_the_other_is_does_not_start() {
    let stand = Stand::prepare(upstream());
    stand.run(&["serve", "--role", "gateway"]).failed(2, "authority.issuer is not set");
    stand.run(&["serve", "--role", "authority"]).failed(2, "gateway.public_url is not set");
}
