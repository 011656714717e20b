//! The fields of a request that policies look at: parameters of its path and query, and members of
//! its JSON body. A field that could be read in two ways is unfit, and so refused.
//!
//! Of a message of MCP the body is what is called with it: the arguments that the schema of a tool
//! describes, so that a policy about `body/amount` holds for a tool as for any operation, and does
//! not pass by one that was called through another protocol. The path is a resource's URI. Of a
//! message of A2A it is the parameters, which both bindings have: `body/message/…`.

use std::borrow::Cow;
use std::time::Duration;

use bailiwick_contract::percent;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::mcp::RESOURCES_READ;
use bailiwick_domain::uri_template::UriTemplate;
use bailiwick_policy::fields::{Field, Found, Place};
use bailiwick_policy::slice::Slice;
use bailiwick_proof::json;
use serde_json::{Map, Value};

use super::Asked;
use crate::check::operation::Wanted;

/// What the request has at each field of the slice, in its order. Reads the body only where one of
/// them is in it.
pub(crate) async fn find(
    slice: &Slice,
    wanted: &Wanted,
    asked: &Asked,
    patience: Duration,
) -> Result<Vec<Found<'static>>, Denial> {
    if slice.fields().next().is_none() {
        return Ok(Vec::new());
    }
    if wanted.heard().is_some() {
        return Ok(slice.fields().map(|field| called(field, wanted)).collect());
    }
    let reads_body = slice.fields().any(|field| field.place() == Place::Body);
    let body = if reads_body && !asked.payload.is_empty() {
        Some(json::object(&asked.payload.hold(patience).await?))
    } else {
        None
    };
    let path = wanted.api().strip(asked.target.path()).unwrap_or_default();
    let template = &wanted.operation().template;
    let read = |field: &Field| match field.place() {
        Place::Path => parameter(template, path, field.within()),
        Place::Query => query(asked.target.query().unwrap_or_default(), field.within()),
        Place::Body => match &body {
            None => Found::Absent,
            // Whoever reads it behind the gateway may find in it what was not found here.
            Some(None) => Found::Unfit,
            Some(Some(members)) => member(members, field.within()),
        },
    };
    Ok(slice.fields().map(read).collect())
}

/// What a message has at a field: nothing, where it calls nothing.
fn called(field: &Field, wanted: &Wanted) -> Found<'static> {
    let Some(content) = wanted.content() else { return Found::Absent };
    let operation = wanted.operation();
    match field.place() {
        Place::Path if operation.method == RESOURCES_READ => {
            variable(&operation.template, &content.name, field.within())
        }
        Place::Path | Place::Query => Found::Absent,
        Place::Body => match &content.arguments {
            Value::Object(members) => member(members, field.within()),
            // Of an API whose contract is only observed.
            _ => Found::Unfit,
        },
    }
}

/// A variable of the template that a resource was found by.
fn variable(template: &str, uri: &str, name: &str) -> Found<'static> {
    let Ok(template) = UriTemplate::parse(template) else { return Found::Absent };
    let variables = template.variables(uri).into_iter();
    let mut found = variables.filter_map(|(known, value)| (known == name).then_some(value));
    match (found.next(), found.next()) {
        (None, _) => Found::Absent,
        (Some(value), None) => text(value),
        (Some(_), Some(_)) => Found::Unfit,
    }
}

fn parameter(template: &str, path: &str, name: &str) -> Found<'static> {
    let is_named = |segment: &str| {
        segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) == Some(name)
    };
    let segments = template.split('/').zip(path.split('/'));
    let mut found = segments.filter(|(of_template, _)| is_named(of_template));
    match (found.next(), found.next()) {
        (None, _) => Found::Absent,
        (Some((_, segment)), None) => text(segment),
        (Some(_), Some(_)) => Found::Unfit,
    }
}

/// As forms are read (WHATWG URL, section 5.1): `+` is a space.
fn query(query: &str, name: &str) -> Found<'static> {
    let mut found = Found::Absent;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (known, value) = pair.split_once('=').unwrap_or((pair, ""));
        if percent::decode_form(known).as_deref() != Some(name) {
            continue;
        }
        if found != Found::Absent {
            return Found::Unfit;
        }
        found = percent::decode_form(value).map_or(Found::Unfit, |value| Found::Text(value.into()));
    }
    found
}

/// The value at a JSON pointer (RFC 6901).
fn member(members: &Map<String, Value>, pointer: &str) -> Found<'static> {
    let unescaped = |token: &str| token.replace("~1", "/").replace("~0", "~");
    let mut tokens = pointer.split('/').skip(1).map(unescaped);
    let Some(mut value) = tokens.next().and_then(|first| members.get(&first)) else {
        return Found::Absent;
    };
    for token in tokens {
        let next = match value {
            Value::Object(members) => members.get(&token),
            Value::Array(items) => token.parse().ok().and_then(|place: usize| items.get(place)),
            // There is something else where an object was expected.
            _ => return Found::Unfit,
        };
        let Some(next) = next else { return Found::Absent };
        value = next;
    }
    match value {
        Value::String(text) => Found::Text(Cow::Owned(text.clone())),
        Value::Bool(truth) => Found::Text(if *truth { "true" } else { "false" }.into()),
        Value::Number(number) => number.as_i64().map_or(Found::Unfit, Found::Number),
        Value::Null | Value::Array(_) | Value::Object(_) => Found::Unfit,
    }
}

fn text(encoded: &str) -> Found<'static> {
    percent::decode(encoded).map_or(Found::Unfit, |text| Found::Text(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &'static str) -> Found<'static> {
        Found::Text(text.into())
    }

    #[test]
    fn parameters_are_found_by_the_names_of_the_template() {
        let check = |name, expected| {
            let found = parameter("/t/{id}/notes/{note}", "/t/a%20b/notes/7", name);
            assert_eq!(found, expected, "{name}");
        };
        check("id", text("a b"));
        check("note", text("7"));
        check("t", Found::Absent);
        check("{id}", Found::Absent);
        assert_eq!(parameter("/{id}/{id}", "/1/2", "id"), Found::Unfit);
        assert_eq!(parameter("/{id}", "/%FF", "id"), Found::Unfit);
    }

    #[test]
    fn variables_are_found_by_the_names_of_the_template() {
        let check = |template, name, expected| {
            assert_eq!(variable(template, "x://a%20b/7", name), expected, "{template} {name}");
        };
        check("x://{by}/{id}", "by", text("a b"));
        check("x://{by}/{id}", "id", text("7"));
        check("x://{by}/{id}", "x", Found::Absent);
        check("x://{id}/{id}", "id", Found::Unfit);
        check("x://a%20b/7", "id", Found::Absent);
    }

    #[test]
    fn a_query_that_says_something_twice_says_nothing() {
        let check = |given, expected| assert_eq!(query(given, "a b"), expected, "{given}");
        check("", Found::Absent);
        check("a=1&b=2", Found::Absent);
        check("a+b=1+2", text("1 2"));
        check("x&a%20b=%31", text("1"));
        check("a+b", text(""));
        check("a+b=1&a%20b=2", Found::Unfit);
        check("a+b=%FF", Found::Unfit);
        check("a+b=%+f", Found::Unfit);
    }

    #[test]
    fn a_member_is_a_text_a_truth_or_a_whole_number() {
        let body = br#"{"a":{"b/c":"x","n":7,"f":7.5,"t":true,"l":[{"z":"y"}],"o":null}}"#;
        let body = json::object(body).unwrap();
        let check = |pointer, expected| assert_eq!(member(&body, pointer), expected, "{pointer}");
        check("/a/b~1c", text("x"));
        check("/a/n", Found::Number(7));
        check("/a/t", text("true"));
        check("/a/l/0/z", text("y"));
        check("/a/l/1/z", Found::Absent);
        check("/a/x", Found::Absent);
        check("/x/y", Found::Absent);
        for unfit in ["/a/f", "/a/l", "/a/o", "/a", "/a/n/x"] {
            check(unfit, Found::Unfit);
        }
    }
}
