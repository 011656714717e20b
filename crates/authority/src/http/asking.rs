//! Reading what a client asks of a person, wherever it does so by itself: who it is, and its
//! parameters.

use std::net::IpAddr;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bailiwick_domain::id::{AgentId, KeyId};

use crate::authority::Authority;
use crate::authorize::parameters::Parameters;
use crate::clients::named;
use crate::clients::requester::Requester;
use crate::enroll::limits;
use crate::http::read::Whole;
use crate::http::token::read_pairs;
use crate::issue::form::Form;
use crate::issue::party;
use crate::issue::refused::Refused;
use crate::petitions::asked::Unasked;
use crate::refusal::Refusal;

/// A client that asks.
pub(crate) struct Asking {
    /// The request.
    pub(crate) whole: Whole,
    /// Who it is.
    pub(crate) requester: Requester,
    /// In whose name what may be used once is spent.
    pub(crate) spends_as: KeyId,
    /// What it asks, with its `client_id`, and without what proved it.
    pub(crate) parameters: Parameters,
}

/// Reads the request. The client authenticates as at the token endpoint; one that is public by its
/// `client_id`, of which an address may try so many.
pub(crate) async fn read(
    authority: &Authority,
    address: IpAddr,
    request: Request,
) -> Result<Asking, AskRefused> {
    let whole = Whole::from_request(request, &()).await?;
    let pairs = read_pairs(&whole).await?;
    let form = Form::read(pairs.iter().filter(|(name, _)| is_of_client(name)).cloned().collect())?;
    let parameters = Parameters::new(pairs)?.without_proof();
    let is_document = form.client_id.as_ref().is_some_and(|id| id.parse::<AgentId>().is_err());
    let proves = form.client_assertion.is_some() || whole.head.headers.contains_key("signature");
    let (requester, spends_as) = if is_document && !proves {
        limits::check_address(authority, address).await?;
        let found = named::find(authority, form.client_id.as_deref().unwrap_or_default());
        let found = found.await?;
        let spends_as = KeyId::from_bits(found.agent.id.bits());
        (found, spends_as)
    } else {
        let party = party::authenticate(authority, whole.received(), &form).await?;
        if party.key.is_none() {
            limits::check_address(authority, address).await?;
        }
        let (spends_as, client_id) = (party.spends_as(), party.agent.id.to_string());
        let (agent, registration) = (party.agent, party.registration);
        (Requester { client_id, agent, registration, admitted: true }, spends_as)
    };
    let parameters = parameters.with("client_id", &requester.client_id);
    Ok(Asking { whole, requester, spends_as, parameters })
}

fn is_of_client(name: &str) -> bool {
    matches!(name, "client_id" | "client_assertion" | "client_assertion_type" | "client_secret")
}

/// Why nothing was asked.
pub(crate) enum AskRefused {
    /// In OAuth's words.
    Oauth(Refused),
    /// In this product's: too often, or a fault.
    Problem(Refusal),
}

impl IntoResponse for AskRefused {
    fn into_response(self) -> Response {
        match self {
            Self::Oauth(refused) => refused.into_response(),
            Self::Problem(refusal) => refusal.into_response(),
        }
    }
}

impl<R: Into<Refused>> From<R> for AskRefused {
    fn from(refused: R) -> Self {
        Self::Oauth(refused.into())
    }
}

impl From<Refusal> for AskRefused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(why) => Self::Oauth(Refused::Told("invalid_request", why)),
            other => Self::Problem(other),
        }
    }
}

impl From<Unasked> for AskRefused {
    fn from(unasked: Unasked) -> Self {
        match unasked {
            Unasked::Told(it) => Self::Oauth(Refused::Told(it.error, it.description)),
            Unasked::Refused(refusal) => refusal.into(),
        }
    }
}
