use super::*;
use crate::document::Document;
use bailiwick_domain::api::Kind;
use serde_json::json;

fn document(members: &Value) -> Result<Document, NotADocument> {
    let mut catalog = json!({"mcp": "2025-11-25", "server": {"name": "s", "version": "1.2"}});
    catalog.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    Document::read(catalog.to_string().as_bytes())
}

fn tool(name: &str) -> Value {
    json!({"name": name, "inputSchema": {"type": "object"}})
}

fn described(document: &Document) -> Vec<String> {
    let line = |it: &Described| {
        let mark = if matches!(it.scopes, Scopes::Proposed(_)) { "?" } else { "" };
        format!("{} {} {}{mark}", it.method, it.template, it.scopes.set())
    };
    document.operations.iter().map(line).collect()
}

#[test]
fn all_that_a_server_lists_is_an_operation() {
    let read = document(&json!({
        "tools": [
            {"name": "send", "title": "Send", "inputSchema": {"type": "object"}},
            {"name": "look", "inputSchema": {"type": "object"},
                "annotations": {"readOnlyHint": true}},
            {"name": "pay", "inputSchema": {"type": "object"}, "_meta": {"bailiwick": {
                "scopes": ["money:pay"], "approval": "always", "approvers": 2,
                "sensitivity": "restricted", "limit": "2/h"}}},
        ],
        "resources": [{"uri": "file:///docs/a.md", "name": "a"}],
        "resourceTemplates": [{"uriTemplate": "file:///notes/{id}", "name": "n"}],
        "prompts": [{"name": "greet", "arguments": [{"name": "who", "required": true}]}],
    }));
    let read = read.unwrap();
    assert_eq!((read.kind, &*read.title, &*read.version), (Kind::Mcp, "s", "1.2"));
    assert!(read.unread.is_empty(), "{:?}", read.unread);
    assert_eq!(
        described(&read),
        [
            "prompts/get greet prompts.greet:get?",
            "resources/read file:///docs/a.md resources.file.docs.a.md:read?",
            "resources/read file:///notes/{id} resources.file.notes:read?",
            "tools/call look tools.look:read?",
            "tools/call pay money:pay",
            "tools/call send tools.send:call?",
        ]
    );
    let look = read.operations.iter().find(|it| it.template == "look").unwrap();
    assert_eq!(look.remarks.len(), 1, "a hint is only a hint");
    let pay = read.operations.iter().find(|it| it.template == "pay").unwrap();
    let operation = pay.operation(&"acme".into());
    assert_eq!((operation.approvers, operation.limit), (2, Some("2/h".parse().unwrap())));
    let greet = read.operations.iter().find(|it| it.template == "greet").unwrap();
    assert!(greet.contract.check_arguments(&json!({"who": "me"})).is_ok());
    let violation = greet.contract.check_arguments(&json!({})).unwrap_err();
    assert_eq!(violation.pointer, "/params/arguments/who");
}

#[test]
fn what_a_person_does_not_see_of_a_tool_is_said() {
    let hidden = "Adds.\u{e0049}\u{e0047}";
    let mut told = tool("a");
    told["description"] = json!(hidden);
    let read = document(&json!({"tools": [told, tool("b")]})).unwrap();
    let remarks: Vec<_> = read.operations.iter().map(|it| it.remarks.join("; ")).collect();
    assert_eq!(remarks, ["has characters that nobody sees, as U+E0049", ""]);
    assert_eq!(read.operations[0].summary.as_deref(), Some("Adds.\\u{e0049}\\u{e0047}"));
}

#[test]
fn what_cannot_be_told_apart_or_checked_is_not_served() {
    for (members, pointer) in [
        (json!({"tools": [{"inputSchema": {}}]}), "/tools/0"),
        (json!({"tools": [{"name": 7, "inputSchema": {}}]}), "/tools/0"),
        (json!({"tools": [7]}), "/tools/0"),
        (json!({"tools": [{"name": "a"}]}), "/tools/0"),
        (json!({"tools": [{"name": "a", "inputSchema": null}]}), "/tools/0/inputSchema"),
        (
            json!({"tools": [{"name": "a", "inputSchema": {"$schema": "urn:own"}}]}),
            "/tools/0/inputSchema/$schema",
        ),
        (
            json!({"tools": [{"name": "a", "inputSchema": {"properties": {"b": {"$ref": "x"}}}}]}),
            "/tools/0/inputSchema/properties/b",
        ),
        (json!({"tools": [tool("a b")]}), "/tools/0/name"),
        (json!({"tools": [tool("a\u{200b}")]}), "/tools/0/name"),
        (json!({"tools": [tool("")]}), "/tools/0/name"),
        (json!({"tools": [tool(&"a".repeat(129))]}), "/tools/0/name"),
        (json!({"prompts": [{"name": "a\n"}]}), "/prompts/0/name"),
        (json!({"prompts": [{"name": "a", "arguments": {}}]}), "/prompts/0/arguments"),
        (json!({"resources": [{"uri": "a"}]}), "/resources/0/uri"),
        (json!({"resources": [{"uri": "x://{a}"}]}), "/resources/0/uri"),
        (
            json!({"resourceTemplates": [{"uriTemplate": "x://{+a}"}]}),
            "/resourceTemplates/0/uriTemplate",
        ),
    ] {
        let read = document(&members).unwrap();
        assert!(read.operations.is_empty(), "{members}");
        let found: Vec<&str> = read.unread.iter().map(|it| it.pointer.as_str()).collect();
        assert!(matches!(&*found, [found] if found.starts_with(pointer)), "{members} {found:?}");
    }
    let twice = document(&json!({
        "tools": [tool("a"), tool("b"), tool("a")],
        "resourceTemplates": [
            {"uriTemplate": "x://a/{b}"}, {"uriTemplate": "x://{a}/b"}, {"uriTemplate": "y://{a}"},
        ],
    }));
    let twice = twice.unwrap();
    assert_eq!(twice.operations.len(), 2, "neither of two");
    assert_eq!(twice.unread.len(), 4, "{:?}", twice.unread);
}

#[test]
fn what_is_not_made_as_a_catalog_is_none() {
    for members in [
        json!({"mcp": "2024-11-05"}),
        json!({"mcp": 7}),
        json!({"server": "x"}),
        json!({"tools": {}}),
        json!({"instructions": ["x"]}),
        json!({"resource_templates": []}),
        json!({"openapi": "3.1.0"}),
        json!({"tools": [{"name": "a", "_meta": {"bailiwick": 7}}]}),
        json!({"tools": [{"name": "a", "_meta": {"bailiwick": {"scope": []}}}]}),
        json!({"tools": [{"name": "a", "_meta": {"bailiwick": {"scopes": ["x:*"]}}}]}),
        json!({"tools": [{"name": "a", "_meta": {"bailiwick": {"mask": {"pii": ["a"]}}}}]}),
        json!({"tools": [{"name": "a", "_meta": {"bailiwick": {"mask": {"P": ["/a"]}}}}]}),
        json!({"prompts": [{"name": "a", "_meta": {"bailiwick": {"mask": {"pii": ["/a"]}}}}]}),
        json!({"tools": [{"name": "a", "x-bailiwick": {"scopes": []}}]}),
        json!({"tools": vec![json!({}); MAX_OPERATIONS + 1]}),
        json!({"resourceTemplates": vec![json!({}); MAX_TEMPLATES + 1]}),
    ] {
        assert!(document(&members).is_err(), "{members:.80}");
    }
    assert!(document(&json!({"tools": []})).unwrap().operations.is_empty());
}

/// Which labels there are of what a tool answers; nothing where the tool is not served.
fn labels(output: &Value, mask: &Value) -> Option<Vec<String>> {
    let mut tool = tool("a");
    tool["outputSchema"] = output.clone();
    tool["_meta"] = json!({"bailiwick": {"mask": mask}});
    let read = document(&json!({"tools": [tool]})).unwrap();
    let pointers = read.unread.iter().map(|it| it.pointer.as_str());
    assert!(pointers.into_iter().all(|it| it.starts_with("/tools/0/outputSchema")));
    Some(read.operations.first()?.mask.labels().map(str::to_owned).collect())
}

#[test]
fn what_is_labelled_of_an_answer_is_found_in_its_schema_and_by_its_place() {
    let labelled = json!({"type": "string", "x-bailiwick": {"label": "pii"}});
    let within = |schema: Value| json!({"type": "object", "properties": {"a": schema}});
    let (none, elsewhere) = (json!({}), json!({"b": within(labelled.clone())}));
    for schema in [
        within(labelled.clone()),
        within(json!({"items": labelled})),
        within(json!({"items": [{}, labelled]})),
        within(json!({"items": [{}], "additionalItems": labelled})),
        json!({"$id": "x:1", "$ref": "#/definitions/b", "definitions": elsewhere}),
        json!({"dependencies": {"b": within(labelled.clone()), "c": ["d"]}}),
    ] {
        assert_eq!(labels(&schema, &none), Some(vec!["pii".to_owned()]), "{schema}");
    }
    let places = json!({"pci": ["/card", "/lines/*/card"]});
    let both = Some(vec!["pci".to_owned(), "pii".to_owned()]);
    assert_eq!(labels(&within(labelled.clone()), &places), both);
    assert_eq!(labels(&within(json!({})), &none), Some(Vec::new()));
    // What is not labelled is not looked into.
    assert_eq!(labels(&json!({"$ref": "https://x.test/y"}), &none), Some(Vec::new()));
    for beside in [
        json!({"$ref": "https://x.test/y"}),
        json!({"$ref": "#/$defs/none"}),
        json!({"$dynamicRef": "#b"}),
        json!({"$id": "x:2"}),
        json!({"x-bailiwick": {"labels": ["pii"]}}),
        json!({"x-bailiwick": {"label": "P I I"}}),
    ] {
        let schema = json!({"properties": {"a": labelled, "b": beside}});
        assert_eq!(labels(&schema, &none), None, "{schema}");
    }
}

#[test]
fn schemas_of_two_tools_are_told_apart() {
    let schema = |kind: &str| {
        json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}},
            "$defs": {"x": {"type": kind}}})
    };
    let read = document(&json!({"tools": [
        {"name": "one", "inputSchema": schema("string")},
        {"name": "two", "inputSchema": schema("integer")},
    ]}));
    let read = read.unwrap();
    assert_eq!(read.definitions.len(), 2);
    for (described, value) in read.operations.iter().zip([json!("a"), json!(1)]) {
        assert!(described.contract.check_arguments(&json!({"a": value})).is_ok());
        assert!(described.contract.check_arguments(&json!({"a": null})).is_err());
    }
}
