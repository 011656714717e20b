//! `/api/v1/apis/{api}/documents`: the descriptions of an API, each version that was accepted, and
//! what another would change.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bailiwick_contract::widen::Change;
use bailiwick_store::api_documents::Accepted;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::apis::OperationObject;
use crate::admin::operator::Asker;
use crate::authority::Authority;
use crate::govern::documents::{self, Acceptance, Compared};
use crate::http::error::Problem;
use crate::http::read::{Long, Named};
use crate::refusal::Refusal;

/// An accepted version of an API's description.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiDocument)]
pub(crate) struct DocumentObject {
    /// The API.
    api: String,
    /// Its number, from 1; the highest is in force.
    version: i64,
    /// SHA-256 of its text, in hexadecimal.
    digest: String,
    /// Why it was accepted.
    because: String,
    /// Who accepted it: the id of an operator or a person, or `configuration`.
    accepted_by: String,
    /// When.
    #[schema(format = DateTime)]
    accepted_at: String,
}

/// A description to accept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDocument {
    /// The OpenAPI document or the catalog of MCP, JSON or YAML, or the card of A2A, as a text.
    document: String,
    /// Why it is accepted.
    because: String,
    /// Whether the scopes that are proposed are confirmed; without, their operations wait.
    #[serde(default)]
    confirm_scopes: bool,
}

/// A description to compare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparedDocument {
    /// The OpenAPI document or the catalog of MCP, JSON or YAML, or the card of A2A, as a text.
    document: String,
}

/// What a description changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiDocumentChange)]
pub(crate) struct ChangeObject {
    /// The operation; or `the server`, of MCP, or `the card`, of A2A.
    #[schema(example = "GET /tickets/{id}")]
    operation: String,
    /// Whether somebody may do more, or sees more, than before.
    widens: bool,
    /// What changed.
    change: String,
}

/// A part of a description that cannot be read, and is not served.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiDocumentUnread)]
pub(crate) struct UnreadObject {
    /// Where it stands, as a JSON pointer.
    pointer: String,
    /// Why.
    reason: String,
}

/// A description beside the one in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiDocumentComparison)]
pub(crate) struct Comparison {
    /// Whether any change lets somebody do more.
    widens: bool,
    /// What is different; empty where none is in force.
    changes: Vec<ChangeObject>,
    /// Operations that wait for their proposed scopes to be confirmed.
    waiting: Vec<OperationObject>,
    /// What cannot be read.
    unread: Vec<UnreadObject>,
}

/// A version that was accepted, and what it changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AcceptedApiDocument)]
pub(crate) struct AcceptedDocument {
    /// The version.
    #[serde(flatten)]
    version: DocumentObject,
    /// What it changes.
    #[serde(flatten)]
    comparison: Comparison,
}

/// The versions of an API's description.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiDocumentList)]
pub(crate) struct DocumentList {
    /// The newest first, at most a hundred.
    documents: Vec<DocumentObject>,
}

impl From<Accepted> for DocumentObject {
    fn from(accepted: Accepted) -> Self {
        Self {
            api: accepted.api,
            version: accepted.version,
            digest: accepted.digest,
            because: accepted.because,
            accepted_by: accepted.accepted_by,
            accepted_at: accepted.accepted_at.to_string(),
        }
    }
}

impl From<Change> for ChangeObject {
    fn from(change: Change) -> Self {
        Self { operation: change.operation, widens: change.widens, change: change.sentence }
    }
}

impl Comparison {
    /// With what is confirmed once the document is accepted.
    fn of(
        authority: &Authority,
        api: &str,
        compared: Compared,
        confirmed: &str,
    ) -> Result<Self, Refusal> {
        let document = compared.document;
        let service = documents::service(authority, api, &document, confirmed)?;
        let unread = document.unread.into_iter();
        Ok(Self {
            widens: compared.changes.iter().any(|change| change.widens),
            changes: compared.changes.into_iter().map(ChangeObject::from).collect(),
            waiting: service.waiting().iter().map(|it| OperationObject::from(&**it)).collect(),
            unread: unread
                .map(|it| UnreadObject { pointer: it.pointer, reason: it.reason })
                .collect(),
        })
    }
}

/// Accept a description.
#[utoipa::path(
    post,
    path = "/api/v1/apis/{api}/documents",
    tag = "apis",
    params(("api" = String, Path, description = "Its name in the configuration")),
    request_body = NewDocument,
    responses(
        (status = 201, description = "In force", body = AcceptedDocument),
        (status = 400, description = "Malformed, or no document", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such API", body = Problem),
        (status = 409, description = "In force already", body = Problem),
        (status = 413, description = "Too large", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn accept_api_document(
    State(authority): State<Authority>,
    Extension(Asker(by)): Extension<Asker>,
    Named(api): Named,
    Long(new): Long<NewDocument>,
) -> Result<Response, Refusal> {
    let NewDocument { document, because, confirm_scopes } = new;
    let acceptance = Acceptance { document, because, confirm_scopes };
    let (accepted, compared) = documents::accept(&authority, &api, acceptance, &by.id()).await?;
    let comparison = Comparison::of(&authority, &api, compared, &accepted.confirmed)?;
    let object = AcceptedDocument { version: accepted.into(), comparison };
    Ok((StatusCode::CREATED, Json(object)).into_response())
}

/// List the accepted descriptions.
#[utoipa::path(
    get,
    path = "/api/v1/apis/{api}/documents",
    tag = "apis",
    params(("api" = String, Path, description = "Its name in the configuration")),
    responses(
        (status = 200, description = "The newest first", body = DocumentList),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such API", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_api_documents(
    State(authority): State<Authority>,
    Named(api): Named,
) -> Result<Json<DocumentList>, Refusal> {
    let listed = documents::list(&authority, &api).await?;
    Ok(Json(DocumentList { documents: listed.into_iter().map(DocumentObject::from).collect() }))
}

/// Say what a description would change.
#[utoipa::path(
    post,
    path = "/api/v1/apis/{api}/documents/compare",
    tag = "apis",
    params(("api" = String, Path, description = "Its name in the configuration")),
    request_body = ComparedDocument,
    responses(
        (status = 200, description = "What it would change", body = Comparison),
        (status = 400, description = "Malformed, or no document", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such API", body = Problem),
        (status = 413, description = "Too large", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn compare_api_document(
    State(authority): State<Authority>,
    Named(api): Named,
    Long(given): Long<ComparedDocument>,
) -> Result<Json<Comparison>, Refusal> {
    let compared = documents::hold_against(&authority, &api, &given.document).await?;
    let current = compared.current.as_ref();
    let confirmed = current.map_or(String::new(), |it| it.accepted.confirmed.clone());
    Ok(Json(Comparison::of(&authority, &api, compared, &confirmed)?))
}
