//! URI templates with plain variables (level 1 of RFC 6570, section 1.2), matched and not expanded.
//!
//! A variable stands for one or more unreserved characters and percent-encodings (RFC 6570, section
//! 3.2.2), and so never reaches over a `/`, `?` or `#`. Nothing is decoded before it is matched; an
//! encoded separator, or a segment that decodes to `.` or `..`, is what servers and gateways read
//! differently, and matches no variable.

/// The longest template and URI, in bytes.
pub const MAX_BYTES: usize = 2_048;
/// The most variables of one template.
const MAX_VARIABLES: usize = 16;
/// What a variable never stands for, with any case of its digits: `/` and `\`, encoded.
const SEPARATORS: [&[u8]; 2] = [b"%2f", b"%5c"];

/// A template with at least one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriTemplate {
    text: Box<str>,
    /// What is between the variables: one more than there are variables.
    literals: Vec<Box<str>>,
}

/// Why a text is not a template that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotATemplate {
    /// An expression with an operator or a modifier, such as `{+path}` or `{list*}`.
    #[error("has an expression that is more than the name of a variable")]
    Expression,
    /// Two variables without anything between them.
    #[error("has variables that cannot be told apart")]
    Adjacent,
    /// No scheme, characters that no URI has, no variable, or too much of something.
    #[error("is not the template of a URI")]
    Malformed,
}

impl UriTemplate {
    /// Reads a template, at most [`MAX_BYTES`] long.
    pub fn parse(text: &str) -> Result<Self, NotATemplate> {
        let mut literals: Vec<Box<str>> = Vec::new();
        let mut rest = text;
        while let Some((literal, expression)) = rest.split_once('{') {
            let (name, tail) = expression.split_once('}').ok_or(NotATemplate::Malformed)?;
            if !is_variable(name) {
                return Err(NotATemplate::Expression);
            }
            if literal.is_empty() && !literals.is_empty() {
                return Err(NotATemplate::Adjacent);
            }
            literals.push(literal.into());
            rest = tail;
        }
        literals.push(rest.into());
        let begins = literals.first().is_some_and(|first| has_scheme(first));
        let plain = literals.iter().all(|literal| is_of_uri(literal));
        let fits = text.len() <= MAX_BYTES && (2..=MAX_VARIABLES + 1).contains(&literals.len());
        if begins && plain && fits {
            Ok(Self { text: text.into(), literals })
        } else {
            Err(NotATemplate::Malformed)
        }
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the URI is one of the template's.
    pub fn matches(&self, uri: &str) -> bool {
        uri.len() <= MAX_BYTES && self.spans(uri).unwrap_or(false) && !has_dots(uri)
    }

    /// What its variables stand for in a URI that it [matches](Self::matches), each by its name, as
    /// it was sent: nothing is decoded.
    pub fn variables<'a>(&'a self, uri: &'a str) -> Vec<(&'a str, &'a str)> {
        let names = self.text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        names.zip(self.values(uri).unwrap_or_default()).collect()
    }

    fn spans(&self, uri: &str) -> Option<bool> {
        Some(self.values(uri)?.into_iter().all(is_value))
    }

    /// A variable ends where the literal after it is found first: when that literal has only
    /// characters that variables have, the next variable takes what this one leaves; and when it
    /// has others, it cannot be found within a variable.
    fn values<'a>(&self, uri: &'a str) -> Option<Vec<&'a str>> {
        let (first, others) = self.literals.split_first()?;
        let (last, between) = others.split_last()?;
        let mut rest = uri.strip_prefix(&**first)?;
        let mut values = Vec::with_capacity(others.len());
        for literal in between {
            let at = rest.get(1..)?.find(&**literal)?.checked_add(1)?;
            let (value, tail) = rest.split_at_checked(at)?;
            values.push(value);
            rest = tail.strip_prefix(&**literal)?;
        }
        values.push(rest.strip_suffix(&**last)?);
        Some(values)
    }

    /// Whether some URI may be of both templates; said too where it cannot be ruled out by one
    /// segment alone.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.text.split('/'), other.text.split('/'));
        ours.clone().count() == theirs.clone().count()
            && ours.zip(theirs).all(|(one, two)| may_meet(one, two))
    }
}

/// Whether a text is a URI as a resource has one: a scheme, then visible ASCII that RFC 3986 has,
/// at most [`MAX_BYTES`].
pub fn is_uri(text: &str) -> bool {
    text.len() <= MAX_BYTES && has_scheme(text) && is_of_uri(text)
}

fn has_scheme(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(plain)
    })
}

/// The name of a variable (RFC 6570, section 2.3).
fn is_variable(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    !name.is_empty() && name.bytes().all(plain)
}

fn is_of_uri(text: &str) -> bool {
    is_encoded(text, |byte| is_unreserved(byte) || b":/?#[]@!$&'()*+,;=".contains(&byte))
}

/// What a variable stands for.
fn is_value(text: &str) -> bool {
    let holds = |separator: &[u8]| {
        text.as_bytes().windows(3).any(|window| window.eq_ignore_ascii_case(separator))
    };
    !text.is_empty() && is_encoded(text, is_unreserved) && !SEPARATORS.into_iter().any(holds)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Whether all is such characters and whole percent-encodings.
fn is_encoded(text: &str, plain: impl Fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    let digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
    while let Some(byte) = bytes.next() {
        let whole =
            if byte == b'%' { digit(bytes.next()) && digit(bytes.next()) } else { plain(byte) };
        if !whole {
            return false;
        }
    }
    true
}

/// Whether a segment is `.` or `..`, encoded or not.
fn has_dots(uri: &str) -> bool {
    uri.split(['/', '?', '#']).any(|segment| {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(&*dots, "." | "..")
    })
}

/// Whether one text may be of both segments.
fn may_meet(one: &str, two: &str) -> bool {
    match (ends(one), ends(two)) {
        (None, None) => one == two,
        (None, Some(ends)) => fits(one, ends),
        (Some(ends), None) => fits(two, ends),
        (Some((head, tail)), Some((other_head, other_tail))) => {
            (head.starts_with(other_head) || other_head.starts_with(head))
                && (tail.ends_with(other_tail) || other_tail.ends_with(tail))
        }
    }
}

/// What a segment begins and ends with, around its variables; nothing when it has none.
fn ends(segment: &str) -> Option<(&str, &str)> {
    let (head, rest) = segment.split_once('{')?;
    rest.rsplit_once('}').map(|(_, tail)| (head, tail))
}

fn fits(literal: &str, (head, tail): (&str, &str)) -> bool {
    literal.len() > head.len() + tail.len() && literal.starts_with(head) && literal.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(template: &str, uri: &str, expected: bool) {
        assert_eq!(
            UriTemplate::parse(template).unwrap().matches(uri),
            expected,
            "{template} {uri}"
        );
    }

    #[test]
    fn a_variable_stands_for_a_part_of_one_segment() {
        for (template, uri, expected) in [
            ("x://a/{id}", "x://a/7", true),
            ("x://a/{id}", "x://a/%20b-c.d_~", true),
            ("x://a/{id}", "x://a/", false),
            ("x://a/{id}", "x://a/7/8", false),
            ("x://a/{id}", "x://a/7?q=1", false),
            ("x://a/{id}", "x://a/7#f", false),
            ("x://a/{id}", "x://a/a:b", false),
            ("x://a/{id}", "X://a/7", false),
            ("x://a/{id}", "x://a/%zz", false),
            ("x://a/{id}", "x://a/é", false),
            ("x://{a}/{b}.json", "x://q/r.json", true),
            ("x://{a}/{b}.json", "x://q/.json", false),
            ("x://{a}/{b}.json", "x://q/r.json.json", true),
            ("x://{a}-{b}/{c}", "x://1-2-3/4", true),
            ("x://{a}-{b}/{c}", "x://1-/4", false),
            ("x://a?q={q}&r={r}", "x://a?q=1&r=2", true),
            ("x://a?q={q}&r={r}", "x://a?q=1&r=2&s=3", false),
        ] {
            check(template, uri, expected);
        }
    }

    #[test]
    fn variables_have_their_names_and_what_they_stand_for() {
        let template = UriTemplate::parse("x://{a}/{b}-{c}.json").unwrap();
        let expected = [("a", "q"), ("b", "1"), ("c", "2-%33")];
        assert_eq!(template.variables("x://q/1-2-%33.json"), expected);
        assert_eq!(template.variables("x://q/1"), []);
    }

    #[test]
    fn what_others_may_decode_into_another_path_matches_nothing() {
        let name = "x://docs/{name}";
        for value in [
            "..%2fetc", "..%2Fetc", "a%5Cb", "a%5cb", "..", ".", "%2e%2E", "%2e", ".%2E", "%",
            "%2", "%2%2F",
        ] {
            check(name, &format!("x://docs/{value}"), false);
        }
        check("x://docs/{a}/{b}", "x://docs/../b", false);
        check("x://docs/{a}.{b}", "x://docs/...", true);
        check(name, &format!("x://docs/{}", "a".repeat(MAX_BYTES)), false);
    }

    #[test]
    fn what_is_more_than_plain_variables_is_refused() {
        for (text, expected) in [
            ("x://{+path}", NotATemplate::Expression),
            ("x://a{?q,r}", NotATemplate::Expression),
            ("x://a/{list*}", NotATemplate::Expression),
            ("x://a/{}", NotATemplate::Expression),
            ("x://a/{a,b}", NotATemplate::Expression),
            ("x://{a}{b}", NotATemplate::Adjacent),
            ("x://a", NotATemplate::Malformed),
            ("{scheme}://a", NotATemplate::Malformed),
            ("/a/{b}", NotATemplate::Malformed),
            ("x://a/{b", NotATemplate::Malformed),
            ("x://a/b}/{c}", NotATemplate::Malformed),
            ("x://a b/{c}", NotATemplate::Malformed),
            ("x://a%2/{c}", NotATemplate::Malformed),
        ] {
            assert_eq!(UriTemplate::parse(text), Err(expected), "{text}");
        }
        let many = format!("x:{}", "/{a}".repeat(MAX_VARIABLES + 1));
        assert_eq!(UriTemplate::parse(&many), Err(NotATemplate::Malformed));
        let long = format!("x://{}{{a}}", "a".repeat(MAX_BYTES));
        assert_eq!(UriTemplate::parse(&long), Err(NotATemplate::Malformed));
    }

    #[test]
    fn templates_that_share_a_uri_overlap() {
        for (one, other, expected) in [
            ("x://a/{id}", "x://a/{name}", true),
            ("x://a/{id}", "x://{b}/7", true),
            ("x://a/{id}", "x://a/{id}/b", false),
            ("x://a/{id}", "x://b/{id}", false),
            ("x://a/{id}.json", "x://a/{id}.xml", false),
            ("x://a/t-{id}", "x://a/u-{id}", false),
            ("x://a/t-{id}", "x://a/{name}", true),
            ("x://a/{id}/b", "x://a/{id}/{c}", true),
            ("x://a/b/{id}", "x://a/{b}b/c", false),
        ] {
            let read = |text: &str| UriTemplate::parse(text).unwrap();
            assert_eq!(read(one).overlaps(&read(other)), expected, "{one} {other}");
            assert_eq!(read(other).overlaps(&read(one)), expected, "{other} {one}");
        }
    }

    #[test]
    fn a_uri_has_a_scheme_and_no_odd_characters() {
        for uri in ["file:///a", "urn:x", "x+y://[::1]:1/?a=b#c", "x://a/%20"] {
            assert!(is_uri(uri), "{uri}");
        }
        for text in ["", "a", "/a", "1x://a", "x://a b", "x://{a}", "x://a\n", "x://é", "x://%"] {
            assert!(!is_uri(text), "{text}");
        }
    }

    /// The templates and URIs of a small world, in which many of them meet.
    fn template() -> impl Strategy<Value = UriTemplate> {
        let part = prop::sample::select(vec!["a", "b", "/", "-", ".", "{x}", "{y}", "%2f"]);
        prop::collection::vec(part, 1..8).prop_filter_map("no template", |parts| {
            UriTemplate::parse(&format!("x:/{}", parts.concat())).ok()
        })
    }

    fn uri() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec!["a", "b", "/", "-", ".", "%2F", "%2e", "%5c", "?"]);
        prop::collection::vec(part, 0..8).prop_map(|parts| format!("x:/{}", parts.concat()))
    }

    proptest! {
        #[test]
        fn no_uri_is_of_two_templates_that_do_not_overlap(
            one in template(), other in template(), uri in uri(),
        ) {
            prop_assert!(!(one.matches(&uri) && other.matches(&uri)) || one.overlaps(&other));
            prop_assert!(one.overlaps(&one));
        }

        #[test]
        fn decoding_never_adds_a_segment_to_what_is_matched(template in template(), uri in uri()) {
            let separators = |text: &str| {
                let text = text.to_ascii_lowercase();
                text.matches("%2f").count() + text.matches("%5c").count()
            };
            let matched = template.matches(&uri);
            prop_assert!(!matched || separators(&uri) == separators(template.as_str()), "{uri}");
        }
    }
}
