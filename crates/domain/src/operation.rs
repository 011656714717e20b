//! Operations: a method and a path template, and what it takes to be let through.
//!
//! Matching is exact: a literal segment is preferred to a parameter, a parameter takes one whole
//! non-empty segment, and a trailing slash is part of the path.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::limit::Limit;
use crate::scope::ScopeSet;

/// The most segments a path or template may have.
pub const MAX_SEGMENTS: usize = 32;

/// How much harm what an operation shows or does can make, least first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sensitivity {
    /// Anybody may know it.
    Public,
    /// For those within; what an operation is that says nothing.
    #[default]
    Internal,
    /// For those who need it.
    Confidential,
    /// Harm is done by one call that should not have been.
    Restricted,
}

/// Whether a person has to agree before an operation is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ApprovalRule {
    /// The owner of the API does not ask for it; a policy sees that, and may ask all the same.
    Never,
    /// Every time.
    Always,
    /// Policies decide; what an operation is that says nothing.
    #[default]
    Policy,
}

impl Sensitivity {
    /// All of them, least first.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// The word of configuration, documents and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

impl ApprovalRule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Never, Self::Always, Self::Policy];

    /// The word of configuration and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Always => "always",
            Self::Policy => "policy",
        }
    }
}

/// A word that is none of those there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words there are")]
pub struct UnknownWord;

impl FromStr for Sensitivity {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownWord)
    }
}

impl FromStr for ApprovalRule {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownWord)
    }
}

/// One operation of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The name of its API.
    pub api: Arc<str>,
    /// The HTTP method, upper case; where MCP or A2A is spoken, that of the protocol, as in
    /// `tools/call` or `SendMessage`.
    pub method: String,
    /// The path template, `/tickets/{id}`; where MCP is spoken, the name of the tool or prompt, or
    /// the URI or URI template of the resource; where A2A is, the id of the skill, or nothing.
    pub template: String,
    /// What the caller must hold, all of it.
    pub scopes: ScopeSet,
    /// How often one agent may call it.
    pub limit: Option<Limit>,
    /// How much harm what it shows or does can make.
    pub sensitivity: Sensitivity,
    /// Whether a person has to agree first.
    pub approval: ApprovalRule,
    /// How many different people have to, where any has: 1 or 2.
    pub approvers: u8,
}

impl Operation {
    /// An operation that asks for these scopes, and says nothing else of itself.
    pub fn new(api: &str, method: &str, template: &str, scopes: ScopeSet) -> Self {
        Self {
            api: api.into(),
            method: method.to_owned(),
            template: template.to_owned(),
            scopes,
            limit: None,
            sensitivity: Sensitivity::default(),
            approval: ApprovalRule::default(),
            approvers: 1,
        }
    }

    /// How many people have to agree to a call for which policies ask for so many; 0: nobody.
    pub fn approvers(&self, asked_by_policies: u8) -> u8 {
        if self.approval == ApprovalRule::Always || asked_by_policies > 0 {
            self.approvers.max(asked_by_policies).max(1)
        } else {
            0
        }
    }

    /// A number that names the operation on every node: FNV-1a, 64 bits, over API, method and
    /// template. It keys rate limits; nothing else may rely on it being unique.
    pub fn fingerprint(&self) -> u64 {
        let texts = [&*self.api, " ", &self.method, " ", &self.template];
        texts.iter().flat_map(|text| text.bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

/// The verb on the resource, as records and logs name it: `GET /tickets/{id}`; the verb alone of
/// what is on none, as `tools/list`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.template.as_str() {
            "" => f.write_str(&self.method),
            template => write!(f, "{} {template}", self.method),
        }
    }
}

/// Why a set of operations cannot be told apart or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ambiguous {
    /// Two operations would match the same request.
    #[error("`{0}` is described twice")]
    Twice(String),
    /// A template that is not `/segment/{parameter}/…`.
    #[error("`{0}` is not a path template: write `/tickets/{{id}}`")]
    Template(String),
    /// No tool, resource or prompt, or not under a name that one can have.
    #[error("`{0}` does not name a tool, a resource or a prompt")]
    Name(String),
    /// Neither a message to a skill, under an id that one can have, nor another method of A2A.
    #[error("`{0}` names neither a skill nor another method of A2A")]
    Skill(String),
    /// Two URI templates of which one URI may be.
    #[error("`{0}` and `{1}` may be one resource")]
    Overlap(String, String),
    /// More URI templates than [`crate::mcp::MAX_TEMPLATES`].
    #[error("there are more URI templates than are told apart")]
    TooMany,
}

/// The operations of one API, arranged for matching.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    root: Node,
}

#[derive(Debug, Clone, Default)]
struct Node {
    literals: BTreeMap<Box<str>, Node>,
    parameter: Option<Box<Node>>,
    methods: Vec<Arc<Operation>>,
}

impl Routes {
    /// Arranges operations; refused when two would match one request.
    pub fn new(operations: &[Arc<Operation>]) -> Result<Self, Ambiguous> {
        let mut routes = Self::default();
        for operation in operations {
            routes.insert(operation)?;
        }
        Ok(routes)
    }

    fn insert(&mut self, operation: &Arc<Operation>) -> Result<(), Ambiguous> {
        let unreadable = || Ambiguous::Template(operation.template.clone());
        let path = operation.template.strip_prefix('/').ok_or_else(unreadable)?;
        let mut node = &mut self.root;
        for (place, segment) in path.split('/').enumerate() {
            let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let braces = parameter.unwrap_or(segment).contains(['{', '}', '?', '#', '%']);
            if place == MAX_SEGMENTS || braces || parameter.is_some_and(str::is_empty) {
                return Err(unreadable());
            }
            node = match parameter {
                Some(_) => node.parameter.get_or_insert_default(),
                None => node.literals.entry(segment.into()).or_default(),
            };
        }
        if node.methods.iter().any(|known| known.method == operation.method) {
            return Err(Ambiguous::Twice(operation.to_string()));
        }
        node.methods.push(Arc::clone(operation));
        Ok(())
    }

    /// The operation this method and path name, if one is described.
    pub fn find(&self, method: &str, path: &str) -> Option<&Arc<Operation>> {
        descend(&self.root, method, path.strip_prefix('/')?, MAX_SEGMENTS)
    }
}

fn descend<'a>(
    node: &'a Node,
    method: &str,
    rest: &str,
    segments_left: usize,
) -> Option<&'a Arc<Operation>> {
    let segments_left = segments_left.checked_sub(1)?;
    let (segment, tail) = match rest.split_once('/') {
        Some((segment, tail)) => (segment, Some(tail)),
        None => (rest, None),
    };
    let onward = |next: &'a Node| match tail {
        Some(tail) => descend(next, method, tail, segments_left),
        None => next.methods.iter().find(|operation| operation.method == method),
    };
    let literal = node.literals.get(segment).and_then(onward);
    let parameter = || node.parameter.as_deref().filter(|_| !segment.is_empty()).and_then(onward);
    literal.or_else(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, template: &str) -> Arc<Operation> {
        Arc::new(Operation::new("acme", method, template, ScopeSet::default()))
    }

    fn routes() -> Routes {
        Routes::new(&[
            operation("GET", "/"),
            operation("GET", "/tickets"),
            operation("GET", "/tickets/"),
            operation("GET", "/tickets/{id}"),
            operation("GET", "/tickets/open"),
            operation("GET", "/tickets/{id}/notes"),
            operation("POST", "/tickets/open/close"),
            operation("DELETE", "/tickets/{id}"),
        ])
        .unwrap()
    }

    fn check(method: &str, path: &str, expected: Option<&str>) {
        let routes = routes();
        let found = routes.find(method, path).map(|operation| operation.template.as_str());
        assert_eq!(found, expected, "{method} {path}");
    }

    #[test]
    fn the_described_is_found_and_nothing_else() {
        check("GET", "/", Some("/"));
        check("GET", "/tickets", Some("/tickets"));
        check("GET", "/tickets/", Some("/tickets/"));
        check("GET", "/tickets/7", Some("/tickets/{id}"));
        check("DELETE", "/tickets/open", Some("/tickets/{id}"));
        check("GET", "/tickets/7/", None);
        check("GET", "/tickets//notes", None);
        check("GET", "/Tickets", None);
        check("PUT", "/tickets/7", None);
        check("GET", "", None);
        check("GET", "/x", None);
    }

    #[test]
    fn a_literal_goes_before_a_parameter_and_a_dead_end_is_left_again() {
        check("GET", "/tickets/open", Some("/tickets/open"));
        check("POST", "/tickets/open/close", Some("/tickets/open/close"));
        check("GET", "/tickets/open/notes", Some("/tickets/{id}/notes"));
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        let twice = [operation("GET", "/t/{id}"), operation("GET", "/t/{name}")];
        assert!(matches!(Routes::new(&twice), Err(Ambiguous::Twice(_))));
        for template in ["", "tickets", "/t/{}", "/t/{id", "/t/a{id}", "/t?x=1", "/a%2Fb"] {
            let routes = Routes::new(&[operation("GET", template)]);
            assert!(matches!(routes, Err(Ambiguous::Template(_))), "{template}");
        }
    }

    #[test]
    fn people_agree_where_the_description_or_a_policy_says_so() {
        for (approval, approvers, by_policies, expected) in [
            (ApprovalRule::Never, 1, 0, 0),
            (ApprovalRule::Policy, 2, 0, 0),
            (ApprovalRule::Always, 1, 0, 1),
            (ApprovalRule::Always, 2, 1, 2),
            (ApprovalRule::Always, 0, 0, 1),
            (ApprovalRule::Policy, 1, 1, 1),
            (ApprovalRule::Policy, 2, 1, 2),
            (ApprovalRule::Policy, 1, 2, 2),
            (ApprovalRule::Never, 1, 1, 1),
        ] {
            let known = operation("GET", "/");
            let operation = Operation { approval, approvers, ..Operation::clone(&known) };
            assert_eq!(operation.approvers(by_policies), expected, "{operation:?}");
        }
    }

    #[test]
    fn a_path_deeper_than_any_template_is_not_searched() {
        check("GET", &"/x".repeat(10_000), None);
    }
}
