use super::*;

fn check(newer: bool, schema: &Value, expected: &Value) {
    let root = json!({
        "open": {"type": "object"},
        "pet": {"type": "object", "properties": {"name": {"type": "string"}}},
        "tree": {"type": "object", "properties": {"next": {"$ref": "#/tree"}}},
        "far": {"$ref": "https://example.com/x.json"},
    });
    let dialect = if newer { Dialect::OpenApi31 } else { Dialect::OpenApi30 };
    let mut library = Library::new(&root, dialect);
    let read = library.read(schema, "/x").unwrap();
    assert_eq!(&bundle(&read, library.definitions()), expected, "{schema}");
}

fn refused(schema: &Value) {
    let root = json!({
        "far": {"properties": {"x": {"$ref": "https://example.com/x.json"}}},
        "next": {"$ref": "#/far"},
    });
    let mut library = Library::new(&root, Dialect::OpenApi31);
    assert!(library.read(schema, "/x").is_err(), "{schema}");
    assert!(library.read(schema, "/x").is_err(), "{schema}");
}

#[test]
fn what_openapi_has_of_its_own_is_turned_into_json_schema() {
    check(
        false,
        &json!({"type": "string", "nullable": true, "example": "x", "enum": ["a"]}),
        &json!({"type": ["string", "null"], "enum": ["a", null]}),
    );
    check(
        false,
        &json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "maximum": 9,
            "exclusiveMaximum": false, "format": "int32"}),
        &json!({"type": "integer", "exclusiveMinimum": 1, "maximum": 9}),
    );
    check(
        false,
        &json!({"nullable": true, "allOf": [{"type": "string"}]}),
        &json!({"anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]}),
    );
    check(
        false,
        &json!({"$ref": "#/open", "type": "string"}),
        &json!({"$ref": "#/$defs/d0", "$defs": {"d0": {"type": "object"}}}),
    );
    check(
        true,
        &json!({"$ref": "#/open", "minProperties": 1}),
        &json!({"$ref": "#/$defs/d0", "minProperties": 1, "$defs": {"d0": {"type": "object"}}}),
    );
}

#[test]
fn an_object_of_described_properties_takes_no_others() {
    let pet = json!({"properties": {"name": {"type": "string"}}});
    check(
        true,
        &pet,
        &json!({"properties": {"name": {"type": "string"}}, "additionalProperties": false}),
    );
    for open in [true, false] {
        let mut said = pet.clone();
        said["additionalProperties"] = json!(open);
        check(true, &said.clone(), &said);
    }
    check(true, &json!({"type": "object"}), &json!({"type": "object"}));
    check(
        true,
        &json!({"allOf": [pet, {"properties": {"age": {}}}]}),
        &json!({
            "allOf": [pet, {"properties": {"age": {}}}],
            "unevaluatedProperties": false,
        }),
    );
    check(
        true,
        &json!({"oneOf": [pet, {"type": "string"}]}),
        &json!({"oneOf": [
            {"properties": {"name": {"type": "string"}}, "additionalProperties": false},
            {"type": "string"},
        ]}),
    );
    check(true, &json!({"not": pet}), &json!({"not": pet}));
    let closed = json!({
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/d0"}},
        "additionalProperties": false,
    });
    check(
        true,
        &json!({"$ref": "#/tree"}),
        &json!({"$ref": "#/$defs/d0", "$defs": {"d0": closed}}),
    );
}

#[test]
fn what_is_read_only_is_not_to_be_sent() {
    check(
        true,
        &json!({"required": ["id", "a"], "properties": {"id": {"readOnly": true}, "a": {}}}),
        &json!({"required": ["a"], "properties": {"id": false, "a": {}},
            "additionalProperties": false}),
    );
}

#[test]
fn what_is_not_in_the_document_is_never_followed() {
    refused(&json!({"$ref": "https://example.com/pet.json"}));
    refused(&json!({"$ref": "pet.json#/x"}));
    refused(&json!({"items": {"$ref": "#/nowhere"}}));
    refused(&json!({"items": {"$ref": "#/next"}}));
    refused(&json!({"$dynamicRef": "#x"}));
    refused(&json!({"$id": "https://example.com/"}));
    refused(&json!({"allOf": {}}));
    refused(&json!({"items": [{}]}));
    refused(&json!(7));
}
