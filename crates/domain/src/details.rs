//! What exactly may be done, beside scopes (RFC 9396): operations of APIs, named one by one.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::mcp::METHODS;

/// The most details that one authority may carry.
pub const MOST_DETAILS: usize = 64;
/// The longest text of a detail's parts, together.
const LONGEST: usize = 1_024;

/// One operation of one API, on any resource that it takes or on one of them only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Detail {
    resource: String,
    method: String,
    template: String,
    path: Option<String>,
}

/// Why a text is not a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDetails {
    /// A part is empty, too long, or holds what no target holds.
    #[error("a detail names an API's resource, a method, a path template and at most one path")]
    Unreadable,
    /// More than anyone needs.
    #[error("more than {MOST_DETAILS} details")]
    TooMany,
}

impl Detail {
    /// An operation by the resource identifier of its API, its method and its path template, and
    /// the one path it may be called with, if it is to be one. Of MCP the template is the name of a
    /// tool or a prompt, or the URI or URI template of a resource.
    pub fn new(
        resource: &str,
        method: &str,
        template: &str,
        path: Option<&str>,
    ) -> Result<Self, NotDetails> {
        let parts = [Some(resource), Some(method), Some(template), path];
        let whole: usize = parts.iter().flatten().map(|part| part.len()).sum();
        let plain = |part: &&str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_graphic());
        let rooted = |part: &str| part.starts_with('/');
        let readable = whole <= LONGEST && parts.iter().flatten().all(plain);
        // Where MCP is spoken the template is a name or a URI, and there is no path to call.
        let placed = if METHODS.contains(&method) {
            path.is_none()
        } else {
            rooted(template) && path.is_none_or(rooted)
        };
        if !readable || !placed {
            return Err(NotDetails::Unreadable);
        }
        Ok(Self {
            resource: resource.to_owned(),
            method: method.to_owned(),
            template: template.to_owned(),
            path: path.map(str::to_owned),
        })
    }

    /// The resource identifier of the API (RFC 8707).
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path template, as the API describes it.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The one path, if it is not any.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    fn covers(&self, other: &Self) -> bool {
        self.resource == other.resource
            && self.method == other.method
            && self.template == other.template
            && (self.path.is_none() || self.path == other.path)
    }
}

/// Details together. None at all says nothing: scopes alone decide. With one, only what is named
/// may be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details(BTreeSet<Detail>);

impl Details {
    /// These details.
    pub fn new(details: impl IntoIterator<Item = Detail>) -> Result<Self, NotDetails> {
        let details: BTreeSet<Detail> = details.into_iter().collect();
        if details.len() > MOST_DETAILS {
            return Err(NotDetails::TooMany);
        }
        Ok(Self(details))
    }

    /// Whether nothing is named, so that scopes alone decide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The details, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Detail> {
        self.0.iter()
    }

    /// Whether the operation may be called with this path.
    pub fn allow(&self, resource: &str, (method, template): (&str, &str), path: &str) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|it| {
                it.resource == resource
                    && it.method == method
                    && it.template == template
                    && it.path.as_deref().is_none_or(|only| only == path)
            })
    }

    /// Whether whatever `inner` allows is allowed by these too.
    pub fn cover(&self, inner: &Self) -> bool {
        self.0.is_empty()
            || !inner.0.is_empty()
                && inner.0.iter().all(|detail| self.0.iter().any(|it| it.covers(detail)))
    }

    /// What both allow; none where that is nothing at all, since no details would mean anything.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        if self.0.is_empty() || other.0.is_empty() {
            return Some(if self.0.is_empty() { other.clone() } else { self.clone() });
        }
        let covered = |these: &Self, by: &Self| {
            let by = by.0.clone();
            let these = these.0.clone().into_iter();
            these.filter(move |it| by.iter().any(|one| one.covers(it)))
        };
        let both: BTreeSet<Detail> = covered(self, other).chain(covered(other, self)).collect();
        (!both.is_empty()).then_some(Self(both))
    }
}

/// One detail a line: resource, method, template and path with a space between.
impl fmt::Display for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, detail) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "\n" };
            write!(f, "{separator}{} {} {}", detail.resource, detail.method, detail.template)?;
            if let Some(path) = &detail.path {
                write!(f, " {path}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Details {
    type Err = NotDetails;

    fn from_str(text: &str) -> Result<Self, NotDetails> {
        let mut details = Vec::new();
        for line in text.lines() {
            let parts: Vec<&str> = line.split(' ').collect();
            details.push(match *parts.as_slice() {
                [resource, method, template] => Detail::new(resource, method, template, None)?,
                [resource, method, template, path] => {
                    Detail::new(resource, method, template, Some(path))?
                }
                _ => return Err(NotDetails::Unreadable),
            });
        }
        Self::new(details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one() -> impl Strategy<Value = Detail> {
        ("[ab]", "(GET|POST)", "/[ab]", proptest::option::of("/[ab]"))
            .prop_map(|(r, m, t, p)| Detail::new(&r, &m, &t, p.as_deref()).unwrap())
    }

    proptest! {
        #[test]
        fn what_both_allow_is_what_each_allows(a in several(), b in several(), one in one()) {
            let path = one.path().unwrap_or("/a");
            let operation = (one.method(), one.template());
            let allow = |it: &Details| it.allow(one.resource(), operation, path);
            let both = a.intersection(&b);
            let either = both.as_ref().is_some_and(&allow);
            prop_assert_eq!(either, allow(&a) && allow(&b));
            prop_assert!(both.is_none_or(|both| a.cover(&both) && b.cover(&both)));
        }
    }

    fn several() -> impl Strategy<Value = Details> {
        proptest::collection::vec(one(), 0..4).prop_map(|it| Details::new(it).unwrap())
    }

    proptest! {
        #[test]
        fn what_covered_details_allow_the_covering_ones_allow(
            outer in several(),
            inner in several(),
            asked in ("[ab]", "(GET|POST)", "/[ab]", "/[ab]"),
        ) {
            let (resource, method, template, path) = asked;
            let asks = |it: &Details| it.allow(&resource, (&method, &template), &path);
            prop_assume!(outer.cover(&inner));
            prop_assert!(!asks(&inner) || asks(&outer));
        }

        #[test]
        fn printed_details_read_back(details in several()) {
            prop_assert_eq!(details.to_string().parse::<Details>(), Ok(details));
        }
    }

    #[test]
    fn what_is_not_a_detail_is_refused() {
        for (resource, method, template, path) in [
            ("", "GET", "/a", None),
            ("http://a", "G T", "/a", None),
            ("http://a", "GET", "a", None),
            ("http://a", "GET", "/a", Some("b")),
            ("http://a", "GET", "/a", Some("")),
            ("http://a", "GET", "/a\n", None),
            ("http://ä", "GET", "/a", None),
            ("http://a", "tools/call", "search", Some("/a")),
            ("http://a", "tools/call", "a b", None),
            ("http://a", "tools/list", "search", None),
        ] {
            assert_eq!(Detail::new(resource, method, template, path), Err(NotDetails::Unreadable));
        }
        assert!(Detail::new("http://a", "tools/call", "search", None).is_ok());
        assert!(Detail::new("http://a", "resources/read", "x://a/{id}", None).is_ok());
        let long = format!("/{}", "a".repeat(LONGEST));
        assert!(Detail::new("http://a", "GET", &long, None).is_err());
        let many = (0..=MOST_DETAILS).map(|it| format!("http://a GET /{it}"));
        let many = many.collect::<Vec<_>>().join("\n").parse::<Details>();
        assert_eq!(many, Err(NotDetails::TooMany));
        assert!("http://a GET".parse::<Details>().is_err());
    }

    #[test]
    fn no_details_at_all_are_not_covered_by_some() {
        let some: Details = "http://a GET /a".parse().unwrap();
        assert!(Details::default().cover(&some));
        assert!(!some.cover(&Details::default()));
    }
}
