//! Policies, through the doors: shown, validated, put in force with who and why.

use serde_json::{Value, json};

use crate::world::World;

const POLICIES: &str = "/api/v1/policies";
const OTHERS: &str = "@id(\"all\") permit (principal, action, resource);";

fn numbers(list: &Value) -> Vec<(i64, bool)> {
    let versions = list["policies"].as_array().unwrap().iter();
    let read = |version: &Value| {
        (version["number"].as_i64().unwrap(), version["in_force"].as_bool().unwrap())
    };
    versions.map(read).collect()
}

#[tokio::test]
async fn the_shipped_policies_are_in_force_until_others_are() {
    let world = World::new().await;
    let listed = world.operate("GET", POLICIES, Value::Null).await.ok(200);
    assert_eq!(numbers(&listed), [(0, true)]);
    let shipped = world.operate("GET", "/api/v1/policies/0", Value::Null).await.ok(200);
    assert!(shipped["text"].as_str().unwrap().contains("@id(\"read-first\")"));
    let asked = json!({ "text": OTHERS, "because": "nobody minds" });
    let active = world.operate("POST", POLICIES, asked).await.ok(201);
    assert_eq!((&active["number"], &active["because"]), (&json!(1), &json!("nobody minds")));
    assert!(active["activated_by"].as_str().unwrap().starts_with("opr_"), "{active}");
    assert_eq!(active["digest"].as_str().unwrap().len(), 64);
    let listed = world.operate("GET", POLICIES, Value::Null).await.ok(200);
    assert_eq!(numbers(&listed), [(1, true), (0, false)]);
    let shown = world.operate("GET", "/api/v1/policies/1", Value::Null).await.ok(200);
    assert_eq!(shown["text"], OTHERS);
    // What was shipped can be put in force again, like any other text.
    let again = json!({ "text": shipped["text"], "because": "somebody does" });
    world.operate("POST", POLICIES, again).await.ok(201);
    let listed = world.operate("GET", POLICIES, Value::Null).await.ok(200);
    assert_eq!(numbers(&listed), [(2, true), (1, false), (0, false)]);
}

#[tokio::test]
async fn policies_that_do_not_hold_are_refused_with_the_place() {
    let world = World::new().await;
    let refused = async |text: &str, because: &str| {
        let asked = json!({ "text": text, "because": because });
        let problem = world.operate("POST", POLICIES, asked).await.ok(400);
        problem["detail"].as_str().unwrap().to_owned()
    };
    let misspelled = "@id(\"a\")\npermit (principal, action, resource)\nwhen { context.persn };";
    assert!(refused(misspelled, "x").await.contains("policies:3:8: "));
    assert!(refused("permit (", "x").await.contains("policies:1:"));
    assert!(refused("", "x").await.contains("there is no policy"));
    assert!(refused(OTHERS, "").await.contains("because"));
    let listed = world.operate("GET", POLICIES, Value::Null).await.ok(200);
    assert_eq!(numbers(&listed), [(0, true)], "what was in force stays so");
    for number in ["1", "-1", "x"] {
        let path = format!("{POLICIES}/{number}");
        world.operate("GET", &path, Value::Null).await.ok(404);
    }
}
