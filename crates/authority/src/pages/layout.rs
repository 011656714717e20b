//! What all pages have in common: the frame around their content, and how they are sent.

use askama::Template;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::time::Timestamp;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::pages::assets::{MARK, STYLESHEET};
use crate::pages::policy::Policy;
use crate::people::session::SignedIn;

/// What surrounds the content of a page. A template has it as its field `frame`, and extends
/// `layout.html`.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Where the stylesheet is.
    pub(crate) stylesheet: &'static str,
    /// Where the sign beside the name is.
    pub(crate) mark: &'static str,
    /// Whose installation this is: its trust domain.
    pub(crate) domain: String,
    /// Who is signed in.
    pub(crate) visitor: Option<Visitor>,
}

/// Who is signed in, as pages say it.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// What they are called.
    pub(crate) name: String,
    /// What every form of theirs carries, in its field `form_token`.
    pub(crate) form_token: String,
}

impl Frame {
    /// The frame for whoever is signed in.
    pub(crate) fn new(authority: &Authority, signed_in: Option<&SignedIn>) -> Self {
        Self {
            stylesheet: &STYLESHEET.path,
            mark: &MARK.path,
            domain: authority.settings.trust_domain.clone(),
            visitor: signed_in.map(|signed_in| Visitor {
                name: signed_in.person.name.clone(),
                form_token: signed_in.form_token(),
            }),
        }
    }
}

/// A page as it is sent. What surrounds it in [`crate::pages::surround`] adds the rest of its
/// headers.
pub(crate) fn show(
    status: StatusCode,
    page: &impl Template,
    policy: &Policy,
) -> Result<Response, Fault> {
    let text = page.render().map_err(Fault::Page)?;
    let mut response = (status, text).into_response();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response.headers_mut().insert("content-security-policy", policy.header());
    Ok(response)
}

/// An instant to the minute, for people.
pub(crate) fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let minute = text.get(..16).unwrap_or(&text);
    format!("{} UTC", minute.replace('T', " "))
}
