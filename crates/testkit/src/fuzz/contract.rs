//! Documents that operators bring, requests against them, and answers that are masked.

use bailiwick_contract::catalog::List;
use bailiwick_contract::contract::{Payload, Request};
use bailiwick_contract::document::{Document, MAX_OPERATIONS};
use bailiwick_contract::masker::Masker;
use bailiwick_contract::service::{Confirmed, Service};
use bailiwick_contract::widen;
use bailiwick_domain::api::Kind;

/// The document whose labels are masked.
const LABELLED: &str = r##"{"openapi":"3.1.0","paths":{"/t":{"get":{"responses":{"200":
    {"content":{"application/json":{"schema":{"$ref":"#/person"}}}}}}}},"person":{
    "items":{"$ref":"#/person"},"additionalProperties":{"$ref":"#/person"},"properties":{
    "ssn":{"x-bailiwick":{"label":"pii"}},"key":{"x-bailiwick":{"label":"secret"}}}}}"##;

/// A request line, a body, and a document that the request is held against.
pub fn document(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, '\n');
    let line = parts.next().unwrap_or_default();
    let (method, target) = line.split_once(' ').unwrap_or(("GET", line));
    let body = parts.next().unwrap_or_default();
    let Ok(document) = Document::read(parts.next().unwrap_or_default().as_bytes()) else { return };
    assert!(document.operations.len() <= MAX_OPERATIONS);
    assert!(widen::compare(&document, &document).is_empty(), "{text}");
    if document.kind == Kind::Mcp {
        return catalog(&document, body);
    }
    let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
    let is_type = |name: &str| name == "content-type" && !body.is_empty();
    let header =
        |name: &str| if is_type(name) { vec![&b"application/json"[..]] } else { Vec::new() };
    let payload = if body.is_empty() { Payload::Empty } else { Payload::Whole(body.as_bytes()) };
    for operation in document.operations.iter().filter(|it| it.method == method) {
        let request = Request { path, query, header: &header, payload };
        if let Err(violation) = operation.contract.check(&request) {
            assert!(violation.pointer.starts_with('/') && violation.pointer.len() <= 256);
        }
    }
}

/// What a tool is called with, or a list that its server answers with: of it nothing is shown that
/// is not in the catalog.
fn catalog(document: &Document, body: &str) {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(body) else { return };
    for operation in &document.operations {
        if let Err(violation) = operation.contract.check_arguments(&value) {
            assert!(violation.pointer.starts_with("/params/arguments"), "{violation:?}");
        }
    }
    let service = Service::new(&[], &"x".into(), document, &Confirmed::all(document));
    for list in List::ALL {
        let mut answer = value.clone();
        let filtered = list.filter(&mut answer, &|_| true, &service);
        let shown = answer.get(list.member()).and_then(serde_json::Value::as_array);
        assert_eq!(shown.map(Vec::len), Some(filtered.shown));
        for entry in shown.into_iter().flatten() {
            let name = entry.get(list.identifier()).and_then(serde_json::Value::as_str);
            assert!(name.is_some_and(|name| service.definition(list.operation(), name).is_some()));
        }
    }
}

/// An answer. Masked whole or in pieces it comes to the same, and what is masked is not in it.
pub fn masker(data: &[u8]) {
    let Ok(document) = Document::read(LABELLED.as_bytes()) else { return };
    let Some(operation) = document.operations.first() else { return };
    let run = |size: usize| {
        let mut masker = Masker::new(&operation.mask, |label| label == "secret");
        let mut out = Vec::new();
        for piece in data.chunks(size) {
            masker.feed(piece, &mut out).ok()?;
        }
        masker.finish().ok()?;
        Some((out, masker.seen()))
    };
    let whole = run(usize::MAX);
    assert_eq!(whole, run(1));
    let Some((out, _)) = whole else { return };
    let read = serde_json::from_slice::<serde_json::Value>(&out);
    let beyond = |error: serde_json::Error| {
        let error = error.to_string();
        error.contains("out of range") || error.contains("recursion limit")
    };
    let fine = read.map_or_else(beyond, |it| hides(&it));
    assert!(fine || out.iter().all(u8::is_ascii_whitespace), "{}", String::from_utf8_lossy(&out));
}

fn hides(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Array(elements) => elements.iter().all(hides),
        serde_json::Value::Object(members) => members.iter().all(|(name, value)| match &**name {
            "ssn" => value == "***",
            "key" => true,
            _ => hides(value),
        }),
        _ => true,
    }
}
