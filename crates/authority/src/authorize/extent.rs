//! What a client asks a person for: scopes, APIs and operations, out of what its agent may have.

use std::collections::BTreeSet;

use bailiwick_domain::api::Api;
use bailiwick_domain::details::{Detail, Details};
use bailiwick_domain::grant::Extent;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::{Scope, ScopeSet};
use bailiwick_proof::jwt::details;

use crate::authorize::reply::Deviation;

/// The scope that asks for a consent which outlasts the sign-in (`OpenID` Connect Core, section
/// 11).
pub(crate) const OFFLINE: &str = "offline_access";
/// The scope that asks for an ID token (`OpenID` Connect Core, section 3.1.2.1).
pub(crate) const OPENID: &str = "openid";
/// The most `resource` parameters of one request.
const RESOURCES: usize = 16;

/// What a request says of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said<'a> {
    /// `scope`.
    pub(crate) scope: Option<&'a str>,
    /// `resource` (RFC 8707).
    pub(crate) resources: Vec<&'a str>,
    /// `authorization_details` (RFC 9396).
    pub(crate) details: Option<&'a str>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// How far it reaches; never nowhere.
    pub(crate) extent: Extent,
    /// Whether it is to outlast the sign-in.
    pub(crate) offline: bool,
    /// Whether the client wants to know who the person is.
    pub(crate) openid: bool,
}

/// Reads what is asked for. It lies within the ceiling; what is left out is taken from the rest of
/// what was said, and in the end from the ceiling.
pub(crate) fn settle(
    apis: &[Api],
    ceiling: &ScopeSet,
    said: &Said<'_>,
) -> Result<Asked, Deviation> {
    let details = said.details.map_or(Ok(Details::default()), read_details)?;
    let chosen = choose(apis, said, &details)?;
    let named = named_operations(&chosen, &details)?;
    let (scopes, offline, openid) = match said.scope {
        Some(text) => read_scopes(text)?,
        None => (None, false, false),
    };
    let scopes = match scopes {
        Some(scopes) => scopes,
        None if !details.is_empty() => union(named),
        None => union(chosen.iter().flat_map(|api| &api.operations).map(|it| &**it))
            .intersection(ceiling),
    };
    let missing = scopes.missing_from(ceiling);
    if !missing.is_empty() {
        return Err(Deviation::new(
            "invalid_scope",
            format!("the agent may not be granted: {missing}"),
        ));
    }
    if scopes.is_empty() {
        return Err(Deviation::new("invalid_scope", "nothing that an API here takes is asked for"));
    }
    let resources = used(&chosen, &scopes, said);
    if resources.is_empty() {
        return Err(Deviation::new("invalid_target", "no API here uses any of these scopes"));
    }
    Ok(Asked { extent: Extent { scopes, resources, details }, offline, openid })
}

/// The scopes of APIs, or none when only the others were named; and whether those were.
fn read_scopes(text: &str) -> Result<(Option<ScopeSet>, bool, bool), Deviation> {
    let read: Result<ScopeSet, _> = text.parse();
    let read = read.map_err(|error| Deviation::new("invalid_scope", error.to_string()))?;
    let has = |name: &str| read.iter().any(|scope| scope.as_str() == name);
    let (offline, openid) = (has(OFFLINE), has(OPENID));
    let of_apis = |scope: &&Scope| scope.as_str() != OFFLINE && scope.as_str() != OPENID;
    let scopes = ScopeSet::new(read.iter().filter(of_apis).cloned());
    // Asking for an ID token alone is no way to be given everything else.
    let said = !scopes.is_empty() || openid;
    Ok((said.then_some(scopes), offline, openid))
}

fn read_details(text: &str) -> Result<Details, Deviation> {
    let unreadable = |why: String| Deviation::new("invalid_authorization_details", why);
    let value = serde_json::from_str(text).map_err(|_| unreadable("not JSON".to_owned()))?;
    details::read(&value).map_err(|error| unreadable(error.to_string()))
}

/// The APIs that were named, by resource or by a detail; all of them when none was.
fn choose<'a>(
    apis: &'a [Api],
    said: &Said<'_>,
    details: &Details,
) -> Result<Vec<&'a Api>, Deviation> {
    if said.resources.len() > RESOURCES {
        return Err(Deviation::new("invalid_target", "more than 16 resources"));
    }
    let mut named: BTreeSet<&str> = said.resources.iter().copied().collect();
    if named.is_empty() {
        named.extend(details.iter().map(Detail::resource));
    }
    if let Some(unknown) = named.iter().find(|it| !apis.iter().any(|api| api.resource == **it)) {
        return Err(Deviation::new("invalid_target", format!("no API here is {unknown}")));
    }
    Ok(apis.iter().filter(|api| named.is_empty() || named.contains(&*api.resource)).collect())
}

/// The operations that details name; each is one that a chosen API has (RFC 9396, section 5).
fn named_operations<'a>(
    chosen: &[&'a Api],
    details: &Details,
) -> Result<Vec<&'a Operation>, Deviation> {
    let find = |detail: &Detail| {
        let api = chosen.iter().find(|api| api.resource == detail.resource())?;
        let mut operations = api.operations.iter().map(|it| &**it);
        operations.find(|it| it.method == detail.method() && it.template == detail.template())
    };
    let found: Option<Vec<_>> = details.iter().map(find).collect();
    found.ok_or_else(|| {
        Deviation::new("invalid_authorization_details", "no API asked for has such an operation")
    })
}

fn union<'a>(operations: impl IntoIterator<Item = &'a Operation>) -> ScopeSet {
    ScopeSet::new(operations.into_iter().flat_map(|it| &it.scopes).cloned())
}

/// Where it is good: what was named, else the APIs that use one of the scopes.
fn used(chosen: &[&Api], scopes: &ScopeSet, said: &Said<'_>) -> Vec<String> {
    let any = |api: &&&Api| {
        !said.resources.is_empty()
            || api.operations.iter().any(|it| !it.scopes.intersection(scopes).is_empty())
    };
    chosen.iter().filter(any).map(|api| api.resource.clone()).collect()
}

/// What of it a person lets through: these scopes and details. Nothing when that is nowhere.
pub(crate) fn narrow(
    apis: &[Api],
    asked: &Extent,
    scopes: &ScopeSet,
    details: Option<Details>,
) -> Option<Extent> {
    let scopes = asked.scopes.intersection(scopes);
    let uses =
        |api: &Api| api.operations.iter().any(|it| !it.scopes.intersection(&scopes).is_empty());
    let still = |it: &&String| apis.iter().any(|api| api.resource == **it && uses(api));
    let resources: Vec<String> = asked.resources.iter().filter(still).cloned().collect();
    let details = match details {
        // No detail at all would allow more than the ones that were asked for.
        Some(details) if details.is_empty() && !asked.details.is_empty() => return None,
        Some(details) => details,
        None => asked.details.clone(),
    };
    let narrowed = Extent { scopes, resources, details };
    let fine = !narrowed.scopes.is_empty() && !narrowed.resources.is_empty();
    (fine && narrowed.within(asked).is_ok()).then_some(narrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::api::{Enforcement, Kind, Mode};
    use bailiwick_domain::credential::Strength;
    use std::sync::Arc;

    fn api(name: &str, operations: &[(&str, &str, &str)]) -> Api {
        let operations = operations.iter().map(|(method, template, scopes)| {
            Arc::new(Operation::new(name, method, template, scopes.parse().unwrap()))
        });
        Api {
            name: name.into(),
            kind: Kind::Http,
            hosts: Vec::new(),
            prefix: String::new(),
            upstream: String::new(),
            resource: format!("http://{name}"),
            proof: Strength::Key,
            mode: Mode::Enforce,
            pass_signature: false,
            workload_tokens: false,
            txn_token: true,
            described: false,
            contract: Enforcement::default(),
            operations: operations.collect(),
        }
    }

    fn check(said: &Said<'_>, expected: Result<(&str, &[&str], bool), &str>) {
        let apis = [
            api("a", &[("GET", "/a", "a:read"), ("PUT", "/a", "a:write")]),
            api("b", &[("GET", "/b", "b:read"), ("GET", "/z", "z:read")]),
        ];
        let ceiling = "a:read a:write b:read".parse().unwrap();
        let settled = settle(&apis, &ceiling, said);
        let found = settled.as_ref().map_err(|it| it.error).map(|it| {
            let resources: Vec<&str> = it.extent.resources.iter().map(String::as_str).collect();
            (it.extent.scopes.to_string(), resources, it.offline)
        });
        let expected = expected
            .map(|(scopes, resources, offline)| (scopes.to_owned(), resources.to_vec(), offline));
        assert_eq!(found, expected, "{said:?}");
    }

    #[test]
    fn what_is_left_out_is_taken_from_the_rest_and_never_from_beyond_the_ceiling() {
        let none = Said::default();
        let of = |scope| Said { scope: Some(scope), ..Said::default() };
        check(&none, Ok(("a:read a:write b:read", &["http://a", "http://b"], false)));
        check(&of("a:read"), Ok(("a:read", &["http://a"], false)));
        check(
            &of("offline_access"),
            Ok(("a:read a:write b:read", &["http://a", "http://b"], true)),
        );
        check(&of("openid offline_access b:read"), Ok(("b:read", &["http://b"], true)));
        let at = Said { resources: vec!["http://b"], ..Said::default() };
        check(&at, Ok(("b:read", &["http://b"], false)));
        let details = r#"[{"type":"operation","locations":["http://a"],"actions":["PUT /a"]}]"#;
        let exact = Said { details: Some(details), ..Said::default() };
        check(&exact, Ok(("a:write", &["http://a"], false)));
    }

    #[test]
    fn what_is_unknown_or_beyond_is_refused() {
        let of = |scope| Said { scope: Some(scope), ..Said::default() };
        check(&of("z:read"), Err("invalid_scope"));
        check(&of("openid"), Err("invalid_scope"));
        check(&of("A"), Err("invalid_scope"));
        for resources in [vec!["http://c"], vec!["http://a", "http://a/"], vec!["http://a"; 17]] {
            check(&Said { resources, ..Said::default() }, Err("invalid_target"));
        }
        for details in [
            "x",
            "[]",
            r#"[{"type":"payment"}]"#,
            r#"[{"type":"operation","locations":["http://a"],"actions":["GET /b"]}]"#,
        ] {
            let said = Said { details: Some(details), ..Said::default() };
            check(&said, Err("invalid_authorization_details"));
        }
        let elsewhere = r#"[{"type":"operation","locations":["http://c"],"actions":["GET /a"]}]"#;
        check(&Said { details: Some(elsewhere), ..Said::default() }, Err("invalid_target"));
        let beyond = r#"[{"type":"operation","locations":["http://b"],"actions":["GET /z"]}]"#;
        check(&Said { details: Some(beyond), ..Said::default() }, Err("invalid_scope"));
    }

    #[test]
    fn a_person_only_narrows() {
        let apis = [api("a", &[("GET", "/a", "a:read")]), api("b", &[("GET", "/b", "b:read")])];
        let asked = Extent {
            scopes: "a:read b:read".parse().unwrap(),
            resources: vec!["http://a".to_owned(), "http://b".to_owned()],
            details: "http://a GET /a".parse().unwrap(),
        };
        let narrow = |scopes: &str, details: Option<&str>| {
            let details = details.map(|it| it.parse().unwrap());
            narrow(&apis, &asked, &scopes.parse().unwrap(), details)
        };
        let less = narrow("a:read c:read", None).unwrap();
        assert_eq!((less.scopes.to_string(), less.resources.len()), ("a:read".to_owned(), 1));
        assert!(narrow("c:read", None).is_none());
        assert!(narrow("a:read", Some("")).is_none());
        assert!(narrow("a:read", Some("http://b GET /b")).is_none());
    }
}
