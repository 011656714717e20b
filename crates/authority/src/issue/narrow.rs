//! How much of an authority a request asks for: never more than there is, nor than its client may
//! be granted.

use bailiwick_domain::api::Api;
use bailiwick_domain::details::{Detail, Details};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::jwt::details;

use crate::issue::form::Form;
use crate::issue::refused::Refused;

/// The scopes that are asked for, each within both; all that both have when none is asked for.
pub(crate) fn scopes(
    asked: Option<&str>,
    outer: &ScopeSet,
    ceiling: &ScopeSet,
) -> Result<ScopeSet, Refused> {
    let both = outer.intersection(ceiling);
    let Some(asked) = asked else {
        let nothing = || Refused::InvalidScope("nothing of it is left to be granted".to_owned());
        return if both.is_empty() { Err(nothing()) } else { Ok(both) };
    };
    let asked: ScopeSet = asked.parse().map_err(|it| Refused::InvalidScope(format!("{it}")))?;
    let missing = asked.missing_from(&both);
    if missing.is_empty() && !asked.is_empty() {
        Ok(asked)
    } else {
        Err(Refused::InvalidScope(format!("not to be had here: {missing}")))
    }
}

/// The APIs that are asked for, each one of those it is good for (RFC 8693, section 2.2.2); all of
/// them when none is asked for.
pub(crate) fn apis<'a>(
    known: &'a [Api],
    form: &Form,
    outer: &[String],
) -> Result<Vec<&'a Api>, Refused> {
    let good: Vec<&Api> = known.iter().filter(|api| outer.contains(&api.resource)).collect();
    let asked = |api: &Api| {
        form.resources.contains(&api.resource) || form.audiences.iter().any(|it| **it == *api.name)
    };
    let within = form.resources.iter().all(|it| good.iter().any(|api| api.resource == *it))
        && form.audiences.iter().all(|it| good.iter().any(|api| *api.name == **it));
    let any = form.resources.is_empty() && form.audiences.is_empty();
    let chosen: Vec<&Api> = good.into_iter().filter(|api| any || asked(api)).collect();
    if within && !chosen.is_empty() {
        Ok(chosen)
    } else {
        Err(Refused::InvalidTarget("the authority that is asked for is not good there"))
    }
}

/// The operations that are asked for: described ones of these APIs, all within what there is; what
/// there is when none are asked for.
pub(crate) fn details(
    asked: Option<&str>,
    apis: &[&Api],
    outer: &Details,
) -> Result<Details, Refused> {
    let Some(text) = asked else { return Ok(outer.clone()) };
    let unreadable = Refused::InvalidDetails(
        "authorization_details are a JSON array of objects of type `operation`",
    );
    let read = serde_json::from_str(text).ok().and_then(|json| details::read(&json).ok());
    let asked = read.ok_or(unreadable)?;
    check(&asked, apis, outer)?;
    Ok(asked)
}

/// Refuses details that name no operation of these APIs, or go beyond what there is.
pub(crate) fn check(asked: &Details, apis: &[&Api], outer: &Details) -> Result<(), Refused> {
    if !asked.iter().all(|detail| apis.iter().any(|api| describes(api, detail))) {
        let unknown = "authorization_details name an operation that no API of the audience has";
        return Err(Refused::InvalidDetails(unknown));
    }
    if outer.cover(asked) {
        Ok(())
    } else {
        Err(Refused::InvalidDetails("authorization_details go beyond what there is"))
    }
}

fn describes(api: &Api, detail: &Detail) -> bool {
    let same =
        |method: &str, template: &str| method == detail.method() && template == detail.template();
    api.resource == detail.resource()
        && api.operations.iter().any(|it| same(&it.method, &it.template))
}
