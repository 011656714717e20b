//! `POST /oauth/par`: a client pushes what it will ask a person for (RFC 9126).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::authorize::parameters::Parameters;
use crate::authorize::pushed;
use crate::authorize::request::{self, Unshown};
use crate::http::asking::{self, AskRefused, Asking};
use crate::http::error::OauthProblem;
use crate::http::peer::Peer;
use crate::issue::refused::Refused;
use crate::issue::sender;

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
) -> Result<Response, AskRefused> {
    let asking = asking::read(&authority, address, request).await?;
    let Asking { whole, requester, spends_as, parameters } = asking;
    if parameters.all("request_uri").next().is_some() {
        return Err(Refused::InvalidRequest("a pushed request names no other").into());
    }
    let proof = sender::by_dpop(&authority, whole.received(), spends_as).await?;
    let parameters = bind(parameters, proof.as_ref().and_then(|it| it.jkt()))?;
    let client_id = requester.client_id.clone();
    request::read(&authority, requester, &parameters).map_err(refuse)?;
    let request_uri = pushed::keep(&authority, &client_id, &parameters).await?;
    let pushed = PushedObject { request_uri, expires_in: pushed::SECONDS };
    Ok((StatusCode::CREATED, Json(pushed)).into_response())
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

fn refuse(unshown: Unshown) -> AskRefused {
    match unshown {
        Unshown::Page(refusal) => refusal.into(),
        Unshown::Reply(_, deviation) => {
            Refused::Told(deviation.error, deviation.description).into()
        }
    }
}
