//! Fields of a request that policies read: of its path, its query, and its JSON body.

use std::borrow::Cow;
use std::fmt;

/// The most bytes a field's name may have.
pub const MAX_NAME_BYTES: usize = 256;
/// The most bytes of a field's text that policies are shown; a longer one is [`Found::Unfit`].
pub const MAX_TEXT_BYTES: usize = 4 * 1024;

/// Where a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A parameter of the path template.
    Path,
    /// A parameter of the query.
    Query,
    /// A member of the JSON body.
    Body,
}

/// A field that a policy reads, and as what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field {
    place: Place,
    name: Box<str>,
    as_number: bool,
}

/// What a request has at a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Found<'a> {
    /// Nothing.
    #[default]
    Absent,
    /// A text; `true` and `false` are texts too.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(i64),
    /// Something that is neither, or more than one.
    Unfit,
}

/// A name that is none: `path/…`, `query/…` or `body/…` is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a field: write \"path/NAME\", \"query/NAME\" or \"body/JSON/POINTER\"")]
pub struct NotAField(String);

impl Field {
    /// The field that policies call so.
    pub fn named(name: &str, as_number: bool) -> Result<Self, NotAField> {
        let refused = || NotAField(name.chars().take(80).collect());
        let (place, rest) = name.split_once('/').ok_or_else(refused)?;
        let place = match place {
            "path" => Place::Path,
            "query" => Place::Query,
            "body" => Place::Body,
            _ => return Err(refused()),
        };
        if rest.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(refused());
        }
        Ok(Self { place, name: name.into(), as_number })
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether it is read as a whole number, and not as a text.
    pub fn is_number(&self) -> bool {
        self.as_number
    }

    /// The name as policies write it, `body/customer/country`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name within its place: a parameter's, or a JSON pointer with its leading slash
    /// (RFC 6901).
    pub fn within(&self) -> &str {
        let skipped = match self.place {
            Place::Path => "path/".len(),
            Place::Query => "query/".len(),
            Place::Body => "body".len(),
        };
        self.name.get(skipped..).unwrap_or_default()
    }

    /// What is found, as what this field is read as; nothing is shown of what is unfit for that.
    pub(crate) fn fit<'a>(&self, found: &'a Found<'_>) -> Fit<'a> {
        match (found, self.as_number) {
            (Found::Absent, _) => Fit::Absent,
            (Found::Text(text), false) if text.len() <= MAX_TEXT_BYTES => Fit::Text(text),
            (Found::Number(number), true) => Fit::Number(*number),
            // A path and a query have nothing but texts.
            (Found::Text(text), true) if self.place != Place::Body => {
                text.parse().map_or(Fit::Unfit, Fit::Number)
            }
            _ => Fit::Unfit,
        }
    }
}

/// What is found, as a policy reads it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fit<'a> {
    Absent,
    Text(&'a str),
    Number(i64),
    Unfit,
}

/// As policies write it: `context.number.getTag("body/amount")`.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entity = if self.as_number { "number" } else { "text" };
        write!(f, "context.{entity}.getTag(\"{}\")", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, within: Option<&str>) {
        let field = Field::named(name, false);
        assert_eq!(field.as_ref().ok().map(Field::within), within, "{name}");
    }

    #[test]
    fn a_field_says_where_it_is() {
        check("path/id", Some("id"));
        check("query/a/b", Some("a/b"));
        check("body/customer/country", Some("/customer/country"));
        for name in ["", "body", "body/", "id", "header/x", "Path/id", "/body/x"] {
            check(name, None);
        }
        check(&format!("body/{}", "x".repeat(MAX_NAME_BYTES)), None);
    }

    fn fits(name: &str, as_number: bool, found: &Found<'_>, expected: &Fit<'_>) {
        let field = Field::named(name, as_number).unwrap();
        assert_eq!(&field.fit(found), expected, "{name} {found:?}");
    }

    #[test]
    fn a_field_is_shown_only_as_what_it_is_read_as() {
        let text = |text: &'static str| Found::Text(text.into());
        fits("body/a", false, &text("x"), &Fit::Text("x"));
        fits("body/a", true, &Found::Number(-7), &Fit::Number(-7));
        fits("body/a", true, &text("7"), &Fit::Unfit);
        fits("body/a", false, &Found::Number(7), &Fit::Unfit);
        fits("query/a", true, &text("7"), &Fit::Number(7));
        fits("query/a", true, &text("7.5"), &Fit::Unfit);
        fits("path/a", false, &text("7"), &Fit::Text("7"));
        fits("path/a", true, &Found::Absent, &Fit::Absent);
        fits("body/a", true, &Found::Unfit, &Fit::Unfit);
        let long = Found::Text("x".repeat(MAX_TEXT_BYTES + 1).into());
        fits("body/a", false, &long, &Fit::Unfit);
    }
}
