//! The page that asks: which agent, who answers for it, what it may do, on what, until when.

use askama::Template;
use axum::response::Response;
use bailiwick_domain::api::Api;
use bailiwick_domain::client::{ClientRegistration, Source};
use bailiwick_domain::details::{Detail, Details};
use bailiwick_domain::grant::Extent;
use bailiwick_domain::mcp::{PROMPTS_GET, RESOURCES_READ, TOOLS_CALL};
use bailiwick_domain::scope::ScopeSet;
use http::StatusCode;

use crate::authority::Authority;
use crate::authorize::consent::Allowed;
use crate::authorize::extent::{self, Asked};
use crate::clients::requester::Requester;
use crate::fault::Fault;
use crate::pages::form::Form;
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::people::session::SignedIn;
use crate::refusal::Refusal;

/// How long a person may let a client act: seconds, and in words.
const DURATIONS: [(u32, &str); 6] = [
    (3_600, "an hour"),
    (28_800, "8 hours"),
    (86_400, "a day"),
    (604_800, "a week"),
    (2_592_000, "30 days"),
    (7_776_000, "90 days"),
];
/// What is chosen for a consent that ends with the sign-in, and for one that does not.
const CHOSEN: [u32; 2] = [28_800, 2_592_000];

/// A scope, and what it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// What the form says when it is chosen.
    pub(crate) value: String,
    /// What it lets one do, in words.
    pub(crate) does: Vec<String>,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    frame: Frame,
    action: &'a str,
    form_token: String,
    client: &'a str,
    agent: &'a str,
    owner: &'a str,
    purpose: &'a str,
    project: &'a str,
    source: String,
    place: Place<'a>,
    scopes: Vec<Line>,
    details: Vec<Line>,
    durations: [(u32, &'static str, bool); DURATIONS.len()],
    offline: bool,
}

/// What is asked, and by whom.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// Who asks.
    pub(crate) requester: &'a Requester,
    /// What for.
    pub(crate) asked: &'a Asked,
    /// Where the form goes.
    pub(crate) action: &'a str,
    /// Where the client is.
    pub(crate) place: Place<'a>,
}

/// Where the client is that asks, as the person reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// Where the person's browser goes on to.
    Redirect {
        /// The host.
        host: &'a str,
        /// Whether that is the machine in front of them.
        on_this_machine: bool,
    },
    /// At a device, which shows this code.
    Device(&'a str),
    /// Elsewhere.
    Elsewhere {
        /// What it says to the person.
        message: Option<&'a str>,
    },
}

/// Shows it, under this policy.
pub(crate) fn show(
    authority: &Authority,
    signed_in: &SignedIn,
    question: &Question<'_>,
    policy: &Policy,
) -> Result<Response, Fault> {
    let Question { requester, asked, action, place } = *question;
    let chosen = CHOSEN.get(usize::from(asked.offline)).copied().unwrap_or_default();
    let page = ConsentPage {
        frame: Frame::new(authority, Some(signed_in)),
        action,
        form_token: signed_in.form_token(),
        client: &requester.registration.name,
        agent: requester.agent.name.as_str(),
        owner: &requester.agent.owner,
        purpose: &requester.agent.purpose,
        project: requester.agent.project.as_str(),
        source: source(&requester.registration),
        place,
        scopes: scopes(&authority.apis, &asked.extent),
        details: details(&authority.apis, &asked.extent),
        durations: DURATIONS.map(|(seconds, words)| (seconds, words, seconds == chosen)),
        offline: asked.offline,
    };
    layout::show(StatusCode::OK, &page, policy)
}

/// What the person says.
#[derive(Debug)]
pub(crate) enum Decision {
    /// The client may do this.
    Allow(Allowed),
    /// It may not.
    Deny,
}

/// Reads what the form says; never more than was asked for.
pub(crate) fn read(authority: &Authority, asked: &Asked, form: &Form) -> Result<Decision, Refusal> {
    match form.one("decision") {
        Some("allow") => allowed(authority, asked, form).map(Decision::Allow),
        Some("deny") => Ok(Decision::Deny),
        _ => Err(Refusal::Malformed("the form says neither yes nor no".to_owned())),
    }
}

fn allowed(authority: &Authority, asked: &Asked, form: &Form) -> Result<Allowed, Refusal> {
    let unreadable = |what: &str| Refusal::Malformed(format!("the form's {what} cannot be read"));
    let scopes = ScopeSet::from_texts(form.all("scope"));
    let scopes = scopes.map_err(|_| unreadable("scopes"))?;
    let lines: Vec<&str> = form.all("detail").collect();
    let details = lines.join("\n").parse::<Details>().map_err(|_| unreadable("details"))?;
    let details = (!asked.extent.details.is_empty()).then_some(details);
    let extent = extent::narrow(&authority.apis, &asked.extent, &scopes, details);
    let nothing = "nothing was chosen that could be allowed: choose something, or deny";
    let extent = extent.ok_or_else(|| Refusal::Malformed(nothing.to_owned()))?;
    let seconds = form.one("seconds").and_then(|text| text.parse().ok());
    let seconds = seconds.filter(|it| DURATIONS.iter().any(|(known, _)| known == it));
    let seconds = seconds.ok_or_else(|| unreadable("duration"))?;
    let offline = asked.offline && form.one("offline").is_some();
    Ok(Allowed { extent, seconds, offline })
}

fn source(registration: &ClientRegistration) -> String {
    match &registration.source {
        Source::Operator => "by an operator of this installation".to_owned(),
        Source::Itself(_) => {
            "by itself, with an invite; nobody here has checked its name".to_owned()
        }
        Source::Document(url) => {
            format!("by what it publishes at {url}; nobody here has checked its name")
        }
    }
}

/// The scopes with what each opens at the APIs that were asked for.
pub(crate) fn scopes(apis: &[Api], extent: &Extent) -> Vec<Line> {
    let chosen = || apis.iter().filter(|api| extent.resources.contains(&api.resource));
    let line = |scope| {
        let opened = |api: &Api| {
            let uses = api.operations.iter().filter(|it| it.scopes.contains(scope));
            uses.map(|it| words(&api.name, &it.method, &it.template)).collect::<Vec<_>>()
        };
        Line { value: scope.to_string(), does: chosen().flat_map(opened).collect() }
    };
    extent.scopes.iter().map(line).collect()
}

/// The operations that are named one by one.
pub(crate) fn details(apis: &[Api], extent: &Extent) -> Vec<Line> {
    let line = |detail: &Detail| {
        let api = apis.iter().find(|api| api.resource == detail.resource());
        let api = api.map_or(detail.resource(), |api| &api.name);
        let path = detail.path().unwrap_or(detail.template());
        let value = [detail.resource(), detail.method(), detail.template()].join(" ");
        let only = detail.path().map(|path| format!(" {path}")).unwrap_or_default();
        Line { value: format!("{value}{only}"), does: vec![words(api, detail.method(), path)] }
    };
    extent.details.iter().map(line).collect()
}

/// An operation, as a person would say it.
fn words(api: &str, method: &str, path: &str) -> String {
    let verb = match method {
        "GET" | "HEAD" => "read",
        "POST" => "send or create",
        "PUT" | "PATCH" => "change",
        "DELETE" => "delete",
        TOOLS_CALL => "use the tool",
        RESOURCES_READ => "read the resource",
        PROMPTS_GET => "get the prompt",
        _ => "use",
    };
    format!("{api}: {verb} {path} ({method})")
}
