//! Who is allowed further: people who signed in, and forms that were shown to them.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::Uri;
use http::request::Parts;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::http::read::Whole;
use crate::pages::form::Form;
use crate::pages::return_to;
use crate::people::session::{self, SignedIn};
use crate::refusal::Refusal;

/// A visit of somebody who signed in. Anybody else is sent to sign in, and back.
pub(crate) struct Visit(pub(crate) SignedIn);

/// A form that this authority showed to the person who is signed in, and which their browser sent.
pub(crate) struct Posted {
    /// Who.
    pub(crate) signed_in: SignedIn,
    /// What they filled in.
    pub(crate) form: Form,
}

/// Why a visit goes no further.
pub(crate) enum Turned {
    /// Nobody is signed in: they sign in first, and come back here.
    SignIn(Uri),
    /// It is refused.
    Refused(Refusal),
}

impl FromRequestParts<Authority> for Visit {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, authority: &Authority) -> Result<Self, Turned> {
        let found = session::find(authority, &parts.headers).await?;
        found.map(Self).ok_or_else(|| Turned::SignIn(parts.uri.clone()))
    }
}

impl FromRequest<Authority> for Posted {
    type Rejection = Turned;

    async fn from_request(request: Request, authority: &Authority) -> Result<Self, Turned> {
        let whole = Whole::from_request(request, authority).await?;
        let found = session::find(authority, &whole.head.headers).await?;
        let signed_in = found.ok_or_else(|| Turned::SignIn(whole.head.uri.clone()))?;
        let form = Form::read(&whole).await?;
        if !form.one("form_token").is_some_and(|token| signed_in.knows(token)) {
            return Err(Refusal::FormStale.into());
        }
        Ok(Self { signed_in, form })
    }
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(here) => return_to::sign_in_first(&here),
            Self::Refused(refusal) => refusal.into_response(),
        }
    }
}

impl From<Refusal> for Turned {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Turned {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.into())
    }
}
