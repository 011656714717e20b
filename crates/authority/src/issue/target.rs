//! Which APIs a token is for (RFC 8707).

use bailiwick_domain::api::Api;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::scope::ScopeSet;

use crate::issue::form::{Binding, Form};
use crate::issue::refused::Refused;

/// The APIs a token is for: those asked for by resource or by name, or else those that use one of
/// the granted scopes. Never none.
pub(crate) fn choose<'a>(
    apis: &'a [Api],
    form: &Form,
    granted: &ScopeSet,
) -> Result<Vec<&'a Api>, Refused> {
    let asked = |api: &&Api| {
        form.resources.contains(&api.resource) || form.audiences.iter().any(|it| **it == *api.name)
    };
    let known = form.resources.iter().all(|it| apis.iter().any(|api| api.resource == *it))
        && form.audiences.iter().all(|it| apis.iter().any(|api| *api.name == **it));
    if !known {
        return Err(Refused::InvalidTarget("no API here goes by that resource or audience"));
    }
    let any = form.resources.is_empty() && form.audiences.is_empty();
    let fits = |api: &&Api| if any { uses_any(api, granted) } else { asked(api) };
    let chosen: Vec<&Api> = apis.iter().filter(fits).collect();
    if chosen.is_empty() {
        return Err(Refused::InvalidTarget("no API uses any of these scopes; name one: resource"));
    }
    Ok(chosen)
}

fn uses_any(api: &Api, granted: &ScopeSet) -> bool {
    let mut operations = api.operations.iter();
    operations.any(|operation| !operation.scopes.intersection(granted).is_empty())
}

/// Whether the token is to be bound to the agent's key. One that is not would be worth nothing at
/// an API that asks for more than a bearer token, so asking for it there is refused.
pub(crate) fn is_bound(
    asked: Option<Binding>,
    by_default: bool,
    apis: &[&Api],
) -> Result<bool, Refused> {
    let bearer_is_enough = apis.iter().all(|api| api.proof == Strength::Bearer);
    match asked {
        Some(Binding::Key) => Ok(true),
        Some(Binding::None) if bearer_is_enough => Ok(false),
        Some(Binding::None) => Err(Refused::InvalidRequest(
            "an API in the audience asks for proof by key: it takes no unbound token",
        )),
        None => Ok(by_default || !bearer_is_enough),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::api::{Enforcement, Kind, Mode};
    use bailiwick_domain::operation::Operation;
    use std::sync::Arc;

    fn api(name: &str, scope: &str, proof: Strength) -> Api {
        let operation = Operation::new(name, "GET", "/", scope.parse().unwrap());
        Api {
            name: name.into(),
            kind: Kind::Http,
            hosts: Vec::new(),
            prefix: format!("/{name}"),
            upstream: "http://127.0.0.1:9".into(),
            resource: format!("http://gate/{name}"),
            proof,
            mode: Mode::Enforce,
            pass_signature: false,
            workload_tokens: false,
            txn_token: false,
            described: false,
            contract: Enforcement::default(),
            operations: vec![Arc::new(operation)],
        }
    }

    fn check(resources: &[&str], audiences: &[&str], granted: &str, expected: Option<&[&str]>) {
        let apis = [
            api("tickets", "tickets:read", Strength::Key),
            api("refunds", "refunds:write", Strength::Bearer),
        ];
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let form = Form { resources: own(resources), audiences: own(audiences), ..Form::default() };
        let chosen = choose(&apis, &form, &granted.parse().unwrap());
        let names = chosen.map(|apis| apis.iter().map(|api| api.name.to_string()).collect());
        let expected = expected.map(own);
        assert_eq!(names.ok(), expected, "{resources:?} {audiences:?} {granted}");
    }

    #[test]
    fn a_token_is_for_what_was_asked_or_for_what_its_scopes_open() {
        check(&["http://gate/tickets"], &[], "refunds:write", Some(&["tickets"]));
        check(&["http://gate/tickets"], &["refunds"], "", Some(&["tickets", "refunds"]));
        check(&[], &[], "refunds:write", Some(&["refunds"]));
        check(&[], &[], "refunds:write tickets:read", Some(&["tickets", "refunds"]));
    }

    #[test]
    fn an_unknown_target_is_refused_even_beside_a_known_one() {
        check(&["http://gate/other"], &[], "tickets:read", None);
        check(&["http://gate/tickets", "http://gate/other"], &[], "tickets:read", None);
        check(&[], &["Tickets"], "tickets:read", None);
        check(&["http://gate/tickets/"], &[], "tickets:read", None);
        check(&[], &[], "other:read", None);
        check(&[], &[], "", None);
    }

    #[test]
    fn an_unbound_token_is_only_for_apis_that_take_bearers() {
        let (strong, weak) = (api("a", "", Strength::Mac), api("b", "", Strength::Bearer));
        let both = [&strong, &weak];
        for (asked, by_default, apis, expected) in [
            (None, true, &both[1..], Ok(true)),
            (None, false, &both[1..], Ok(false)),
            (None, false, &both[..], Ok(true)),
            (Some(Binding::Key), false, &both[1..], Ok(true)),
            (Some(Binding::None), true, &both[1..], Ok(false)),
        ] {
            assert_eq!(is_bound(asked, by_default, apis), expected);
        }
        assert!(is_bound(Some(Binding::None), true, &both).is_err());
        assert!(is_bound(Some(Binding::None), false, &both[..1]).is_err());
    }
}
