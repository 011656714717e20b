//! The Model Context Protocol: which of its methods are operations, and how one is found.
//!
//! A tool and a prompt are found by their exact name; a resource by its exact URI, and only then by
//! the templates, of which one URI is of one at most.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::operation::{Ambiguous, Operation};
use crate::uri_template::{UriTemplate, is_uri};

/// The revisions of the protocol that are spoken, the oldest first.
pub const REVISIONS: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
/// The method that calls a tool.
pub const TOOLS_CALL: &str = "tools/call";
/// The method that reads a resource.
pub const RESOURCES_READ: &str = "resources/read";
/// The method that gets a prompt.
pub const PROMPTS_GET: &str = "prompts/get";
/// The methods that are operations, each on something that has a name.
pub const METHODS: [&str; 3] = [TOOLS_CALL, RESOURCES_READ, PROMPTS_GET];
/// The longest name of a tool or a prompt, in bytes.
pub const MAX_NAME: usize = 128;
/// The most URI templates of one API.
pub const MAX_TEMPLATES: usize = 256;

/// Whether a text can be the name of a tool or a prompt: 1 to 128 of A-Z, a-z, 0-9, `_`, `.`, `/`
/// and `-`.
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte);
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(plain)
}

/// Whether a method only reads: every one of the protocol but the call of a tool. What a tool says
/// of itself, that it only reads, is not known to be so. No method of HTTP has a slash (RFC 9110,
/// section 5.6.2).
pub fn reads(method: &str) -> bool {
    let of_mcp = method.contains('/') || matches!(method, "initialize" | "ping");
    of_mcp && method != TOOLS_CALL
}

/// The tools, resources and prompts of one API, arranged for finding.
#[derive(Debug, Clone, Default)]
pub struct Names {
    exact: BTreeMap<Box<str>, BTreeMap<Box<str>, Arc<Operation>>>,
    templates: Vec<(UriTemplate, Arc<Operation>)>,
}

impl Names {
    /// Arranges operations; refused when two would be found by one request, and when one is no
    /// tool, resource or prompt.
    pub fn new(operations: &[Arc<Operation>]) -> Result<Self, Ambiguous> {
        let mut names = Self::default();
        for operation in operations {
            names.insert(operation)?;
        }
        Ok(names)
    }

    fn insert(&mut self, operation: &Arc<Operation>) -> Result<(), Ambiguous> {
        let Operation { method, template, .. } = &**operation;
        let known = match method.as_str() {
            TOOLS_CALL | PROMPTS_GET => is_name(template),
            RESOURCES_READ => match UriTemplate::parse(template) {
                Ok(template) => return self.insert_template(template, operation),
                Err(_) => is_uri(template),
            },
            _ => false,
        };
        if !known {
            return Err(Ambiguous::Name(operation.to_string()));
        }
        let of_method = self.exact.entry(method.as_str().into()).or_default();
        match of_method.insert(template.as_str().into(), Arc::clone(operation)) {
            None => Ok(()),
            Some(_) => Err(Ambiguous::Twice(operation.to_string())),
        }
    }

    fn insert_template(
        &mut self,
        template: UriTemplate,
        operation: &Arc<Operation>,
    ) -> Result<(), Ambiguous> {
        if self.templates.len() == MAX_TEMPLATES {
            return Err(Ambiguous::TooMany);
        }
        if let Some((other, _)) = self.templates.iter().find(|(it, _)| it.overlaps(&template)) {
            let (one, two) = (other.as_str().to_owned(), template.as_str().to_owned());
            return Err(Ambiguous::Overlap(one, two));
        }
        self.templates.push((template, Arc::clone(operation)));
        Ok(())
    }

    /// The operation that a method and the name or URI it is called with mean, if one is described.
    pub fn find(&self, method: &str, name: &str) -> Option<&Arc<Operation>> {
        let exact = self.exact.get(method).and_then(|of_method| of_method.get(name));
        exact.or_else(|| {
            let mut templates = self.templates.iter().filter(|_| method == RESOURCES_READ);
            templates.find(|(template, _)| template.matches(name)).map(|(_, operation)| operation)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::ScopeSet;

    fn operation(text: &str) -> Arc<Operation> {
        let (method, template) = text.split_once(' ').unwrap();
        Arc::new(Operation::new("acme", method, template, ScopeSet::default()))
    }

    fn names(texts: &[&str]) -> Result<Names, Ambiguous> {
        Names::new(&texts.iter().map(|text| operation(text)).collect::<Vec<_>>())
    }

    fn check(asked: &str, expected: Option<&str>) {
        let names = names(&[
            "tools/call search",
            "tools/call Search",
            "prompts/get search",
            "resources/read x://a/{id}",
            "resources/read x://a/7",
            "resources/read x://a/{id}/raw",
        ]);
        let (method, name) = asked.split_once(' ').unwrap();
        let names = names.unwrap();
        let found = names.find(method, name).map(|operation| operation.template.as_str());
        assert_eq!(found, expected, "{asked}");
    }

    #[test]
    fn the_described_is_found_and_nothing_else() {
        check("tools/call search", Some("search"));
        check("tools/call Search", Some("Search"));
        check("tools/call SEARCH", None);
        check("tools/call search ", None);
        check("prompts/get search", Some("search"));
        check("prompts/get Search", None);
        check("resources/read search", None);
        check("tools/list search", None);
        check("tools/call x://a/9", None);
    }

    #[test]
    fn only_a_tool_is_more_than_reading() {
        for (method, expected) in [
            (RESOURCES_READ, true),
            (PROMPTS_GET, true),
            ("tools/list", true),
            ("ping", true),
            (TOOLS_CALL, false),
            ("POST", false),
            ("post", false),
            ("", false),
        ] {
            assert_eq!(reads(method), expected, "{method}");
        }
    }

    #[test]
    fn an_exact_uri_goes_before_a_template() {
        check("resources/read x://a/7", Some("x://a/7"));
        check("resources/read x://a/8", Some("x://a/{id}"));
        check("resources/read x://a/8/raw", Some("x://a/{id}/raw"));
        check("resources/read x://a/{id}", None);
        check("resources/read x://a/%37", Some("x://a/{id}"));
        check("resources/read x://a/7%2Fraw", None);
        check("resources/read x://a/../b", None);
    }

    #[test]
    fn what_cannot_be_told_apart_or_is_no_name_is_refused() {
        for texts in [
            &["tools/call a", "tools/call a"][..],
            &["resources/read x://a", "resources/read x://a"],
            &["resources/read x://{a}", "resources/read x://{b}"],
            &["tools/call a b"],
            &["tools/call "],
            &["tools/call é"],
            &["prompts/get a\n"],
            &["resources/read a"],
            &["resources/read x://{+a}"],
            &["tools/list a"],
            &["GET /a"],
        ] {
            assert!(names(texts).is_err(), "{texts:?}");
        }
        let long = format!("tools/call {}", "a".repeat(MAX_NAME + 1));
        assert!(matches!(names(&[&long]), Err(Ambiguous::Name(_))));
        let numbered = |it: usize| operation(&format!("resources/read x://{it}/{{a}}"));
        let many: Vec<_> = (0..=MAX_TEMPLATES).map(numbered).collect();
        assert_eq!(Names::new(&many).unwrap_err(), Ambiguous::TooMany);
    }
}
