//! The product's interface as data: `api/denials.json` and `api/openapi.json`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

use crate::run::root;

const DENIALS: &str = "api/denials.json";
const DOCUMENT: &str = "api/openapi.json";
const SCHEMAS: &str = "#/components/schemas/";

/// What an SDK sends and receives; what these refer to comes along.
const MODELS: &[&str] = &[
    "AccessRequest",
    "DerivedKey",
    "DerivedKeyRequest",
    "Discovery",
    "Introspection",
    "Me",
    "OauthProblem",
    "Problem",
    "Registered",
    "Registration",
    "Task",
    "TaskOpened",
    "TaskRequest",
    "Token",
];

/// One way to be refused.
pub(crate) struct Denial {
    pub(crate) code: String,
    pub(crate) status: u64,
    pub(crate) title: String,
    pub(crate) hint: Option<String>,
    pub(crate) retryable: bool,
}

/// One object of the interface.
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) about: String,
    /// The models whose fields it has as well.
    pub(crate) bases: Vec<String>,
    pub(crate) fields: Vec<Field>,
}

/// One member of an object.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) shape: Shape,
    pub(crate) is_required: bool,
    pub(crate) is_nullable: bool,
}

/// What a member holds.
pub(crate) enum Shape {
    Text,
    Integer,
    Truth,
    /// Any object.
    Object,
    List(Box<Shape>),
    Model(String),
}

/// Every denial, in the order of the code.
pub(crate) fn denials() -> Result<Vec<Denial>> {
    let value = read(DENIALS)?;
    let rows = value.as_array().with_context(|| format!("{DENIALS} is no list"))?;
    rows.iter().map(denial).collect()
}

fn denial(row: &Value) -> Result<Denial> {
    Ok(Denial {
        code: text(row, "code")?,
        status: row.get("status").and_then(Value::as_u64).context("a denial without a status")?,
        title: text(row, "title")?,
        hint: row.get("hint").and_then(Value::as_str).map(str::to_owned),
        retryable: row.get("retryable").and_then(Value::as_bool).context("is it retryable?")?,
    })
}

/// The models that SDKs use, each after those that it is built on.
pub(crate) fn models() -> Result<Vec<Model>> {
    let document = read(DOCUMENT)?;
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .with_context(|| format!("{DOCUMENT} has no schemas"))?;
    let mut found = BTreeMap::new();
    let mut wanted: Vec<String> = MODELS.iter().map(|it| (*it).to_owned()).collect();
    while let Some(name) = wanted.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let schema = schemas.get(&name).with_context(|| format!("no schema `{name}`"))?;
        let model = model(&name, schema).with_context(|| format!("schema `{name}`"))?;
        wanted.extend(model.refers_to());
        found.insert(name, model);
    }
    let mut ordered = Vec::new();
    let names: Vec<String> = found.keys().cloned().collect();
    for name in &names {
        place(name, &mut found, &mut ordered);
    }
    Ok(ordered)
}

/// Moves a model, and before it its bases, to the end of the list.
fn place(name: &str, found: &mut BTreeMap<String, Model>, ordered: &mut Vec<Model>) {
    let Some(model) = found.remove(name) else { return };
    for base in &model.bases {
        place(base, found, ordered);
    }
    ordered.push(model);
}

impl Model {
    fn refers_to(&self) -> Vec<String> {
        let fields = self.fields.iter().filter_map(|field| field.shape.refers_to());
        self.bases.iter().cloned().chain(fields).collect()
    }
}

impl Shape {
    fn refers_to(&self) -> Option<String> {
        match self {
            Self::Model(name) => Some(name.clone()),
            Self::List(of) => of.refers_to(),
            Self::Text | Self::Integer | Self::Truth | Self::Object => None,
        }
    }
}

fn model(name: &str, schema: &Value) -> Result<Model> {
    let about = text(schema, "description")?;
    let mut model = Model { name: name.to_owned(), about, bases: Vec::new(), fields: Vec::new() };
    let Some(parts) = schema.get("allOf").and_then(Value::as_array) else {
        model.fields = fields(schema)?;
        return Ok(model);
    };
    for part in parts {
        match reference(part) {
            Some(base) => model.bases.push(base),
            None => model.fields.extend(fields(part)?),
        }
    }
    Ok(model)
}

fn fields(schema: &Value) -> Result<Vec<Field>> {
    ensure!(schema.get("type").and_then(Value::as_str) == Some("object"), "is not an object");
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    properties
        .iter()
        .map(|(name, schema)| {
            let (shape, is_nullable) = shape(schema).with_context(|| format!("`{name}`"))?;
            let about =
                schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
            let is_required = required.contains(&name.as_str());
            Ok(Field { name: name.clone(), about, shape, is_required, is_nullable })
        })
        .collect()
}

/// What a member holds, and whether it may be null.
fn shape(schema: &Value) -> Result<(Shape, bool)> {
    if let Some(name) = reference(schema) {
        return Ok((Shape::Model(name), false));
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => bail!("has no type"),
    };
    let is_nullable = kinds.contains(&"null");
    let mut kinds = kinds.into_iter().filter(|kind| *kind != "null");
    let shape = match (kinds.next(), kinds.next()) {
        (Some("string"), None) => Shape::Text,
        (Some("integer"), None) => Shape::Integer,
        (Some("boolean"), None) => Shape::Truth,
        (Some("object"), None) => Shape::Object,
        (Some("array"), None) => {
            let (of, _) = shape(schema.get("items").context("a list of what?")?)?;
            Shape::List(Box::new(of))
        }
        (kind, _) => bail!("{kind:?} is not a type that SDKs know"),
    };
    Ok((shape, is_nullable))
}

fn reference(schema: &Value) -> Option<String> {
    Some(schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)?.to_owned())
}

fn text(value: &Value, member: &str) -> Result<String> {
    let text = value.get(member).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no `{member}`"))?.to_owned())
}

fn read(path: &str) -> Result<Value> {
    let text = fs::read_to_string(root().join(path));
    let text = text.with_context(|| format!("{path} cannot be read"))?;
    serde_json::from_str(&text).with_context(|| format!("{path} is not JSON"))
}
