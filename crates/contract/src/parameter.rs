//! One parameter: how it is written (OpenAPI 3.1, section 4.8.12.2) and what it may be.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::fit::{Fit, Misfit};
use crate::json;
use crate::kinds::{self, Kinds};
use crate::library::{Definitions, Library};
use crate::percent;
use crate::pointer::{follow, join};
use crate::unread::Unread;

/// Headers that have their own place in a description (OpenAPI 3.1, section 4.8.12.1).
const OF_OTHERS: &[&str] = &["accept", "content-type", "authorization"];

/// Where a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

/// How values that are several, or have members, are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// In one text, between separators.
    Joined(Separator),
    /// Each on its own, under the parameter's name or its member's.
    Apart,
    /// Each member on its own: `filter[status]`.
    Deep,
    /// As JSON.
    Json,
}

/// What stands between the values of a text, and what must not be among them because another
/// reader would take it for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Separator {
    between: &'static [&'static str],
    ambiguous: &'static [&'static str],
    /// Whether members are written `name=value`.
    named: bool,
}

/// A parameter of an operation.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// Its name; of a header in lower case.
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) required: bool,
    pub(crate) style: Style,
    /// What it may be.
    pub(crate) schema: Value,
    pub(crate) may_be_empty: bool,
    kinds: Kinds,
    elements: Kinds,
    members: BTreeMap<String, Kinds>,
    fit: Fit,
}

impl Parameter {
    /// Reads a parameter; nothing when it is described elsewhere, or is a cookie.
    pub(crate) fn read(
        root: &Value,
        given: &Value,
        at: &str,
        library: &mut Library<'_>,
    ) -> Result<Option<Self>, Unread> {
        let text = |key: &str| given.get(key).and_then(Value::as_str);
        let name = text("name").ok_or_else(|| Unread::new(at, "is a parameter without a name"))?;
        let place = match text("in") {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            Some("header") => Place::Header,
            Some("cookie") => return Ok(None),
            _ => return Err(Unread::new(at, "is in none of path, query, header and cookie")),
        };
        let name = if place == Place::Header { name.to_ascii_lowercase() } else { name.to_owned() };
        if place == Place::Header && OF_OTHERS.contains(&name.as_str()) {
            return Ok(None);
        }
        let (style, schema, at) = read_style(root, given, at, place)?;
        let said = |key: &str| given.get(key) == Some(&Value::Bool(true));
        let schema = library.read(schema, &at)?;
        let definitions = library.definitions();
        let fit = Fit::new(&schema, definitions).map_err(|reason| Unread::new(&at, reason))?;
        Ok(Some(Self {
            name,
            place,
            required: said("required") || place == Place::Path,
            style,
            may_be_empty: said("allowEmptyValue"),
            kinds: Kinds::of(&schema, definitions),
            elements: element_kinds(&schema, definitions),
            members: member_kinds(&schema, definitions),
            fit,
            schema,
        }))
    }

    /// Whether the parameter may be an object, whose members are then named on their own.
    pub(crate) fn spreads(&self) -> bool {
        self.style == Style::Deep || self.style == Style::Apart && self.kinds.has("object")
    }

    /// The names its members have in a query, each with the member's.
    pub(crate) fn spread_names(&self) -> impl Iterator<Item = (&str, String)> {
        self.members.keys().map(|member| match self.style {
            Style::Deep => (member.as_str(), format!("{}[{member}]", self.name)),
            _ => (member.as_str(), member.clone()),
        })
    }

    /// Checks the values given under the parameter's name, as they came.
    pub(crate) fn check(&self, given: &[&str]) -> Result<(), Misfit> {
        if self.may_be_empty && given == [""] {
            return Ok(());
        }
        self.judge(&self.readings(given)?)
    }

    /// Checks members that were given on their own, as they came.
    pub(crate) fn check_members(&self, given: &[(&str, &str)]) -> Result<(), Misfit> {
        let mut object = Map::new();
        for (member, text) in given {
            let kinds = self.members.get(*member).copied();
            let value = first_reading(&self.decode(text)?, kinds.unwrap_or(self.elements));
            if object.insert((*member).to_owned(), value).is_some() {
                let pointer = join("", member);
                return Err(Misfit { pointer, reason: "is there more than once".to_owned() });
            }
        }
        self.judge(&[Value::Object(object)])
    }

    fn judge(&self, readings: &[Value]) -> Result<(), Misfit> {
        if readings.iter().any(|value| self.fit.takes(value)) {
            return Ok(());
        }
        self.fit.check(readings.first().unwrap_or(&Value::Null))
    }

    /// The values that the texts may stand for.
    fn readings(&self, given: &[&str]) -> Result<Vec<Value>, Misfit> {
        if self.style == Style::Json {
            let [text] = given else { return Err(misfit("is there more than once")) };
            return Ok(vec![json::read(self.decode(text)?.as_bytes()).map_err(misfit)?]);
        }
        let mut readings = Vec::new();
        if let [text] = given
            && (self.kinds.has_scalar() || !self.kinds.has("array") && !self.kinds.has("object"))
        {
            readings.extend(scalars(&self.decode(text)?, self.kinds));
        }
        if self.kinds.has("array") {
            let texts = self.elements_of(given)?;
            readings.push(texts.iter().map(|text| first_reading(text, self.elements)).collect());
            readings.push(texts.into_iter().map(Value::String).collect());
        } else if given.len() > 1 {
            return Err(misfit("is there more than once"));
        }
        if let (Style::Joined(separator), [text], true) =
            (self.style, given, self.kinds.has("object"))
        {
            readings.extend(self.object(separator, text)?);
        }
        Ok(readings)
    }

    fn elements_of(&self, given: &[&str]) -> Result<Vec<String>, Misfit> {
        match (self.style, given) {
            (Style::Joined(separator), [text]) => {
                separator.split(text)?.into_iter().map(|part| self.decode(part)).collect()
            }
            (Style::Joined(_), _) => Err(misfit("is there more than once")),
            _ => given.iter().map(|text| self.decode(text)).collect(),
        }
    }

    /// `name,value,name,value` or `name=value,name=value`; nothing when it is neither.
    fn object(&self, separator: Separator, text: &str) -> Result<Option<Value>, Misfit> {
        let parts = separator.split(text)?;
        let pairs: Option<Vec<(&str, &str)>> = if separator.named {
            parts.iter().map(|part| part.split_once('=')).collect()
        } else {
            parts
                .chunks(2)
                .map(|pair| if let [name, value] = pair { Some((*name, *value)) } else { None })
                .collect()
        };
        let Some(pairs) = pairs else { return Ok(None) };
        let mut object = Map::new();
        for (name, value) in pairs {
            let name = self.decode(name)?;
            let kinds = self.members.get(&name).copied().unwrap_or(self.elements);
            if object.insert(name, first_reading(&self.decode(value)?, kinds)).is_some() {
                return Err(misfit("names a member more than once"));
            }
        }
        Ok(Some(Value::Object(object)))
    }

    fn decode(&self, text: &str) -> Result<String, Misfit> {
        let decoded = match self.place {
            Place::Path => percent::decode(text).filter(|it| !it.contains(['/', '\\'])),
            Place::Query => percent::decode_form(text),
            Place::Header => Some(text.trim_matches([' ', '\t']).to_owned()),
        };
        decoded.ok_or_else(|| misfit("has an encoding that cannot be read"))
    }
}

impl Separator {
    const fn new(between: &'static [&'static str], ambiguous: &'static [&'static str]) -> Self {
        Self { between, ambiguous, named: false }
    }

    fn split(self, text: &str) -> Result<Vec<&str>, Misfit> {
        if self.ambiguous.iter().any(|it| text.contains(it)) {
            return Err(misfit("has its separator encoded in a value"));
        }
        Ok(self.between.iter().fold(vec![text], |parts, between| {
            parts.into_iter().flat_map(|part| part.split(between)).collect()
        }))
    }
}

fn read_style<'a>(
    root: &'a Value,
    given: &'a Value,
    at: &str,
    place: Place,
) -> Result<(Style, &'a Value, String), Unread> {
    if let Some(content) = given.get("content").and_then(Value::as_object) {
        let (kind, media) =
            content.iter().next().ok_or_else(|| Unread::new(at, "has no content"))?;
        let at = join(&join(at, "content"), kind);
        if kind != "application/json" {
            return Err(Unread::new(&at, "is a parameter that is not JSON"));
        }
        let (media, at) = follow(root, media, &at)?;
        return Ok((Style::Json, media.get("schema").unwrap_or(&ANYTHING), join(&at, "schema")));
    }
    let named = given.get("style").and_then(Value::as_str);
    let style = named.unwrap_or(if place == Place::Query { "form" } else { "simple" });
    let apart = given.get("explode").and_then(Value::as_bool).unwrap_or(style == "form");
    let encoded_comma: &[&str] = if place == Place::Header { &[] } else { &["%2C", "%2c"] };
    let style = match (place, style) {
        (Place::Query, "deepObject") => Style::Deep,
        (Place::Query, "form" | "spaceDelimited" | "pipeDelimited") if apart => Style::Apart,
        (Place::Query, "form") => Style::Joined(Separator::new(&[","], encoded_comma)),
        (Place::Query, "spaceDelimited") => Style::Joined(Separator::new(&["%20", "+"], &[])),
        (Place::Query, "pipeDelimited") => Style::Joined(Separator::new(&["|", "%7C", "%7c"], &[])),
        (Place::Path | Place::Header, "simple") => {
            Style::Joined(Separator { named: apart, ..Separator::new(&[","], encoded_comma) })
        }
        _ => return Err(Unread::new(at, format!("has the style `{style}`, which is not read"))),
    };
    Ok((style, given.get("schema").unwrap_or(&ANYTHING), join(at, "schema")))
}

/// The schema of what has none.
static ANYTHING: Value = Value::Bool(true);

fn element_kinds(schema: &Value, definitions: &Definitions) -> Kinds {
    let items = kinds::inside(schema, definitions, &|schema| schema.get("items"));
    Kinds::of(items.unwrap_or(&ANYTHING), definitions)
}

fn member_kinds(schema: &Value, definitions: &Definitions) -> BTreeMap<String, Kinds> {
    let properties = kinds::inside(schema, definitions, &|schema| schema.get("properties"));
    let named = properties.and_then(Value::as_object).into_iter().flatten();
    named.map(|(name, schema)| (name.clone(), Kinds::of(schema, definitions))).collect()
}

/// What a text may stand for, the narrowest first.
fn scalars(text: &str, kinds: Kinds) -> Vec<Value> {
    let mut readings = Vec::new();
    if (kinds.has("integer") || kinds.has("number"))
        && let Ok(number) = text.parse::<Number>()
    {
        readings.push(Value::Number(number));
    }
    if kinds.has("boolean")
        && let Ok(said) = text.parse::<bool>()
    {
        readings.push(Value::Bool(said));
    }
    if kinds.has("null") && text.is_empty() {
        readings.push(Value::Null);
    }
    readings.push(Value::String(text.to_owned()));
    readings
}

fn first_reading(text: &str, kinds: Kinds) -> Value {
    scalars(text, kinds).into_iter().next().unwrap_or_default()
}

fn misfit(reason: &str) -> Misfit {
    Misfit { pointer: String::new(), reason: reason.to_owned() }
}
