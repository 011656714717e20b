//! Whether a value fits a schema; and if not, where and why, in few words and without the value.

use std::fmt::Write as _;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

use crate::json;
use crate::library::{self, Definitions};
use crate::pointer::join;
use crate::unread::shorten;

/// The most bytes a pattern may take when it is compiled.
const PATTERN_BYTES: usize = 1024 * 1024;
/// The most bytes of a pointer that is shown.
const POINTER_BYTES: usize = 200;
/// The most bytes of what a description says that are shown.
const SHOWN_BYTES: usize = 120;
/// How deep a value may be for a schema that leads back to itself to be asked what does not fit:
/// the answer grows with each level.
const EXPLAINED_DEPTH: usize = 6;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Fit {
    validator: Validator,
    recursive: bool,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) pointer: String,
    pub(crate) reason: String,
}

impl Fit {
    /// Compiles a schema. Patterns are matched in linear time; one that cannot be is refused.
    pub(crate) fn new(schema: &Value, definitions: &Definitions) -> Result<Self, String> {
        let patterns =
            PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(patterns)
            .offline()
            .build(&library::bundle(schema, definitions))
            .map_err(|error| format!("is not a schema: {}", error.masked()))?;
        Ok(Self { validator, recursive: library::is_recursive(schema, definitions) })
    }

    /// Whether the value fits.
    pub(crate) fn takes(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Whether the value fits, or what does not.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Misfit> {
        if self.takes(value) {
            return Ok(());
        }
        let whole = Misfit { pointer: String::new(), reason: "does not fit its schema".to_owned() };
        if self.recursive && !json::depth(value, EXPLAINED_DEPTH) {
            return Err(whole);
        }
        Err(self.validator.validate(value).map_or_else(|error| explain(&error), |()| whole))
    }
}

/// The one thing to say about a value that does not fit.
fn explain(error: &ValidationError<'_>) -> Misfit {
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind()
        && let Some(inner) = nearest(context, error.instance_path().as_str())
    {
        return explain(inner);
    }
    let at = error.instance_path().as_str();
    let member = match error.kind() {
        Kind::Required { property } => property.as_str(),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected.first().map(String::as_str)
        }
        _ => None,
    };
    let pointer = member.map_or_else(|| at.to_owned(), |member| join(at, member));
    Misfit { pointer: shorten(&pointer, POINTER_BYTES), reason: reason(error.kind()) }
}

/// The first error of the alternative that the value comes nearest to: not one of another type, nor
/// one whose fixed words are others.
fn nearest<'a>(
    context: &'a [Vec<ValidationError<'static>>],
    at: &str,
) -> Option<&'a ValidationError<'static>> {
    let distance = |errors: &&Vec<ValidationError<'static>>| {
        let other_type = errors.iter().any(|error| {
            matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == at
        });
        let other_word = errors
            .iter()
            .any(|error| matches!(error.kind(), Kind::Constant { .. } | Kind::Enum { .. }));
        (other_type, other_word, errors.len())
    };
    context.iter().filter(|errors| !errors.is_empty()).min_by_key(distance)?.first()
}

fn reason(kind: &Kind) -> String {
    let shown = |value: &Value| shorten(&value.to_string(), SHOWN_BYTES);
    match kind {
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
            "is not described".to_owned()
        }
        Kind::Required { .. } => "is missing".to_owned(),
        Kind::FalseSchema => "is not to be sent".to_owned(),
        Kind::Type { kind } => format!("is not of type {}", type_names(kind)),
        Kind::Enum { options } => format!("is none of {}", shown(options)),
        Kind::Constant { expected_value } => format!("is not {}", shown(expected_value)),
        Kind::Minimum { limit } => format!("is less than {}", shown(limit)),
        Kind::Maximum { limit } => format!("is more than {}", shown(limit)),
        Kind::ExclusiveMinimum { limit } => format!("is not more than {}", shown(limit)),
        Kind::ExclusiveMaximum { limit } => format!("is not less than {}", shown(limit)),
        Kind::MinLength { limit } => format!("is shorter than {limit} characters"),
        Kind::MaxLength { limit } => format!("is longer than {limit} characters"),
        Kind::MinItems { limit } => format!("has fewer than {limit} elements"),
        Kind::MaxItems { limit } => format!("has more than {limit} elements"),
        Kind::MinProperties { limit } => format!("has fewer than {limit} properties"),
        Kind::MaxProperties { limit } => format!("has more than {limit} properties"),
        Kind::UniqueItems => "has an element twice".to_owned(),
        Kind::Pattern { pattern } => {
            format!("does not match the pattern {}", shorten(pattern, SHOWN_BYTES))
        }
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => "fits none of the schemas".to_owned(),
        Kind::OneOfMultipleValid { .. } => "fits more than one of the schemas".to_owned(),
        other => format!("does not fit `{}`", other.keyword()),
    }
}

fn type_names(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(name) => name.to_string(),
        jsonschema::error::TypeKind::Multiple(names) => {
            names.iter().fold(String::new(), |mut all, name| {
                let between = if all.is_empty() { "" } else { " or " };
                let _ = write!(all, "{between}{name}");
                all
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: &Value, value: &Value, expected: Option<(&str, &str)>) {
        let definitions = serde_json::from_value(schema["$defs"].clone()).unwrap_or_default();
        let fit = Fit::new(schema, &definitions).unwrap();
        let found = fit.check(value).err();
        let found = found.as_ref().map(|it| (it.pointer.as_str(), it.reason.as_str()));
        assert_eq!(found, expected, "{schema} {value}");
    }

    #[test]
    fn what_does_not_fit_is_named_without_the_value() {
        let schema = json!({
            "type": "object",
            "required": ["amount"],
            "properties": {
                "amount": {"type": "integer", "minimum": 1, "maximum": 100},
                "to": {"type": "string", "maxLength": 3, "pattern": "^[a-z]+$"},
                "way": {"enum": ["sea", "air"]},
                "all": {"type": "array", "items": {"type": ["string", "null"]}, "maxItems": 2},
            },
            "additionalProperties": false,
        });
        check(&schema, &json!({"amount": 1, "to": "me", "way": "sea", "all": [null]}), None);
        for (value, pointer, reason) in [
            (json!({}), "/amount", "is missing"),
            (json!({"amount": "7"}), "/amount", "is not of type integer"),
            (json!({"amount": 0}), "/amount", "is less than 1"),
            (json!({"amount": 101}), "/amount", "is more than 100"),
            (json!({"amount": 1, "fee": 2}), "/fee", "is not described"),
            (json!({"amount": 1, "a/b": 2}), "/a~1b", "is not described"),
            (json!({"amount": 1, "to": "four"}), "/to", "is longer than 3 characters"),
            (json!({"amount": 1, "to": "X"}), "/to", "does not match the pattern ^[a-z]+$"),
            (json!({"amount": 1, "way": "x"}), "/way", r#"is none of ["sea","air"]"#),
            (json!({"amount": 1, "all": ["a", 1]}), "/all/1", "is not of type null or string"),
            (json!([]), "", "is not of type object"),
        ] {
            check(&schema, &value, Some((pointer, reason)));
        }
    }

    #[test]
    fn of_several_alternatives_the_nearest_is_explained() {
        let schema = json!({"oneOf": [
            {"properties": {"kind": {"const": "card"}, "number": {"type": "string"}},
             "required": ["kind", "number"]},
            {"properties": {"kind": {"const": "bank"}, "iban": {"type": "string"}},
             "required": ["kind", "iban"]},
            {"type": "null"},
        ]});
        check(
            &schema,
            &json!({"kind": "bank", "iban": 7}),
            Some(("/iban", "is not of type string")),
        );
        check(&schema, &json!({"kind": "card"}), Some(("/number", "is missing")));
    }

    #[test]
    fn a_schema_that_leads_back_to_itself_is_checked_in_time() {
        let node = json!({"anyOf": [
            {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}, "a": {"const": 1}},
             "required": ["n"]},
            {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}, "b": {"const": 1}},
             "required": ["n"]},
            {"const": 1},
        ]});
        let schema = json!({"$ref": "#/$defs/n", "$defs": {"n": node}});
        let nested = |depth: usize, end: i32| (0..depth).fold(json!(end), |it, _| json!({"n": it}));
        check(&schema, &nested(60, 1), None);
        check(&schema, &nested(60, 2), Some(("", "does not fit its schema")));
    }

    #[test]
    fn a_pattern_that_cannot_be_matched_in_linear_time_is_refused() {
        for pattern in ["^(?=a)b", "(a)\\1", "("] {
            let schema = json!({"type": "string", "pattern": pattern});
            assert!(Fit::new(&schema, &Definitions::new()).is_err(), "{pattern}");
        }
    }
}
