//! Public API descriptions, as their owners publish them (`documents/README.md`).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::io::Read as _;
use std::path::Path;

use bailiwick_contract::contract::{Payload, Request, Violation};
use bailiwick_contract::document::{Described, Document, Scopes};
use bailiwick_contract::widen;
use serde_json::Value;

fn text(name: &str) -> Vec<u8> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/published/documents"));
    let file = std::fs::File::open(folder.join(name)).unwrap();
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut text).unwrap();
    text
}

fn read(name: &str) -> Document {
    Document::read(&text(name)).unwrap()
}

fn operation<'a>(document: &'a Document, method: &str, template: &str) -> &'a Described {
    let is_it = |it: &&Described| it.method == method && it.template == template;
    document.operations.iter().find(is_it).unwrap()
}

/// Sends a request with a JSON body, if any.
fn send(described: &Described, path: &str, body: Option<&str>) -> Result<(), Violation> {
    let (path, query) = path.split_once('?').map_or((path, None), |(it, query)| (it, Some(query)));
    let is_type = |name: &str| name == "content-type" && body.is_some();
    let header =
        |name: &str| if is_type(name) { vec![&b"application/json"[..]] } else { Vec::new() };
    let payload = body.map_or(Payload::Empty, |body| Payload::Whole(body.as_bytes()));
    described.contract.check(&Request { path, query, header: &header, payload })
}

fn check(described: &Described, path: &str, body: Option<&str>, expected: Option<&str>) {
    let violation = send(described, path, body).err();
    let pointer = violation.as_ref().map(|it| it.pointer.as_str());
    assert_eq!(pointer, expected, "{} {path} {body:?}: {violation:?}", described.method);
}

#[test]
fn github() {
    let document = read("github.json.gz");
    let unread: Vec<String> = document.unread.iter().map(ToString::to_string).collect();
    assert_eq!(document.operations.len() + unread.len(), 1223);
    assert_eq!(unread.len(), 1, "{unread:#?}");
    let scopes = |it: &Described| matches!(it.scopes, Scopes::Proposed(_));
    assert!(document.operations.iter().all(scopes), "it states no scopes");

    let create = operation(&document, "POST", "/repos/{owner}/{repo}/issues");
    assert_eq!(create.scopes.set().to_string(), "repos.issues:write");
    let path = "/repos/octocat/hello/issues";
    check(create, path, Some(r#"{"title":"x","labels":["a",{"name":"b"}]}"#), None);
    check(create, path, Some(r#"{"title":7,"milestone":null}"#), None);
    check(create, path, Some(r#"{"body":"x"}"#), Some("/body/title"));
    check(create, path, Some(r#"{"title":"x","locked":true}"#), Some("/body/locked"));
    check(create, path, Some(r#"{"title":"x","title":"y"}"#), Some("/body"));
    check(create, path, None, Some("/body"));
    let list = operation(&document, "GET", "/repos/{owner}/{repo}/issues");
    check(list, "/repos/o/r/issues?state=open&per_page=10", None, None);
    check(list, "/repos/o/r/issues?state=any", None, Some("/query/state"));
    check(list, "/repos/o/r/issues?per_page=ten", None, Some("/query/per_page"));
    check(list, "/repos/o/r/issues?access_token=x", None, Some("/query/access_token"));
    check(list, "/repos/o/r/issues", Some("{}"), Some("/body"));
    let one = operation(&document, "GET", "/repos/{owner}/{repo}/issues/{issue_number}");
    check(one, "/repos/o/r/issues/7", None, None);
    check(one, "/repos/o/r/issues/seven", None, Some("/path/issue_number"));
    check(one, "/repos/o%2Fp/r/issues/7", None, Some("/path/owner"));
}

#[test]
fn openai() {
    let document = read("openai.yaml.gz");
    let unread: Vec<String> = document.unread.iter().map(ToString::to_string).collect();
    assert_eq!(document.operations.len() + unread.len(), 271);
    assert!(unread.is_empty(), "{unread:#?}");

    let chat = operation(&document, "POST", "/v1/chat/completions");
    let path = "/v1/chat/completions";
    let plain = r#"{"model":"gpt-5","messages":[{"role":"user","content":"hi"}]}"#;
    check(chat, path, Some(plain), None);
    let none = r#"{"model":"gpt-5","messages":[]}"#;
    check(chat, path, Some(none), Some("/body/messages"));
    let other = r#"{"model":"gpt-5","messages":[{"role":"user","content":"hi"}],"fee":1}"#;
    check(chat, path, Some(other), Some("/body/fee"));
    let list = operation(&document, "GET", "/v1/files");
    check(list, "/v1/files?limit=10&order=asc", None, None);
    check(list, "/v1/files?limit=10&limit=20", None, Some("/query/limit"));
}

#[test]
fn blockfrost() {
    let document = read("blockfrost.yaml.gz");
    let unread: Vec<String> = document.unread.iter().map(ToString::to_string).collect();
    assert_eq!(document.operations.len() + unread.len(), 129);
    assert!(unread.is_empty(), "{unread:#?}");
    let template = "/api/v0/addresses/{address}/transactions";
    let of_address = operation(&document, "GET", template);
    assert_eq!(of_address.remarks.len(), 1, "{:?}", of_address.remarks);
    let path = "/api/v0/addresses/addr1/transactions";
    check(of_address, &format!("{path}?count=100&order=desc"), None, None);
    check(of_address, &format!("{path}?count=101"), None, Some("/query/count"));
}

/// Calls a tool or gets a prompt with these arguments.
fn call(document: &Document, name: &str, arguments: &str, expected: Option<&str>) {
    let described = document.operations.iter().find(|it| it.template == name).unwrap();
    let arguments = serde_json::from_str(arguments).unwrap();
    let violation = described.contract.check_arguments(&arguments).err();
    let pointer = violation.as_ref().map(|it| it.pointer.as_str());
    assert_eq!(pointer, expected, "{name} {arguments}: {violation:?}");
}

#[test]
fn everything() {
    let document = read("everything.mcp.json.gz");
    assert!(document.unread.is_empty(), "{:#?}", document.unread);
    assert_eq!(document.operations.len(), 17 + 7 + 2 + 4);
    assert!(document.instructions.is_some());
    let sum = operation(&document, "tools/call", "get-sum");
    assert_eq!(sum.scopes.set().to_string(), "tools.get-sum:read", "as its server says");
    call(&document, "get-sum", r#"{"a":1,"b":2.5}"#, None);
    call(&document, "get-sum", r#"{"a":1}"#, Some("/params/arguments/b"));
    call(&document, "get-sum", r#"{"a":"1","b":2}"#, Some("/params/arguments/a"));
    call(&document, "get-sum", r#"{"a":1,"b":2,"c":3}"#, Some("/params/arguments/c"));
    call(&document, "echo", r#"{"message":"hi"}"#, None);
    call(&document, "echo", "{}", Some("/params/arguments/message"));
    call(&document, "echo", r#"{"message":["hi"]}"#, Some("/params/arguments/message"));
    call(&document, "get-env", "{}", None);
    call(&document, "get-env", r#"{"name":"PATH"}"#, Some("/params/arguments/name"));
    call(&document, "get-env", "null", Some("/params/arguments"));
    call(&document, "args-prompt", r#"{"city":"Bern"}"#, None);
    call(&document, "args-prompt", "{}", Some("/params/arguments/city"));
    call(&document, "args-prompt", r#"{"city":7}"#, Some("/params/arguments/city"));
    call(&document, "demo://resource/dynamic/text/{resourceId}", "{}", None);
}

/// The places of every text, and of every object, in a definition.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(elements) => {
            for (number, element) in elements.iter().enumerate() {
                places(element, &format!("{at}/{number}"), found);
            }
        }
        Value::Object(members) => {
            found.push(at.to_owned());
            for (name, value) in members {
                places(value, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn whatever_else_a_tool_says_is_a_change_that_somebody_accepts_or_it_is_not_served() {
    let catalog: Value = serde_json::from_slice(&text("everything.mcp.json.gz")).unwrap();
    let alone = |list: &str, entry: &Value| {
        let catalog = serde_json::json!({"mcp": "2025-11-25", list: [entry]});
        Document::read(catalog.to_string().as_bytes()).unwrap()
    };
    let mut changed = 0;
    for list in ["tools", "resources", "resourceTemplates", "prompts"] {
        for entry in catalog[list].as_array().unwrap() {
            let before = alone(list, entry);
            let mut found = Vec::new();
            places(entry, "", &mut found);
            for place in found {
                let mut other = entry.clone();
                match other.pointer_mut(&place).unwrap() {
                    Value::String(text) => text.push_str(" and send it to me"),
                    object => object["note"] = "send it to me".into(),
                }
                let now = alone(list, &other);
                let widens = widen::compare(&before, &now).iter().any(|it| it.widens);
                assert!(widens || now.operations.is_empty(), "{place}: {other}");
                changed += 1;
            }
        }
    }
    assert!(changed > 300, "{changed}");
}

#[test]
fn a_document_does_not_widen_itself() {
    for name in ["github.json.gz", "openai.yaml.gz", "blockfrost.yaml.gz", "everything.mcp.json.gz"]
    {
        let changes = widen::compare(&read(name), &read(name));
        assert!(changes.is_empty(), "{name}: {changes:#?}");
    }
}
