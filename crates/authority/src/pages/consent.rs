//! The page that asks: which agent, who answers for it, what it may do, on what, until when.

use askama::Template;
use axum::response::Response;
use bailiwick_domain::api::Api;
use bailiwick_domain::client::{ClientRegistration, Source};
use bailiwick_domain::details::Detail;
use bailiwick_domain::grant::Extent;
use http::{StatusCode, Uri};

use crate::authority::Authority;
use crate::authorize::request::Request;
use crate::fault::Fault;
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::people::session::SignedIn;

/// How long a person may let a client act: seconds, and in words.
pub(crate) const DURATIONS: [(u32, &str); 6] = [
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
    host: &'a str,
    on_this_machine: bool,
    scopes: Vec<Line>,
    details: Vec<Line>,
    durations: [(u32, &'static str, bool); DURATIONS.len()],
    offline: bool,
}

/// Shows it; the form goes back to where the request came in.
pub(crate) fn show(
    authority: &Authority,
    signed_in: &SignedIn,
    request: &Request,
    uri: &Uri,
) -> Result<Response, Fault> {
    let (requester, reply) = (&request.requester, &request.reply);
    let chosen = CHOSEN.get(usize::from(request.asked.offline)).copied().unwrap_or_default();
    let page = ConsentPage {
        frame: Frame::new(authority, Some(signed_in)),
        action: uri.path_and_query().map_or("/oauth/authorize", |it| it.as_str()),
        form_token: signed_in.form_token(),
        client: &requester.registration.name,
        agent: requester.agent.name.as_str(),
        owner: &requester.agent.owner,
        purpose: &requester.agent.purpose,
        project: requester.agent.project.as_str(),
        source: source(&requester.registration),
        host: reply.redirect_uri.host(),
        on_this_machine: reply.redirect_uri.is_loopback(),
        scopes: scopes(&authority.apis, &request.asked.extent),
        details: details(&authority.apis, &request.asked.extent),
        durations: DURATIONS.map(|(seconds, words)| (seconds, words, seconds == chosen)),
        offline: request.asked.offline,
    };
    let policy = Policy { leads_to: vec![reply.redirect_uri.origin()], ..Policy::default() };
    layout::show(StatusCode::OK, &page, &policy)
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
        _ => "use",
    };
    format!("{api}: {verb} {path} ({method})")
}
