//! Who is told when a credential or a sign-in ends.

use crate::stand::{Stand, upstream};

#[test]
fn an_operator_says_who_is_told_and_takes_it_back() {
    let stand = Stand::serve(upstream());
    let add = ["signal-stream", "add", "https://receiver.example", "--json"];
    let added = stand.run(&add).done().json();
    assert!(added["token"].as_str().unwrap().starts_with("bwe_"));
    let id = added["stream_id"].as_str().unwrap();
    let pushed = [&add[..], &["--push", "https://receiver.example/events"]].concat();
    let pushed = stand.run(&pushed).done().json();
    assert_eq!(pushed["delivery"]["endpoint_url"], "https://receiver.example/events");
    let listed = stand.run(&["signal-stream", "list", "--json"]).done().json();
    assert_eq!(listed["signal_streams"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("bwe_"));
    stand.run(&["signal-stream", "remove", id]).done();
    let listed = stand.run(&["signal-stream", "list", "--json"]).done().json();
    assert_eq!(listed["signal_streams"].as_array().unwrap().len(), 1);
}
