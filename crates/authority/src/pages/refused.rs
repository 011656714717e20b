//! A refusal as a page.

use askama::Template;
use axum::response::Response;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::http::error::{self, Code};
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage<'a> {
    frame: Frame,
    title: &'a str,
    detail: Option<String>,
    hint: Option<&'a str>,
    code: &'a str,
    request_id: &'a str,
}

/// The page that says why there is no other.
pub(crate) fn page(
    authority: &Authority,
    refusal: &Refusal,
    request_id: &str,
) -> Result<Response, Fault> {
    let page = RefusedPage {
        frame: Frame::new(authority, None),
        title: refusal.title(),
        detail: refusal.detail(),
        hint: refusal.hint(),
        code: refusal.code(),
        request_id,
    };
    let mut response = layout::show(error::status(refusal), &page, &Policy::default())?;
    response.extensions_mut().insert(Code(refusal.code()));
    Ok(response)
}
