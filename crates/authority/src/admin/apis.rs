//! `/api/v1/apis`: the APIs behind the gateway, as the configuration and their accepted
//! descriptions have them.

use axum::Json;
use axum::extract::State;
use bailiwick_domain::api::Api;
use bailiwick_domain::operation::Operation;
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::Named;
use crate::refusal::Refusal;
use crate::text;

/// An API behind the gateway.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Api)]
pub(crate) struct ApiObject {
    /// Its name in the configuration.
    name: String,
    /// What it speaks: `http`, `mcp` or `a2a`.
    kind: &'static str,
    /// The resource identifier that a token's `aud` names (RFC 8707).
    resource: String,
    /// `Host` values it answers to; any when empty.
    host: Vec<String>,
    /// The path prefix, stripped before forwarding.
    prefix: String,
    /// Where requests go.
    upstream: String,
    /// The least proof it takes: `bearer`, `mac` or `key`.
    proof: &'static str,
    /// Whether the caller's signature reaches the upstream.
    pass_signature: bool,
    /// What comes of a request that does not fit its description: `enforce`, `observe` or `off`.
    contract: &'static str,
    /// What it can be asked to do.
    operations: Vec<OperationObject>,
}

/// What an API can be asked to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operation)]
pub(crate) struct OperationObject {
    /// The method: of HTTP, or of JSON-RPC where MCP is spoken: `tools/call`, `resources/read`,
    /// `prompts/get`; where A2A is, `SendMessage` and others.
    method: String,
    /// The path template; where MCP is spoken, the name of the tool or prompt, or the URI or URI
    /// template of the resource; where A2A is, the id of the skill.
    #[schema(example = "/tickets/{id}")]
    path: String,
    /// What the caller must hold, all of it.
    scopes: Vec<String>,
    /// How often one agent may call it.
    limit: Option<String>,
    /// How much harm it can make: `public`, `internal`, `confidential` or `restricted`.
    sensitivity: &'static str,
    /// Whether a person has to agree first: `never`, `always` or `policy`.
    approval: &'static str,
}

/// The APIs behind the gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiList {
    /// In the order of the configuration.
    apis: Vec<ApiObject>,
}

impl From<&Operation> for OperationObject {
    fn from(operation: &Operation) -> Self {
        Self {
            method: operation.method.clone(),
            path: operation.template.clone(),
            scopes: text::of_scopes(&operation.scopes),
            limit: operation.limit.map(|limit| limit.to_string()),
            sensitivity: operation.sensitivity.as_str(),
            approval: operation.approval.as_str(),
        }
    }
}

impl From<&Api> for ApiObject {
    fn from(api: &Api) -> Self {
        let operations = api.operations.iter().map(|operation| OperationObject::from(&**operation));
        Self {
            name: api.name.to_string(),
            kind: api.kind.as_str(),
            resource: api.resource.clone(),
            host: api.hosts.clone(),
            prefix: api.prefix.clone(),
            upstream: api.upstream.clone(),
            proof: api.proof.as_str(),
            pass_signature: api.pass_signature,
            contract: api.contract.as_str(),
            operations: operations.collect(),
        }
    }
}

/// List the APIs.
#[utoipa::path(
    get,
    path = "/api/v1/apis",
    tag = "apis",
    responses(
        (status = 200, description = "All of them", body = ApiList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_apis(State(authority): State<Authority>) -> Json<ApiList> {
    Json(ApiList { apis: authority.apis.iter().map(ApiObject::from).collect() })
}

/// Show an API.
#[utoipa::path(
    get,
    path = "/api/v1/apis/{api}",
    tag = "apis",
    params(("api" = String, Path, description = "Its name in the configuration")),
    responses(
        (status = 200, description = "The API", body = ApiObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such API", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_api(
    State(authority): State<Authority>,
    Named(name): Named,
) -> Result<Json<ApiObject>, Refusal> {
    let api = authority.apis.iter().find(|api| *api.name == *name);
    Ok(Json(api.ok_or(Refusal::NotFound("API"))?.into()))
}
