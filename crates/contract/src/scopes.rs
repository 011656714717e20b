//! The scopes that an operation asks for: stated by the document, or proposed for an operator to
//! confirm.

use std::collections::BTreeSet;

use bailiwick_domain::scope::{Scope, ScopeSet};
use serde_json::Value;

use crate::pointer::follow;
use crate::unread::shorten;

/// The most bytes of another party's scope that are shown.
const SHOWN_BYTES: usize = 80;

/// What an operation asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// The document says so.
    Stated(ScopeSet),
    /// The document does not, or not in a way that can be taken as it is; this is a proposal, and
    /// the operation is not served until somebody confirms it.
    Proposed(ScopeSet),
}

impl Scopes {
    /// The scopes, stated or not.
    pub fn set(&self) -> &ScopeSet {
        match self {
            Self::Stated(scopes) | Self::Proposed(scopes) => scopes,
        }
    }
}

/// Reads the scopes of an operation from its `security` (OpenAPI 3.1, section 4.8.30), or proposes
/// some by its method and path; what a person should know of it goes into `remarks`.
pub(crate) fn read(
    root: &Value,
    operation: &Value,
    (method, template): (&str, &str),
    remarks: &mut Vec<String>,
) -> Scopes {
    let security = operation.get("security").or_else(|| root.get("security"));
    let alternatives = security.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let asked = alternatives.iter().map(|alternative| external(root, alternative));
    settle(asked, || propose(method, template), remarks)
}

/// Settles on the scopes of what is asked for, each of some alternatives; proposes some where
/// nothing is.
pub(crate) fn settle<'a>(
    alternatives: impl IntoIterator<Item = BTreeSet<&'a str>>,
    propose: impl Fn() -> ScopeSet,
    remarks: &mut Vec<String>,
) -> Scopes {
    let asked: BTreeSet<BTreeSet<&str>> =
        alternatives.into_iter().filter(|scopes| !scopes.is_empty()).collect();
    if asked.is_empty() {
        return Scopes::Proposed(propose());
    }
    let several = asked.len() > 1;
    if several {
        let sets = asked.iter().map(|set| set.iter().copied().collect::<Vec<_>>().join(" "));
        let sets = shorten(&sets.collect::<Vec<_>>().join("` or `"), 4 * SHOWN_BYTES);
        remarks.push(format!("its security has alternatives: `{sets}`; all of them are proposed"));
    }
    let mut taken = Vec::new();
    let mut as_it_is = !several;
    for text in asked.iter().flatten().collect::<BTreeSet<_>>() {
        let shown = shorten(text, SHOWN_BYTES);
        match text.parse::<Scope>() {
            Ok(scope) if !scope.is_broad() => taken.push(scope),
            Ok(_) => {
                as_it_is = false;
                remarks.push(format!("its scope `{shown}` is broad, and left out"));
            }
            Err(_) => {
                as_it_is = false;
                let instead = respelled(text);
                let note = instead.as_ref().map_or_else(
                    || "left out".to_owned(),
                    |scope| format!("proposed as `{scope}`"),
                );
                remarks.push(format!("its scope `{shown}` is not one here, and {note}"));
                taken.extend(instead);
            }
        }
    }
    match (taken.is_empty(), as_it_is) {
        (true, _) => Scopes::Proposed(propose()),
        (false, true) => Scopes::Stated(ScopeSet::new(taken)),
        (false, false) => Scopes::Proposed(ScopeSet::new(taken)),
    }
}

/// The scopes that one alternative asks for, of the schemes that have scopes.
fn external<'a>(root: &'a Value, alternative: &'a Value) -> BTreeSet<&'a str> {
    let named = alternative.as_object().into_iter().flatten();
    let of_scheme = |(name, scopes): (&'a String, &'a Value)| {
        let schemes = root.get("components")?.get("securitySchemes")?;
        let (scheme, _) = follow(root, schemes.get(name)?, "").ok()?;
        let kind = scheme.get("type")?.as_str()?;
        matches!(kind, "oauth2" | "openIdConnect").then_some(scopes.as_array()?)
    };
    named.filter_map(of_scheme).flatten().filter_map(Value::as_str).collect()
}

/// What an operation could ask for by its method and path: `GET /tickets/{id}` reads tickets. The
/// words of the path, and what the method does.
pub fn propose(method: &str, template: &str) -> ScopeSet {
    let action = match method {
        "GET" | "HEAD" | "OPTIONS" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
    let is_version = |word: &str| {
        word.strip_prefix('v').is_some_and(|rest| rest.starts_with(|it: char| it.is_ascii_digit()))
    };
    let words = template.split('/').filter(|it| !it.is_empty() && !it.starts_with('{'));
    let words: Vec<String> =
        words.filter(|word| !is_version(word) && *word != "api").map(plain).collect();
    let last = words.last().map_or("root", String::as_str);
    let spelled = |resource: &str| format!("{resource}:{action}").parse::<Scope>();
    let scope = spelled(&words.join(".")).or_else(|_| spelled(last)).or_else(|_| spelled("root"));
    ScopeSet::new(scope)
}

/// What a tool, a resource, a prompt or a skill could ask for by its name: `search` among `tools`
/// that one can `call` asks for `tools.search:call`. What is variable of a URI is left out.
pub(crate) fn propose_named(kind: &str, name: &str, action: &str) -> ScopeSet {
    let words = name.split(['/', ':', '?', '&', '=', '#']);
    let words: Vec<String> =
        words.filter(|it| !it.is_empty() && !it.contains('{')).map(plain).collect();
    let spelled = |resource: &str| format!("{resource}:{action}").parse::<Scope>();
    ScopeSet::new(spelled(&format!("{kind}.{}", words.join("."))).or_else(|_| spelled(kind)))
}

/// A scope of another grammar in this one: `https://x/auth/drive.readonly` is `drive.readonly`.
fn respelled(text: &str) -> Option<Scope> {
    let is_address = text.contains("://");
    let text = if is_address { text.trim_end_matches('/').rsplit('/').next()? } else { text };
    let words: Vec<String> =
        text.split(['/', ':']).filter(|word| !word.is_empty()).map(plain).collect();
    words.join(":").parse::<Scope>().ok().filter(|scope| !scope.is_broad())
}

/// The word in lower case, with an underscore for what a scope does not take.
fn plain(word: &str) -> String {
    let taken = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-');
    word.chars().map(|it| if taken(it) { it.to_ascii_lowercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(security: &Value, expected: &Scopes, remarks: usize) {
        let root = json!({"components": {"securitySchemes": {
            "oauth": {"type": "oauth2"}, "login": {"$ref": "#/components/securitySchemes/oidc"},
            "oidc": {"type": "openIdConnect"}, "key": {"type": "apiKey"},
        }}});
        let mut said = Vec::new();
        let operation = json!({"security": security});
        let read = read(&root, &operation, ("GET", "/tickets/{id}"), &mut said);
        assert_eq!((&read, said.len()), (expected, remarks), "{operation} {said:?}");
    }

    fn stated(texts: &[&str]) -> Scopes {
        Scopes::Stated(ScopeSet::from_texts(texts.iter().copied()).unwrap())
    }

    fn proposed(texts: &[&str]) -> Scopes {
        Scopes::Proposed(ScopeSet::from_texts(texts.iter().copied()).unwrap())
    }

    #[test]
    fn what_the_document_says_plainly_is_stated() {
        check(&json!([{"oauth": ["read:pets"]}]), &stated(&["read:pets"]), 0);
        check(&json!([{"oauth": ["a:b"], "login": ["c:d"]}]), &stated(&["a:b", "c:d"]), 0);
        check(&json!([{"oauth": ["a:b"]}, {"key": []}]), &stated(&["a:b"]), 0);
        check(&json!([{"oauth": ["a:b"]}, {"login": ["a:b"]}]), &stated(&["a:b"]), 0);
    }

    #[test]
    fn what_has_to_be_chosen_or_respelled_is_proposed_and_said() {
        check(&json!([{"oauth": ["a:b"]}, {"oauth": ["c:d"]}]), &proposed(&["a:b", "c:d"]), 1);
        check(&json!([{"oauth": ["User.Read"]}]), &proposed(&["user.read"]), 1);
        let google = "https://www.example.com/auth/drive.readonly";
        check(&json!([{"oauth": [google]}]), &proposed(&["drive.readonly"]), 1);
        check(&json!([{"oauth": ["repo/Write"]}]), &proposed(&["repo:write"]), 1);
        check(&json!([{"oauth": ["admin"]}]), &proposed(&["tickets:read"]), 1);
        check(&json!([{"oauth": ["admin", "a:b"]}]), &proposed(&["a:b"]), 1);
        check(&json!([{"oauth": ["Admin"]}]), &proposed(&["tickets:read"]), 1);
    }

    #[test]
    fn where_nothing_is_said_the_path_proposes() {
        for security in
            [json!(null), json!([]), json!([{}]), json!([{"key": []}]), json!([{"x": ["a"]}])]
        {
            check(&security, &proposed(&["tickets:read"]), 0);
        }
        for (method, template, expected) in [
            ("GET", "/tickets/{id}", "tickets:read"),
            ("POST", "/v1/chat/completions", "chat.completions:write"),
            ("PATCH", "/api/v2/Users/{id}/notes", "users.notes:write"),
            ("DELETE", "/tickets/{id}/", "tickets:delete"),
            ("GET", "/", "root:read"),
            ("GET", "/admin", "admin:read"),
            ("PUT", "/a b/ü", "a_b._:write"),
        ] {
            assert_eq!(propose(method, template).to_string(), expected, "{method} {template}");
        }
        for (kind, name, action, expected) in [
            ("tools", "search", "call", "tools.search:call"),
            ("tools", "Data_Export/v2", "read", "tools.data_export.v2:read"),
            ("resources", "file:///docs/{name}", "read", "resources.file.docs:read"),
            ("prompts", &"a".repeat(128), "get", "prompts:get"),
        ] {
            assert_eq!(propose_named(kind, name, action).to_string(), expected, "{kind} {name}");
        }
        let long = format!("/{}/end", "a".repeat(200));
        assert_eq!(propose("GET", &long).to_string(), "end:read");
    }
}
