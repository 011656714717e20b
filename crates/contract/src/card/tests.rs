use super::*;
use serde_json::json;

fn card(change: impl FnOnce(&mut Value)) -> Value {
    let mut card = json!({
        "name": "Planner", "description": "Plans.", "version": "1.2.0",
        "supportedInterfaces": [
            {"url": "https://a.example/v1", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"},
            {"url": "a.example:443", "protocolBinding": "GRPC", "protocolVersion": "1.0",
                "tenant": "t"},
        ],
        "capabilities": {"streaming": true, "extendedAgentCard": true},
        "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
        "skills": [
            {"id": "map", "name": "Map", "description": "Draws.", "tags": ["maps"]},
            {"id": "route", "name": "Route", "description": "Routes.", "tags": []},
        ],
        "own": {"kept": [1.50]},
    });
    change(&mut card);
    card
}

fn read(card: &Value) -> Result<Card, Unread> {
    Card::read(card.to_string().as_bytes())
}

#[test]
fn a_card_is_read_and_kept_as_it_is() {
    let text = format!(" {}\n", card(|_| {}));
    let card = Card::read(text.as_bytes()).unwrap();
    assert_eq!(card.text, text);
    assert!(!card.signed);
    let urls: Vec<_> = card.interfaces.iter().map(|it| (&*it.url, it.binding)).collect();
    let expected = [("https://a.example/v1", Binding::JsonRpc), ("a.example:443", Binding::Grpc)];
    assert_eq!(urls, expected);
    let tenants: Vec<_> = card.interfaces.iter().map(|it| it.tenant.as_deref()).collect();
    assert_eq!(tenants, [None, Some("t")]);
}

#[test]
fn what_is_not_made_as_a_card_is_none() {
    type Change = fn(&mut Value);
    let cases: &[(Change, &str)] = &[
        (|it| it["name"] = json!(7), "/name"),
        (|it| it["skills"] = json!({}), "/skills"),
        (|it| it["skills"] = json!([7]), "/skills/0"),
        (|it| it["skills"][1]["tags"] = json!("a"), "/skills/1/tags"),
        (|it| it["skills"][1]["id"] = json!(7), "/skills/1/id"),
        (|it| it["skills"][1]["input_modes"] = json!([]), "/skills/1/input_modes"),
        (|it| it["supported_interfaces"] = json!([]), "/supported_interfaces"),
        (|it| it["SupportedInterfaces"] = json!([]), "/SupportedInterfaces"),
        (|it| it["supportedInterfaces"] = json!([]), "/supportedInterfaces"),
        (|it| it["supportedInterfaces"][0]["url"] = json!(""), "/supportedInterfaces/0"),
        (
            |it| it["supportedInterfaces"][1]["protocolVersion"] = json!(null),
            "/supportedInterfaces/1",
        ),
        (|it| it["supportedInterfaces"][0]["tenant"] = json!(7), "/supportedInterfaces/0/tenant"),
        (|it| it["capabilities"] = json!([]), "/capabilities"),
        (|it| it["capabilities"]["streaming"] = json!("yes"), "/capabilities/streaming"),
        (
            |it| it["capabilities"]["extensions"] = json!([{"params": []}]),
            "/capabilities/extensions/0/params",
        ),
        (
            |it| it["securitySchemes"] = json!({"a": {"oauth2SecurityScheme": []}}),
            "/securitySchemes/a/oauth2SecurityScheme",
        ),
        (
            |it| it["securityRequirements"] = json!([{"schemes": {"a": ["b"]}}]),
            "/securityRequirements/0/schemes/a",
        ),
        (|it| it["signatures"] = json!({}), "/signatures"),
        (|it| it["signatures"] = json!([{"protected": {}}]), "/signatures/0/protected"),
        (|it| it["own"] = json!(1_u64 << 53), ""),
        (|it| drop(it.as_object_mut().unwrap().remove("skills")), ""),
    ];
    for (change, at) in cases {
        let refused = read(&card(change)).unwrap_err();
        assert_eq!(refused.pointer, *at, "{refused}");
    }
    let many = json!({"url": "u", "protocolBinding": "GRPC", "protocolVersion": "1.0"});
    let many = card(|it| it["supportedInterfaces"] = json!(vec![many; MAX_INTERFACES + 1]));
    assert_eq!(read(&many).unwrap_err().pointer, "/supportedInterfaces");
    let text = card(|_| {}).to_string();
    let twice = text.replacen('{', r#"{"skills":[],"#, 1);
    let padded = format!("{}{text}", " ".repeat(MAX_BYTES));
    for text in ["", "[]", "7", "name: a", &twice, &padded, &"[".repeat(10_000)] {
        assert!(Card::read(text.as_bytes()).is_err(), "{text:.40}");
    }
    assert!(Card::read(b"\xff").is_err());
}

#[test]
fn null_is_what_is_not_set() {
    let nothing = card(|it| {
        it["provider"] = json!(null);
        it["capabilities"]["streaming"] = json!(null);
        it["skills"][0]["examples"] = json!(null);
    });
    let nothing = read(&nothing).unwrap();
    let absent = card(|it| drop(it["capabilities"].as_object_mut().unwrap().remove("streaming")));
    assert_eq!(nothing.canonical(), read(&absent).unwrap().canonical());
}

#[test]
fn what_signs_a_card_is_no_part_of_what_is_signed() {
    let plain = read(&card(|_| {})).unwrap();
    let signed = card(|it| {
        it["signatures"] =
            json!([{"protected": "a", "signature": "b", "header": {"alg": "x"}}, {}]);
    });
    let signed = read(&signed).unwrap();
    assert_eq!(signed.canonical(), plain.canonical());
    assert_eq!(signed.signatures().collect::<Vec<_>>(), [("a", "b"), ("", "")]);
    assert!(signed.signed && !plain.signed);
}

fn check(change: impl FnOnce(&mut Value), expected: &[&str]) {
    let accepted = read(&card(|_| {})).unwrap();
    let others = accepted.stands_for(&read(&card(change)).unwrap()).err().unwrap_or_default();
    assert_eq!(others, expected);
}

#[test]
fn another_card_stands_for_this_one_if_it_offers_nothing_else() {
    check(|_| {}, &[]);
    check(|it| it["description"] = json!("other"), &["description"]);
    check(|it| it["own"] = json!(1), &["own"]);
    check(|it| it["signatures"] = json!([{"protected": "a", "signature": "b"}]), &[]);
    check(|it| drop(it["skills"].as_array_mut().unwrap().remove(0)), &[]);
    check(|it| it["skills"].as_array_mut().unwrap().reverse(), &[]);
    check(|it| it["skills"][0]["name"] = json!("map"), &["map"]);
    check(|it| it["skills"][1]["tags"] = json!(["a"]), &["route"]);
    check(|it| it["skills"][1]["own"] = json!(null), &["route"]);
    check(|it| it["skills"][1]["id"] = json!("other"), &["other"]);
    check(|it| it["skills"][1] = it["skills"][0].clone(), &["map"]);
    check(|it| drop(it["skills"][1].as_object_mut().unwrap().remove("id")), &[""]);
    check(
        |it| it["supportedInterfaces"][0]["url"] = json!("https://b.example"),
        &["https://b.example"],
    );
    check(|it| it["supportedInterfaces"][1]["tenant"] = json!("u"), &["a.example:443"]);
}
