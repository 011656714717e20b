//! What is refused before anything happens: each with its exit code and what to do.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::mpsc;

use crate::stand::{command, run};

fn check(arguments: &[&str], code: i32, said: &str) {
    let directory = tempfile::tempdir().unwrap();
    run(directory.path(), arguments).failed(code, said);
}

#[test]
fn a_command_that_cannot_be_understood_ends_with_two() {
    check(&[], 2, "Usage: bailiwick");
    check(&["dance"], 2, "unrecognized subcommand");
    check(&["key", "add", "a"], 2, "--jwk");
    check(&["key", "add", "a", "--jwk", "x", "--hmac"], 2, "cannot be used with");
    check(&["agent", "add", "a"], 2, "--owner");
    check(&["key", "new", "k", "--alg", "rsa"], 2, "rsa");
    check(&["agent", "list"], 2, "set BAILIWICK_URL");
    check(&["serve"], 2, "bailiwick init");
    check(&["fetch", "--key", "none.jwk", "http://127.0.0.1:1/"], 2, "bailiwick key new");
    check(&["audit", "prove", "x", "--dir", "."], 1, "it has no checkpoint");
    check(&["token", "decode", "x"], 1, "token_invalid");
}

#[test]
fn a_server_that_is_not_there_ends_with_three_and_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    run(directory.path(), &["key", "new", "k.jwk"]).done();
    for arguments in [
        &["agent", "list"][..],
        &["audit", "search"],
        &["audit", "verify"],
        &["token", "mint", "--key", "k.jwk", "--agent", "a"],
        &["fetch", "--key", "k.jwk", &url],
    ] {
        let mut command = command(directory.path(), arguments);
        let output = command.env("BAILIWICK_URL", &url).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{arguments:?} {err}");
        assert!(err.contains(&url), "{arguments:?} {err}");
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    run(directory.path(), &["init", "."]).done();
    let before = std::fs::read(directory.path().join("data/keys/seal.key")).unwrap();
    run(directory.path(), &["init", "."]).failed(1, "is not overwritten");
    std::fs::remove_file(directory.path().join("bailiwick.toml")).unwrap();
    run(directory.path(), &["init", "."]).failed(1, "an installation already");
    assert_eq!(std::fs::read(directory.path().join("data/keys/seal.key")).unwrap(), before);
    run(directory.path(), &["key", "new", "k.jwk"]).done();
    run(directory.path(), &["key", "new", "k.jwk"]).failed(1, "is not overwritten");
}

#[test]
fn a_private_key_is_not_sent_anywhere() {
    let directory = tempfile::tempdir().unwrap();
    run(directory.path(), &["key", "new", "k.jwk"]).done();
    let mut command = command(directory.path(), &["key", "add", "a", "--jwk", "k.jwk"]);
    let output = command.env("BAILIWICK_URL", "http://127.0.0.1:1").output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && err.contains("no public key"), "{err}");
}

#[test]
fn every_problem_of_a_configuration_is_said_and_nothing_runs() {
    let directory = tempfile::tempdir().unwrap();
    run(directory.path(), &["init", "."]).done();
    run(directory.path(), &["serve", "--check"]).done();
    let file = directory.path().join("bailiwick.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("ttl_seconds = 900", "ttl_seconds = 90000");
    std::fs::write(&file, text.replace("durability =", "durabilty =")).unwrap();
    for arguments in [&["serve", "--check"][..], &["serve"]] {
        let ended = run(directory.path(), arguments).failed(2, "token.ttl_seconds");
        ended.failed(2, "did you mean `durability`?");
    }
}

#[test]
fn an_installation_without_its_sealing_key_does_not_start() {
    let directory = tempfile::tempdir().unwrap();
    run(directory.path(), &["init", "."]).done();
    std::fs::remove_file(directory.path().join("data/keys/seal.key")).unwrap();
    run(directory.path(), &["serve"]).failed(2, "seal.key");
}

#[test]
fn a_profile_says_where_to_go_and_its_token_goes_nowhere_else() {
    let directory = tempfile::tempdir().unwrap();
    let profile = directory.path().join(".config/bailiwick/profile.toml");
    std::fs::create_dir_all(profile.parent().unwrap()).unwrap();
    std::fs::write(&profile, "url = \"http://127.0.0.1:1/\"\ntoken = \"bwa_x\"\n").unwrap();
    run(directory.path(), &["agent", "list"]).failed(3, "http://127.0.0.1:1 cannot be reached");
    let (elsewhere, head) = listen_once();
    let mut elsewhere_list = command(directory.path(), &["agent", "list"]);
    elsewhere_list.env("BAILIWICK_URL", elsewhere).output().unwrap();
    let head = head.recv().unwrap();
    assert!(head.starts_with("GET /api/v1/agents") && !head.contains("bwa_x"), "{head}");
    std::fs::write(&profile, "uri = \"http://127.0.0.1:1\"\n").unwrap();
    run(directory.path(), &["agent", "list"]).failed(2, "profile.toml");
}

#[test]
fn completions_are_printed_for_every_shell() {
    let directory = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(directory.path(), &["completions", shell]).done().out;
        assert!(script.contains("bailiwick"), "{shell}");
    }
}

/// A server that hangs up after one request, and tells what its head was.
fn listen_once() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, head) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(listener.accept().unwrap().0).lines();
        let lines = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
        told.send(lines.collect::<Vec<_>>().join("\n")).unwrap();
    });
    (url, head)
}
