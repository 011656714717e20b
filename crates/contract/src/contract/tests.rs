use super::*;
use crate::document::Document;
use serde_json::{Value, json};

/// One operation that has these parameters and this body, at `/t/{id}`.
fn contract(operation: &Value) -> Arc<Contract> {
    let document = json!({"openapi": "3.1.0", "paths": {"/t/{id}": {"post": operation}}});
    let document = Document::read(document.to_string().as_bytes()).unwrap();
    assert!(document.unread.is_empty(), "{:?}", document.unread);
    Arc::clone(&document.operations[0].contract)
}

/// Headers of a request, and its body.
type Sent<'a> = (&'a [(&'a str, &'a str)], &'a str);

fn found(contract: &Contract, target: &str, (headers, body): Sent<'_>) -> Option<String> {
    let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
    let header = |name: &str| {
        let values = headers.iter().filter(|(known, _)| *known == name);
        values.map(|(_, value)| value.as_bytes()).collect()
    };
    let payload = if body.is_empty() { Payload::Empty } else { Payload::Whole(body.as_bytes()) };
    let request = Request { path, query, header: &header, payload };
    contract.check(&request).err().map(|it| it.pointer)
}

fn check_query(parameters: &Value, cases: &[(&str, Option<&str>)]) {
    let contract = contract(&json!({"parameters": parameters}));
    for (query, expected) in cases {
        let found = found(&contract, &format!("/t/1?{query}"), (&[], ""));
        assert_eq!(found.as_deref(), *expected, "{query} {parameters}");
    }
}

#[test]
fn a_query_has_what_is_described_and_nothing_else() {
    check_query(
        &json!([
            {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
            {"name": "q", "in": "query", "required": true, "schema": {"type": "string"}},
            {"name": "all", "in": "query", "schema": {"type": "boolean"}},
            {"name": "flag", "in": "query", "allowEmptyValue": true, "schema": {"type": "boolean"}},
        ]),
        &[
            ("q=x", None),
            ("q=x&limit=100&all=true&flag", None),
            ("q=a%20b+c%26limit%3D7", None),
            ("%71=x", None),
            ("q=", None),
            ("q=x&&", None),
            ("", Some("/query/q")),
            ("q=x&q=y", Some("/query/q")),
            ("q=x&limit=101", Some("/query/limit")),
            ("q=x&limit=1&limit=2", Some("/query/limit")),
            ("q=x&limit=%31%30", None),
            ("q=x&limit=+1", Some("/query/limit")),
            ("q=x&limit=1.5", Some("/query/limit")),
            ("q=x&limit=0x1", Some("/query/limit")),
            ("q=x&limit=1%00", Some("/query/limit")),
            ("q=x&limit", Some("/query/limit")),
            ("q=x&all=yes", Some("/query/all")),
            ("q=x&all=True", Some("/query/all")),
            ("q=x&Limit=1", Some("/query/Limit")),
            ("q=x&limit[]=1", Some("/query/limit[]")),
            ("q=x&other=1", Some("/query/other")),
            ("q=x;limit=900", Some("/query")),
            ("q=%ff", Some("/query/q")),
            ("%ff=1", Some("/query")),
        ],
    );
}

#[test]
fn several_values_are_read_as_they_are_written() {
    let ids = json!({"type": "array", "items": {"type": "integer"}, "maxItems": 3});
    check_query(
        &json!([
            {"name": "ids", "in": "query", "schema": ids},
            {"name": "csv", "in": "query", "explode": false, "schema": ids},
            {"name": "ssv", "in": "query", "style": "spaceDelimited", "explode": false,
             "schema": ids},
            {"name": "psv", "in": "query", "style": "pipeDelimited", "explode": false,
             "schema": ids},
            {"name": "one", "in": "query", "schema": {"oneOf": [{"type": "string"}, ids]}},
        ]),
        &[
            ("ids=1&ids=2", None),
            ("ids=1", None),
            ("ids=1,2", Some("/query/ids/0")),
            ("ids=1&ids=x", Some("/query/ids/1")),
            ("ids=1&ids=2&ids=3&ids=4", Some("/query/ids")),
            ("csv=1,2,3", None),
            ("csv=1,2,3,4", Some("/query/csv")),
            ("csv=1%2C2", Some("/query/csv")),
            ("csv=1&csv=2", Some("/query/csv")),
            ("ssv=1%202", None),
            ("ssv=1+2", None),
            ("psv=1|2", None),
            ("psv=1%7C2", None),
            ("psv=1|x", Some("/query/psv/1")),
            ("one=1&one=2", None),
            ("one=x", None),
        ],
    );
}

#[test]
fn objects_are_read_as_they_are_written() {
    let filter = json!({"type": "object", "properties": {
        "status": {"type": "string", "enum": ["open", "done"]}, "age": {"type": "integer"},
    }});
    check_query(
        &json!([
            {"name": "deep", "in": "query", "style": "deepObject", "schema": filter},
            {"name": "flat", "in": "query", "explode": false, "schema": filter},
            {"name": "json", "in": "query", "content": {"application/json": {"schema": filter}}},
        ]),
        &[
            ("deep[status]=open&deep[age]=7", None),
            ("deep%5Bstatus%5D=open", None),
            ("deep[status]=x", Some("/query/deep/status")),
            ("deep[age]=7&deep[age]=8", Some("/query/deep/age")),
            ("deep[other]=1", Some("/query/deep[other]")),
            ("flat=status,open,age,7", None),
            ("flat=status,open,age", Some("/query/flat")),
            ("flat=status,open,other,7", Some("/query/flat/other")),
            ("json=%7B%22age%22%3A7%7D", None),
            ("json=%7B%22age%22%3A%227%22%7D", Some("/query/json/age")),
            ("json=%7B%22age%22%3A7%2C%22age%22%3A8%7D", Some("/query/json")),
            ("json=x", Some("/query/json")),
        ],
    );
    check_query(
        &json!([{"name": "spread", "in": "query", "schema": filter}]),
        &[
            ("status=open&age=7", None),
            ("status=x", Some("/query/spread/status")),
            ("other=1", Some("/query/other")),
        ],
    );
}

#[test]
fn path_and_headers_fit_their_schemas() {
    let contract = contract(&json!({"parameters": [
        {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}},
        {"name": "X-Version", "in": "header", "required": true, "schema": {"enum": [1, 2]}},
        {"name": "X-Tags", "in": "header", "schema": {"type": "array", "items": {"maxLength": 2}}},
        {"name": "Authorization", "in": "header", "required": true, "schema": {"type": "integer"}},
        {"name": "session", "in": "cookie", "required": true, "schema": {}},
    ]}));
    let version = ("x-version", "1");
    for (target, headers, expected) in [
        ("/t/7", &[version][..], None),
        ("/t/%37", &[version], None),
        ("/t/7", &[version, ("x-other", "1")], None),
        ("/t/7", &[version, ("x-tags", "a, bc")], None),
        ("/t/x", &[version], Some("/path/id")),
        ("/t/7%2F8", &[version], Some("/path/id")),
        ("/t/7%5C8", &[version], Some("/path/id")),
        ("/t/%zz", &[version], Some("/path/id")),
        ("/t/7", &[], Some("/header/x-version")),
        ("/t/7", &[("x-version", "3")], Some("/header/x-version")),
        ("/t/7", &[version, version], Some("/header/x-version")),
        ("/t/7", &[version, ("x-tags", "a,bcd")], Some("/header/x-tags/1")),
        ("/t/7?x=1", &[version], Some("/query/x")),
    ] {
        assert_eq!(
            found(&contract, target, (headers, "")).as_deref(),
            expected,
            "{target} {headers:?}"
        );
    }
}

#[test]
fn a_body_is_there_of_a_described_type_and_fits() {
    let schema = json!({"type": "object", "required": ["amount"], "properties": {
        "amount": {"type": "integer"}, "to": {"properties": {"iban": {"type": "string"}}},
    }});
    let json_body = json!({"application/json": {"schema": schema}, "text/*": {}});
    let contract = contract(&json!({"requestBody": {"required": true, "content": json_body}}));
    let of = |content_type: &'static str| [("content-type", content_type)];
    let plain = of("application/json");
    for (headers, body, expected) in [
        (&plain[..], r#"{"amount":7}"#, None),
        (&of("application/json; charset=\"UTF-8\""), r#"{"amount":7}"#, None),
        (&of("Application/JSON"), r#"{"amount":7}"#, None),
        (&of("text/csv; charset=latin1"), "a,b", None),
        (&plain, "", Some("/body")),
        (&plain, r#"{"amount":"7"}"#, Some("/body/amount")),
        (&plain, r#"{"amount":7,"fee":1}"#, Some("/body/fee")),
        (&plain, r#"{"amount":7,"to":{"iban":"x","bic":"y"}}"#, Some("/body/to/bic")),
        (&plain, r#"{"amount":7,"amount":8}"#, Some("/body")),
        (&plain, r#"{"amount":7} {}"#, Some("/body")),
        (&plain, "{", Some("/body")),
        (&plain, "\u{feff}{\"amount\":7}", Some("/body")),
        (&[], r#"{"amount":7}"#, Some("/header/content-type")),
        (&of("application/xml"), "<a/>", Some("/header/content-type")),
        (&of("application/json; charset=utf-16"), r#"{"amount":7}"#, Some("/header/content-type")),
        (&[plain[0], plain[0]], r#"{"amount":7}"#, Some("/header/content-type")),
        (&[plain[0], ("content-encoding", "gzip")], "x", Some("/header/content-encoding")),
    ] {
        assert_eq!(
            found(&contract, "/t/1", (headers, body)).as_deref(),
            expected,
            "{headers:?} {body}"
        );
    }
    let deep = format!("{}{}", "[".repeat(90), "]".repeat(90));
    assert_eq!(found(&contract, "/t/1", (&plain, &deep)).as_deref(), Some("/body"));
    assert!(contract.reads(Some(b"application/json")) && !contract.reads(Some(b"text/csv")));
}

#[test]
fn a_body_that_is_not_described_is_refused() {
    let none = contract(&json!({}));
    assert_eq!(found(&none, "/t/1", (&[], "")), None);
    let sent = (&[("content-type", "application/json")][..], "{}");
    assert_eq!(found(&none, "/t/1", sent).as_deref(), Some("/body"));
    assert!(!none.reads(Some(b"application/json")));
    let may = contract(&json!({"requestBody": {"content": {"application/json": {}}}}));
    assert_eq!(found(&may, "/t/1", (&[], "")), None);
    assert_eq!(found(&may, "/t/1", sent), None);
    let header = |_: &str| vec![&b"application/json"[..]];
    let payload = Payload::Unread;
    let unread = Request { path: "/t/1", query: None, header: &header, payload };
    assert!(may.check(&unread).is_err(), "what has to be read and was not is refused");
}

#[test]
fn a_pointer_and_a_reason_are_short_and_do_not_repeat_what_was_sent() {
    let contract = contract(&json!({"requestBody": {"content": {"application/json": {
        "schema": {"properties": {"a": {"maxLength": 3}}}}}}}));
    for body in [json!({"a": "secret".repeat(100)}), json!({"b".repeat(5000): 1})] {
        let body = body.to_string();
        let payload = Payload::Whole(body.as_bytes());
        let header = |name: &str| {
            if name == "content-type" { vec![&b"application/json"[..]] } else { Vec::new() }
        };
        let request = Request { path: "/t/1", query: None, header: &header, payload };
        let violation = contract.check(&request).unwrap_err();
        assert!(violation.pointer.len() <= POINTER_BYTES, "{violation:?}");
        assert!(!violation.reason.contains("secret") && violation.reason.len() < 200);
    }
}
