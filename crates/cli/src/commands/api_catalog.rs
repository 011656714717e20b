//! `bailiwick api import --mcp`: what a server of MCP offers, as a catalog.

use std::collections::BTreeMap;
use std::path::Path;

use bailiwick_contract::catalog::List;
use serde_json::{Map, Value};

use crate::ambient;
use crate::failure::Failure;
use crate::mcp::Server;

/// Where a definition says what it is to the gateway.
const META: &str = "_meta";
const OF_GATEWAY: &str = "bailiwick";

/// Asks a running server for all that it offers. What it says to the gateway itself is left out: it
/// is for whoever reads the catalog to say who may call what.
pub(crate) async fn ask(url: &str) -> Result<Value, Failure> {
    let token = ambient::variable("BAILIWICK_MCP_TOKEN");
    let (mut server, greeting) = Server::meet(url, token).await?;
    let mut catalog = Map::new();
    catalog.insert("mcp".to_owned(), greeting.revision.into());
    catalog.insert("server".to_owned(), greeting.server.clone());
    if let Some(instructions) = &greeting.instructions {
        catalog.insert("instructions".to_owned(), instructions.as_str().into());
    }
    for list in List::ALL {
        let mut entries = if greeting.has(list) { server.list(list).await? } else { Vec::new() };
        for entry in &mut entries {
            set_extension(entry, None);
        }
        catalog.insert(list.member().to_owned(), Value::Array(entries));
    }
    server.leave().await;
    Ok(Value::Object(catalog))
}

/// Writes a catalog. What an earlier one in the same place says to the gateway is kept; anything
/// else that is there is not overwritten.
pub(crate) fn write(catalog: &mut Value, path: &Path) -> Result<(), Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    match std::fs::read(path) {
        Ok(earlier) => {
            let earlier: Value = serde_json::from_slice(&earlier).unwrap_or_default();
            if earlier.get("mcp").is_none() {
                let reason = "is there, and is no catalog; it is not overwritten";
                return Err(Failure::refused(format!("{} {reason}", path.display())));
            }
            keep_extensions(&earlier, catalog);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(&error)),
    }
    let text = serde_json::to_string_pretty(catalog).map_err(|error| failed(&error))?;
    std::fs::write(path, text + "\n").map_err(|error| failed(&error))
}

fn keep_extensions(earlier: &Value, catalog: &mut Value) {
    for list in List::ALL {
        let name = |entry: &Value| Some(entry.get(list.identifier())?.as_str()?.to_owned());
        let listed = earlier.get(list.member()).and_then(Value::as_array).into_iter().flatten();
        let known: BTreeMap<String, &Value> = listed
            .filter_map(|entry| Some((name(entry)?, entry.get(META)?.get(OF_GATEWAY)?)))
            .collect();
        let entries = catalog.get_mut(list.member()).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            let extension = name(entry).and_then(|name| known.get(&name).copied());
            set_extension(entry, extension);
        }
    }
}

/// Says in a definition what it is to the gateway, or nothing of it.
fn set_extension(entry: &mut Value, extension: Option<&Value>) {
    let Some(members) = entry.as_object_mut() else { return };
    if let Some(extension) = extension {
        let meta = members.entry(META).or_insert_with(|| Value::Object(Map::new()));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert(OF_GATEWAY.to_owned(), extension.clone());
        }
        return;
    }
    let Some(meta) = members.get_mut(META).and_then(Value::as_object_mut) else { return };
    if meta.remove(OF_GATEWAY).is_some() && meta.is_empty() {
        members.remove(META);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn catalog(entry: &Value) -> Value {
        json!({"mcp": "2025-11-25", "tools": [entry]})
    }

    fn check(earlier: &Value, listed: &Value, expected: &Value) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.json");
        std::fs::write(&file, catalog(earlier).to_string()).unwrap();
        let mut listed = listed.clone();
        set_extension(&mut listed, None);
        let mut made = catalog(&listed);
        write(&mut made, &file).unwrap();
        assert_eq!(made, catalog(expected));
        let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(written, made);
    }

    #[test]
    fn it_is_the_operator_who_says_what_a_tool_is_to_the_gateway() {
        let says = |scope: &str| json!({"bailiwick": {"scopes": [scope]}});
        check(
            &json!({"name": "a", "_meta": says("a:use")}),
            &json!({"name": "a", "title": "A", "_meta": says("free:all")}),
            &json!({"name": "a", "title": "A", "_meta": says("a:use")}),
        );
        check(
            &json!({"name": "b", "_meta": says("b:use")}),
            &json!({"name": "a", "_meta": says("free:all")}),
            &json!({"name": "a"}),
        );
        check(
            &json!({"name": "a"}),
            &json!({"name": "a", "_meta": {"bailiwick": 7, "x": 1}}),
            &json!({"name": "a", "_meta": {"x": 1}}),
        );
    }

    #[test]
    fn what_is_no_catalog_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        for text in ["", "[]", "{}", "key: value"] {
            let file = directory.path().join("a.json");
            std::fs::write(&file, text).unwrap();
            assert!(write(&mut catalog(&json!({})), &file).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        assert!(write(&mut catalog(&json!({})), &directory.path().join("no/a.json")).is_err());
    }
}
