use super::*;
use crate::labels;
use proptest::prelude::*;
use serde_json::{Value, json};

fn mask() -> Arc<Mask> {
    let root = json!({
        "person": {
            "properties": {
                "ssn": {"x-bailiwick": {"label": "pii"}},
                "name": {"type": "string"},
                "key": {"x-bailiwick": {"label": "secret"}},
                "friends": {"items": {"$ref": "#/person"}},
                "by": {"additionalProperties": {"$ref": "#/person"}},
                "card": {"allOf": [{"$ref": "#/card"}], "x-bailiwick": {"label": "pci"}},
            },
        },
        "card": {"properties": {"number": {"x-bailiwick": {"label": "secret"}}}},
    });
    Arc::new(labels::read(&root, vec![("/person".to_owned(), &root["person"])]).unwrap())
}

fn run(pieces: &[&[u8]], cleared: &[&str]) -> Result<(String, Seen), Unmaskable> {
    let mask = mask();
    let mut masker = Masker::new(&mask, |label| cleared.contains(&label));
    let mut out = Vec::new();
    for piece in pieces {
        masker.feed(piece, &mut out)?;
    }
    masker.finish()?;
    Ok((String::from_utf8(out).unwrap(), masker.seen()))
}

fn check(given: &str, expected: &str) {
    let (out, _) = run(&[given.as_bytes()], &[]).unwrap_or_else(|_| panic!("{given}"));
    assert_eq!(out, expected, "{given}");
    let bytes: Vec<&[u8]> = given.as_bytes().chunks(1).collect();
    assert_eq!(run(&bytes, &[]).unwrap().0, expected, "{given}");
}

#[test]
fn what_is_labelled_is_masked_whatever_it_is_and_the_rest_kept_to_the_byte() {
    check(r#"{"ssn":"1","name":"x"}"#, r#"{"ssn":"***","name":"x"}"#);
    check(r#"{ "ssn" : -1.5e+3 , "name":"x"}"#, r#"{ "ssn" : "***" , "name":"x"}"#);
    check(r#"{"ssn":{"a":[1,{"b":"}"}]},"name":1}"#, r#"{"ssn":"***","name":1}"#);
    check(r#"{"ssn":[],"key":null,"name":true}"#, r#"{"ssn":"***","key":"***","name":true}"#);
    check(r#"{"name":{"ssn":"1"}}"#, r#"{"name":{"ssn":"1"}}"#);
    check(r#"{"friends":[{"ssn":1},{"ssn":2}]}"#, r#"{"friends":[{"ssn":"***"},{"ssn":"***"}]}"#);
    check(r#"{"by":{"x":{"by":{"y":{"key":1}}}}}"#, r#"{"by":{"x":{"by":{"y":{"key":"***"}}}}}"#);
    check(" [1, 2.0e-1, 0, \"\\u00e9é\\n\"] ", " [1, 2.0e-1, 0, \"\\u00e9é\\n\"] ");
    for plain in ["", "7", "-0", "null", "\"x\"", "{}", "[]", " { } "] {
        check(plain, plain);
    }
}

#[test]
fn a_name_is_known_however_it_is_spelled_and_however_often_it_comes() {
    check(r#"{"\u0073sn":"1"}"#, r#"{"\u0073sn":"***"}"#);
    check(r#"{"\u0073\u0073\u006E":"1"}"#, r#"{"\u0073\u0073\u006E":"***"}"#);
    check(r#"{"ssn":"1","ssn":"2"}"#, r#"{"ssn":"***","ssn":"***"}"#);
    check(r#"{"ssn":1,"\u0073sn":2}"#, r#"{"ssn":"***","\u0073sn":"***"}"#);
    check(r#"{"SSN":"1"}"#, r#"{"SSN":"1"}"#);
    let long = format!(r#"{{"by":{{"{}":{{"ssn":1}}}}}}"#, "a".repeat(5000));
    check(&long, &long.replace(r#""ssn":1"#, r#""ssn":"***""#));
}

#[test]
fn what_is_cleared_goes_out_and_both_are_said() {
    let given = br#"{"ssn":1,"key":2,"card":{"number":3}}"#;
    let (out, seen) = run(&[given], &["pii", "pci"]).unwrap();
    assert_eq!(out, r#"{"ssn":1,"key":"***","card":{"number":"***"}}"#);
    let set = |labels: &[&str]| labels.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(seen, Seen { returned: set(&["pii", "pci"]), masked: set(&["secret"]) });
    let (out, seen) = run(&[given], &["secret"]).unwrap();
    assert_eq!(out, r#"{"ssn":"***","key":2,"card":"***"}"#);
    assert_eq!(seen, Seen { returned: set(&["secret"]), masked: set(&["pii", "pci"]) });
    assert_eq!(run(&[br#"{"name":1}"#], &[]).unwrap().1, Seen::default());
}

#[test]
fn what_is_not_json_is_refused() {
    for given in [
        "{",
        "[1",
        "{\"a\":1,}",
        "[1,]",
        "{\"a\"}",
        "{a:1}",
        "{'a':1}",
        "01",
        "1.",
        "-",
        "1e",
        "+1",
        ".5",
        "nul",
        "nulll",
        "truE",
        "NaN",
        "1 2",
        "{} {}",
        "{\"a\":1}\n{\"a\":2}",
        "[1}",
        "{\"a\":1]",
        "]",
        ",",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800x\"",
        "\"\\udc00\"",
        "\"\\ud800\\n\"",
        "\"a\nb\"",
        "\"a\tb\"",
        "// x\n{}",
        "\u{feff}{}",
        "{\"ssn\": tru}",
        "{\"ssn\": [1}",
        "{\"ssn\": \"\\x\"}",
    ] {
        assert!(run(&[given.as_bytes()], &[]).is_err(), "{given}");
    }
    for bytes in [
        &b"\"\xff\""[..],
        b"\"\xc0\x80\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf5\x80\x80\x80\"",
        b"\"\xc3\"",
    ] {
        assert!(run(&[bytes], &[]).is_err(), "{bytes:?}");
    }
    assert!(run(&["[".repeat(MAX_DEPTH + 1).as_bytes()], &[]).is_err());
    let deep = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert!(run(&[deep.as_bytes()], &[]).is_ok());
}

#[test]
fn once_refused_nothing_follows() {
    let mask = mask();
    let mut masker = Masker::new(&mask, |_| false);
    let mut out = Vec::new();
    assert!(masker.feed(b"{]", &mut out).is_err());
    assert!(masker.feed(b"}", &mut out).is_err());
    assert!(masker.finish().is_err());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 5, |inner| {
        let name = prop_oneof![
            Just("ssn"),
            Just("key"),
            Just("card"),
            Just("number"),
            Just("friends"),
            Just("by"),
            Just("x\u{1f}é")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.prop_map(str::to_owned), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What masking comes to, written down once more for whole values.
fn masked(value: &Value, place: Option<usize>, mask: &Mask, cleared: &str) -> Value {
    let node = mask.node(place);
    let kept = |label: &usize| mask.labels[*label] == cleared;
    if node.is_some_and(|node| !node.labels.iter().all(kept)) {
        return json!("***");
    }
    match value {
        Value::Array(elements) => {
            let inner = node.and_then(|node| node.elements);
            elements.iter().map(|it| masked(it, inner, mask, cleared)).collect()
        }
        Value::Object(members) => {
            let inner = |name: &str| node.and_then(|node| node.member(name));
            let members = members.iter();
            Value::Object(
                members.map(|(k, v)| (k.clone(), masked(v, inner(k), mask, cleared))).collect(),
            )
        }
        value => value.clone(),
    }
}

proptest! {
    #[test]
    fn how_an_answer_is_cut_makes_no_difference(
        value in any_value(),
        cuts in prop::collection::vec(1usize..9, 0..40),
    ) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let (whole, seen) = run(&[text.as_bytes()], &["pii"]).unwrap();
        let mut rest = text.as_bytes();
        let mut pieces = Vec::new();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(run(&pieces, &["pii"]).unwrap(), (whole.clone(), seen));
        let mask = mask();
        let expected = masked(&value, mask.start(), &mask, "pii");
        prop_assert_eq!(serde_json::from_str::<Value>(&whole).unwrap(), expected);
    }

    #[test]
    fn what_is_let_through_is_json_and_what_is_json_is_let_through(
        text in r#"[\[\]{}",:0-9.eE+\-truefalsn \\u]{0,24}"#,
    ) {
        let whole = run(&[text.as_bytes()], &[]);
        let read = serde_json::from_str::<Value>(&text);
        let beyond = |error: &serde_json::Error| error.to_string().contains("out of range");
        let fine = read.as_ref().map_or_else(beyond, |_| true);
        let none = text.trim_matches(' ').is_empty();
        prop_assert_eq!(whole.is_ok(), fine || none, "{}", text);
    }
}
