use super::*;
use crate::document::Document;
use serde_json::json;

fn document(paths: &Value) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Tickets", "version": "1"},
        "paths": paths,
        "components": {
            "parameters": {"id": {"name": "id", "in": "path", "schema": {"type": "integer"}}},
            "pathItems": {"one": {"get": {"operationId": "one"}}},
        },
    })
}

fn read(document: &Value) -> Result<Document, NotADocument> {
    Document::read(document.to_string().as_bytes())
}

/// What of a document is read: operations, and the pointers to what is not.
fn check(paths: &Value, operations: &[&str], unread: &[&str]) {
    let read = read(&document(paths)).unwrap();
    let names = read.operations.iter().map(|it| format!("{} {}", it.method, it.template));
    assert_eq!(names.collect::<Vec<_>>(), operations, "{paths}");
    let pointers: Vec<&str> = read.unread.iter().map(|it| it.pointer.as_str()).collect();
    let mut unread = unread.to_vec();
    unread.sort_unstable();
    assert_eq!(pointers, unread, "{:?}", read.unread);
}

#[test]
fn operations_are_read_and_what_cannot_be_told_apart_is_said() {
    check(
        &json!({
            "/tickets": {"get": {}, "post": {}, "summary": "x", "x-y": 1},
            "/tickets/{id}": {"delete": {}, "parameters": [{"$ref": "#/components/parameters/id"}]},
            "/tickets/": {"get": {}},
            "/one": {"$ref": "#/components/pathItems/one"},
            "x-paths": {"get": {}},
        }),
        &["GET /one", "GET /tickets", "POST /tickets", "GET /tickets/", "DELETE /tickets/{id}"],
        &[],
    );
    check(
        &json!({
            "/a{id}": {"get": {}},
            "/{a}.{b}": {"get": {}},
            "/a%2Fb": {"get": {}},
            "/a?x=1": {"get": {}},
            "/a#b": {"get": {}},
            "a": {"get": {}},
            "/t": {"trace": {}, "get": {}},
            "/t/{id}": {"get": {}},
            "/t/{name}": {"get": {}},
        }),
        &["GET /t", "GET /t/{id}"],
        &[
            "/paths/~1a#b/get",
            "/paths/~1a%2Fb/get",
            "/paths/~1a?x=1/get",
            "/paths/~1a{id}/get",
            "/paths/~1t/trace",
            "/paths/~1t~1{name}/get",
            "/paths/~1{a}.{b}/get",
            "/paths/a",
        ],
    );
}

#[test]
fn what_is_not_understood_is_not_served() {
    let far = json!({"$ref": "https://example.com/x.yaml#/X"});
    let body = json!({"content": {"application/json": {"schema": far}}});
    let parameter = |more: Value| {
        let mut parameter = json!({"name": "q", "in": "query", "schema": {}});
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"get": {"parameters": [parameter]}})
    };
    for item in [
        json!({"get": {"requestBody": body}}),
        json!({"get": {"requestBody": far}}),
        json!({"get": {"parameters": [far]}}),
        far.clone(),
        parameter(json!({"schema": far})),
        parameter(json!({"style": "matrix"})),
        parameter(json!({"in": "body"})),
        parameter(json!({"schema": {"type": "strange"}})),
        parameter(json!({"schema": {"pattern": "^(?!a)"}})),
        parameter(json!({"content": {"text/csv": {}}})),
        json!({"get": {"servers": [{"url": "https://x/{y}"}]}}),
        json!({"get": {"x-bailiwick": {"mask": {"pii": ["/a"]}}, "responses": {"200": far}}}),
    ] {
        let read = read(&document(&json!({"/a": item, "/b": {"get": {}}}))).unwrap();
        assert_eq!((read.operations.len(), read.unread.len()), (1, 1), "{item}: {read:?}");
    }
}

#[test]
fn what_the_document_says_of_an_operation_is_taken() {
    let said = json!({"scopes": ["tickets:close"], "sensitivity": "restricted",
        "approval": "always", "approvers": 2, "limit": "30/min", "mask": {"pii": ["/by/*/email"]}});
    let item = json!({"get": {"x-bailiwick": said, "operationId": "close", "summary": "Closes"}});
    let read = read(&document(&json!({"/t": item}))).unwrap();
    let operation = &read.operations[0];
    assert_eq!(operation.scopes, Scopes::Stated("tickets:close".parse().unwrap()));
    assert_eq!(operation.sensitivity, Sensitivity::Restricted);
    assert_eq!((operation.approval, operation.approvers), (ApprovalRule::Always, 2));
    assert_eq!(operation.limit, Some("30/min".parse().unwrap()));
    assert_eq!(operation.operation_id.as_deref(), Some("close"));
    assert_eq!(operation.mask.labels().collect::<Vec<_>>(), ["pii"]);
}

#[test]
fn an_extension_that_is_not_understood_is_an_error_of_the_whole() {
    for (said, pointer) in [
        (json!({"scope": ["a:b"]}), "/paths/~1t/get/x-bailiwick/scope"),
        (json!({"scopes": "a:b"}), "/paths/~1t/get/x-bailiwick/scopes"),
        (json!({"scopes": ["A"]}), "/paths/~1t/get/x-bailiwick/scopes"),
        (json!({"scopes": ["t:*"]}), "/paths/~1t/get/x-bailiwick/scopes"),
        (json!({"sensitivity": "secret"}), "/paths/~1t/get/x-bailiwick/sensitivity"),
        (json!({"approval": true}), "/paths/~1t/get/x-bailiwick/approval"),
        (json!({"approvers": 3}), "/paths/~1t/get/x-bailiwick/approvers"),
        (json!({"approvers": "two"}), "/paths/~1t/get/x-bailiwick/approvers"),
        (json!({"limit": "30"}), "/paths/~1t/get/x-bailiwick/limit"),
        (json!({"mask": ["/a"]}), "/paths/~1t/get/x-bailiwick/mask"),
        (json!({"mask": {"pii": ["a"]}}), "/paths/~1t/get/x-bailiwick/mask/pii"),
        (json!({"mask": {"P I": ["/a"]}}), "/paths/~1t/get/x-bailiwick/mask/P I"),
        (json!("restricted"), "/paths/~1t/get/x-bailiwick"),
    ] {
        let error = read(&document(&json!({"/t": {"get": {"x-bailiwick": said}}}))).err();
        let Some(NotADocument::Extension(found)) = &error else { panic!("{said}: {error:?}") };
        assert_eq!(found.pointer, pointer, "{found}");
    }
    let at_the_path = document(&json!({"/t": {"x-bailiwick": {"scopes": []}, "get": {}}}));
    assert!(matches!(read(&at_the_path), Err(NotADocument::Extension(_))));
    let mut at_the_root = document(&json!({}));
    at_the_root["x-bailiwick"] = json!({});
    assert!(matches!(read(&at_the_root), Err(NotADocument::Extension(_))));
}

#[test]
fn a_label_that_is_not_understood_keeps_its_operation_out() {
    for said in
        [json!({"label": "P"}), json!({"labels": ["pii"]}), json!("pii"), json!({"label": 1})]
    {
        let labelled = json!({"properties": {
            "a": {"x-bailiwick": said}, "b": {"x-bailiwick": {"label": "pii"}},
        }});
        let responses = json!({"200": {"content": {"application/json": {"schema": labelled}}}});
        let read = read(&document(&json!({"/t": {"get": {"responses": responses}}}))).unwrap();
        assert_eq!((read.operations.len(), read.unread.len()), (0, 1), "{said}");
    }
}

#[test]
fn the_path_of_the_server_goes_before() {
    for (servers, template, remarks) in [
        (json!([{"url": "https://x.test/v1/"}]), "/v1/t", 0),
        (json!([{"url": "https://x.test"}, {"url": "/"}]), "/t", 0),
        (json!([{"url": "/a/b"}]), "/a/b/t", 0),
        (json!([{"url": "https://x/{v}", "variables": {"v": {"default": "v2"}}}]), "/v2/t", 0),
        (json!([{"url": "/a"}, {"url": "/b"}]), "/a/t", 1),
        (json!([]), "/t", 0),
    ] {
        let mut document = document(&json!({"/t": {"get": {}}}));
        document["servers"] = servers;
        let read = read(&document).unwrap();
        let operation = &read.operations[0];
        assert_eq!((operation.template.as_str(), operation.remarks.len()), (template, remarks));
    }
}

#[test]
fn only_openapi_3_0_and_3_1_are_read() {
    for version in
        [json!("3.2.0"), json!("2.0"), json!("3"), json!(3.1), json!(null), json!("31.0")]
    {
        let mut document = document(&json!({}));
        document["openapi"] = version.clone();
        assert_eq!(read(&document).err(), Some(NotADocument::Version), "{version}");
    }
}
