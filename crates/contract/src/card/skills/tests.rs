use super::*;
use crate::document::Document;
use bailiwick_domain::api::Kind;
use serde_json::json;

fn document(members: &Value) -> Result<Document, NotADocument> {
    let mut card = json!({"name": "Planner", "version": "1.2.0", "skills": [],
        "supportedInterfaces":
            [{"url": "u", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}]});
    card.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    Document::read(card.to_string().as_bytes())
}

fn skill(id: &str) -> Value {
    json!({"id": id, "name": "N", "description": "D", "tags": []})
}

fn described(document: &Document) -> Vec<String> {
    let line = |it: &Described| {
        let mark = if matches!(it.scopes, Scopes::Proposed(_)) { "?" } else { "" };
        format!("{} {} {}{mark}", it.method, it.template, it.scopes.set())
    };
    document.operations.iter().map(line).collect()
}

fn settings(skills: &Value) -> Value {
    json!({"extensions": [{"uri": "urn:other", "params": {"a": 1}},
        {"uri": OF_GATEWAY, "params": {"skills": skills}}]})
}

#[test]
fn every_skill_is_an_operation() {
    let route = json!({"scopes": ["routes:plan"], "sensitivity": "restricted",
        "approval": "always", "approvers": 2, "limit": "2/h"});
    let read = document(&json!({"skills": [skill("route"), skill("map/{a}")],
        "capabilities": settings(&json!({"route": route}))}));
    let read = read.unwrap();
    let told = (read.kind, &*read.title, &*read.version);
    assert_eq!(told, (Kind::A2a, "Planner", "1.2.0"));
    assert!(read.unread.is_empty() && read.card.is_some());
    let expected = ["SendMessage map/{a} skills.map:call?", "SendMessage route routes:plan"];
    assert_eq!(described(&read), expected);
    let route = read.operations[1].operation(&"acme".into());
    assert_eq!((route.approvers, route.limit), (2, Some("2/h".parse().unwrap())));
    assert_eq!(read.operations[0].key(), "SendMessage map/{a}");
}

fn check(of_skill: &Value, of_card: &Value, expected: &str) {
    let mut asking = skill("a");
    asking["securityRequirements"] = of_skill.clone();
    let read = document(&json!({
        "skills": [asking],
        "securityRequirements": of_card,
        "securitySchemes": {
            "oauth": {"oauth2SecurityScheme": {"flows": {}}},
            "oidc": {"openIdConnectSecurityScheme": {"openIdConnectUrl": "u"}},
            "key": {"apiKeySecurityScheme": {"location": "header", "name": "n"}},
        },
    }));
    let read = read.unwrap();
    assert_eq!(described(&read), [format!("SendMessage a {expected}")]);
}

#[test]
fn scopes_are_those_that_the_card_requires() {
    let needs = |scheme: &str, scopes: &[&str]| json!({"schemes": {scheme: {"list": scopes}}});
    let none = json!(null);
    check(&json!([needs("oauth", &["a:b"])]), &none, "a:b");
    check(&json!([needs("oidc", &["a:b", "c"])]), &json!([needs("oauth", &["d"])]), "a:b c");
    check(&none, &json!([needs("oauth", &["a:b"])]), "a:b");
    check(&json!([]), &json!([needs("oauth", &["a:b"])]), "a:b");
    check(&json!([needs("key", &["a:b"])]), &json!([needs("oauth", &["d"])]), "skills.a:call?");
    check(&json!([needs("gone", &["a:b"])]), &none, "skills.a:call?");
    check(&none, &none, "skills.a:call?");
    check(&json!([needs("oauth", &["a:b"]), needs("oidc", &["c"])]), &none, "a:b c?");
    check(&json!([needs("oauth", &["a:b"]), needs("key", &[])]), &none, "a:b");
    check(&json!([needs("oauth", &["a:*", "b"])]), &none, "b?");
    let both = json!([{"schemes": {"oauth": {"list": ["a"]}, "oidc": {"list": ["b"]}}}]);
    check(&both, &none, "a b");
}

#[test]
fn what_cannot_be_told_apart_is_not_served() {
    let read = document(&json!({"skills": [skill("a"), skill("b"), skill("a"), skill("*"),
        skill("a b"), skill("é"), skill(""), skill(&"a".repeat(MAX_ID + 1)), {"name": "n"}]}));
    let read = read.unwrap();
    assert_eq!(described(&read), ["SendMessage b skills.b:call?"]);
    let found: Vec<&str> = read.unread.iter().map(|it| it.pointer.as_str()).collect();
    let expected = [
        "/skills/0",
        "/skills/2",
        "/skills/3/id",
        "/skills/4/id",
        "/skills/5/id",
        "/skills/6/id",
        "/skills/7/id",
        "/skills/8",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_a_person_does_not_see_of_a_skill_is_said() {
    let mut told = skill("a");
    told["name"] = json!("N\u{202e}");
    let read = document(&json!({"skills": [told, skill("b")]})).unwrap();
    let remarks: Vec<_> = read.operations.iter().map(|it| it.remarks.join("; ")).collect();
    assert_eq!(remarks, ["has characters that nobody sees, as U+202E", ""]);
    assert_eq!(read.operations[0].summary.as_deref(), Some("N\\u{202e}"));
}

#[test]
fn what_is_said_to_the_gateway_is_understood_or_refused() {
    let ours = |params: &Value| json!({"uri": OF_GATEWAY, "params": params});
    for members in [
        json!({"capabilities": settings(&json!({"b": {}}))}),
        json!({"capabilities": settings(&json!({"a": {"scope": []}}))}),
        json!({"capabilities": settings(&json!({"a": {"scopes": ["x:*"]}}))}),
        json!({"capabilities": settings(&json!({"a": {"mask": {"pii": ["/a"]}}}))}),
        json!({"capabilities": settings(&json!({"a": 7}))}),
        json!({"capabilities": settings(&json!([]))}),
        json!({"capabilities": {"extensions": [ours(&json!({"skill": {}}))]}}),
        json!({"capabilities": {"extensions": [ours(&json!({})), ours(&json!({}))]}}),
        json!({"x-bailiwick": {}}),
        json!({"skills": [{"id": "a", "x-bailiwick": {"scopes": []}}]}),
    ] {
        let mut all = json!({"skills": [skill("a")]});
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let read = document(&all);
        assert!(matches!(read, Err(NotADocument::Extension(_))), "{members} {read:?}");
    }
    let many = json!({"skills": vec![json!({}); MAX_OPERATIONS + 1]});
    assert!(matches!(document(&many), Err(NotADocument::TooMany)));
    assert!(matches!(document(&json!({"skills": 7})), Err(NotADocument::Card(_))));
}
