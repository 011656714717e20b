//! `POST /oauth/par`: a client pushes what it will ask a person for (RFC 9126).

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use bailiwick_domain::id::{AgentId, KeyId};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::authorize::parameters::Parameters;
use crate::authorize::pushed;
use crate::authorize::request::{self, Unshown};
use crate::clients::named;
use crate::clients::requester::Requester;
use crate::enroll::limits;
use crate::http::error::OauthProblem;
use crate::http::peer::Peer;
use crate::http::read::Whole;
use crate::http::token::read_pairs;
use crate::issue::form::Form;
use crate::issue::party;
use crate::issue::refused::Refused;
use crate::issue::sender;
use crate::refusal::Refusal;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/oauth/par";

/// A request that was pushed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PushedObject {
    /// Its name: what the person is sent to the authorization endpoint with, beside `client_id`.
    request_uri: String,
    /// How long it is good, in seconds.
    expires_in: u32,
}

/// The parameters of an authorization request.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the form; the form itself is read by hand")]
pub(crate) struct AuthorizationRequest {
    /// `code`.
    #[schema(example = "code")]
    response_type: String,
    /// The agent's id, or the URL of its document.
    client_id: String,
    /// Where the answer goes: exactly one that is registered, but for the port on this machine.
    redirect_uri: Option<String>,
    /// SHA-256 of the verifier, base64url (RFC 7636).
    code_challenge: String,
    /// `S256`.
    #[schema(example = "S256")]
    code_challenge_method: String,
    /// Scopes, separated by spaces; `offline_access` for a consent that outlasts the sign-in.
    scope: Option<String>,
    /// Resource identifiers of APIs (RFC 8707); may be repeated.
    resource: Option<Vec<String>>,
    /// Operations, as JSON (RFC 9396), of type `operation`.
    authorization_details: Option<String>,
    /// Repeated in the answer.
    state: Option<String>,
    /// Repeated in the ID token.
    nonce: Option<String>,
    /// `query` or `form_post`.
    response_mode: Option<String>,
    /// `none`, or `login` and `consent`.
    prompt: Option<String>,
    /// How long ago the person may have signed in, in seconds.
    max_age: Option<u32>,
    /// The DPoP key that the code is for (RFC 9449, section 10).
    dpop_jkt: Option<String>,
}

/// Push an authorization request.
///
/// The client authenticates as at the token endpoint; one that is public by its `client_id`.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(
        content = AuthorizationRequest, content_type = "application/x-www-form-urlencoded"
    ),
    responses(
        (status = 201, description = "Pushed", body = PushedObject),
        (status = 400, description = "Refused", body = OauthProblem),
        (status = 401, description = "The client is not proven", body = OauthProblem),
    ),
    security((), ("agent_signature" = []), ("client_assertion" = []))
)]
pub(crate) async fn push_request(
    State(authority): State<Authority>,
    Peer(address): Peer,
    request: Request,
) -> Result<Response, PushRefused> {
    let whole = Whole::from_request(request, &()).await?;
    let pairs = read_pairs(&whole).await?;
    let form = Form::read(pairs.iter().filter(|(name, _)| is_of_client(name)).cloned().collect())?;
    let parameters = Parameters::new(pairs)?.without_proof();
    if parameters.all("request_uri").next().is_some() {
        return Err(Refused::InvalidRequest("a pushed request names no other").into());
    }
    let is_document = form.client_id.as_ref().is_some_and(|id| id.parse::<AgentId>().is_err());
    let proves = form.client_assertion.is_some() || whole.head.headers.contains_key("signature");
    let (requester, spends_as) = if is_document && !proves {
        limits::check_address(&authority, address).await?;
        let found = named::find(&authority, form.client_id.as_deref().unwrap_or_default());
        let found = found.await?;
        let spends_as = KeyId::from_bits(found.agent.id.bits());
        (found, spends_as)
    } else {
        let party = party::authenticate(&authority, whole.received(), &form).await?;
        if party.key.is_none() {
            limits::check_address(&authority, address).await?;
        }
        let spends_as = party.spends_as();
        let client_id = party.agent.id.to_string();
        let (agent, registration) = (party.agent, party.registration);
        (Requester { client_id, agent, registration, admitted: true }, spends_as)
    };
    let parameters = parameters.with("client_id", &requester.client_id);
    let proof = sender::by_dpop(&authority, whole.received(), spends_as).await?;
    let parameters = bind(parameters, proof.as_ref().and_then(|it| it.jkt()))?;
    let client_id = requester.client_id.clone();
    request::read(&authority, requester, &parameters).map_err(refuse)?;
    let request_uri = pushed::keep(&authority, &client_id, &parameters).await?;
    let pushed = PushedObject { request_uri, expires_in: pushed::SECONDS };
    Ok((StatusCode::CREATED, Json(pushed)).into_response())
}

fn is_of_client(name: &str) -> bool {
    matches!(name, "client_id" | "client_assertion" | "client_assertion_type" | "client_secret")
}

/// A proof that comes with the request says which key the code is for; a parameter that says
/// another is refused (RFC 9449, section 10.1).
fn bind(parameters: Parameters, proven: Option<&str>) -> Result<Parameters, Refused> {
    let Some(proven) = proven else { return Ok(parameters) };
    if parameters.all("dpop_jkt").any(|said| said != proven) {
        return Err(Refused::InvalidRequest("dpop_jkt is not the key of the DPoP proof"));
    }
    Ok(parameters.with("dpop_jkt", proven))
}

fn refuse(unshown: Unshown) -> PushRefused {
    match unshown {
        Unshown::Page(refusal) => refusal.into(),
        Unshown::Reply(_, deviation) => {
            Refused::Told(deviation.error, deviation.description).into()
        }
    }
}

/// Why nothing was pushed.
pub(crate) enum PushRefused {
    /// In OAuth's words.
    Oauth(Refused),
    /// In this product's: too often, or a fault.
    Problem(Refusal),
}

impl IntoResponse for PushRefused {
    fn into_response(self) -> Response {
        match self {
            Self::Oauth(refused) => refused.into_response(),
            Self::Problem(refusal) => refusal.into_response(),
        }
    }
}

impl<R: Into<Refused>> From<R> for PushRefused {
    fn from(refused: R) -> Self {
        Self::Oauth(refused.into())
    }
}

impl From<Refusal> for PushRefused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(why) => Self::Oauth(Refused::Told("invalid_request", why)),
            other => Self::Problem(other),
        }
    }
}
