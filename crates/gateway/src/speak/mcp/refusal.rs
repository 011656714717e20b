//! A refusal as an error of the protocol's own (JSON-RPC 2.0, section 5.1): the problem that an
//! HTTP API would answer with is in its `data`.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::mcp::RESOURCES_READ;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::elicitation::{self, URL_ELICITATION_REQUIRED};
use super::heard::{Eliciting, Heard, Wrong};
use crate::speak::told;

const INVALID_REQUEST: i64 = -32600;
/// The method is none that is known.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The parameters are not those of the method.
pub const INVALID_PARAMS: i64 = -32602;
/// The server failed, or the gateway cannot decide.
pub const INTERNAL_ERROR: i64 = -32603;
/// Header fields and message disagree (MCP 2026-07-28).
pub const HEADER_MISMATCH: i64 = -32020;
/// A revision that is not spoken (MCP 2026-07-28).
pub const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;

/// The answer to a refused message: its HTTP status, where it is another than `status`, and its
/// body. `state` is what the client sends back once people have decided.
pub fn answer(
    denial: &Denial,
    heard: Option<&Heard>,
    (status, mut problem): (StatusCode, Map<String, Value>),
    state: Option<&str>,
) -> (StatusCode, Value) {
    let id = heard.and_then(|heard| heard.id.as_ref());
    let eliciting =
        heard.and_then(|heard| heard.call.as_ref()).map_or(Eliciting::No, |call| call.eliciting);
    if let (Denial::ApprovalPending(waiting), Eliciting::ByResult, Some(state)) =
        (denial, eliciting, state)
    {
        let result = elicitation::by_result(waiting, state);
        return (StatusCode::OK, json!({"jsonrpc": "2.0", "id": id, "result": result}));
    }
    let status = status_of(denial, heard).unwrap_or(status);
    problem.insert("status".to_owned(), status.as_u16().into());
    let mut number = code(denial, status);
    if let Some(Wrong { code, data, .. }) = heard.and_then(|heard| heard.wrong.as_ref()) {
        number = *code;
        problem.extend(data.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    if let (Denial::ApprovalPending(waiting), Eliciting::ByError) = (denial, eliciting) {
        number = URL_ELICITATION_REQUIRED;
        let (name, pages) = elicitation::by_error(waiting);
        problem.insert(name.to_owned(), pages);
    }
    let error =
        json!({"code": number, "message": told::message(denial, &problem), "data": problem});
    let mut body = json!({"jsonrpc": "2.0", "error": error});
    if let (Some(id), Value::Object(members)) = (id, &mut body) {
        members.insert("id".to_owned(), id.clone());
    }
    (status, body)
}

/// The status that the protocol asks for, where it is another than the denial's. A call that waits
/// is answered like any other: clients take 202 for the end of it.
fn status_of(denial: &Denial, heard: Option<&Heard>) -> Option<StatusCode> {
    match denial {
        Denial::ApprovalPending(_) => Some(StatusCode::OK),
        // Somebody else's session is none: the client begins one of its own.
        Denial::AgentMismatch if heard.is_some() => Some(StatusCode::NOT_FOUND),
        _ => heard?.wrong.as_ref()?.status,
    }
}

/// The number of the error: the protocol's where it has one, and else the HTTP status, which lies
/// outside of what the protocol reserves (MCP 2026-07-28, Error Codes).
fn code(denial: &Denial, status: StatusCode) -> i64 {
    match denial {
        Denial::RequestMalformed(_) | Denial::BodyTooLarge { .. } => INVALID_REQUEST,
        Denial::McpHeaderMismatch(_) => HEADER_MISMATCH,
        Denial::ContractViolated { .. } | Denial::OperationUnknown => INVALID_PARAMS,
        Denial::UpstreamFailed | Denial::UpstreamTimeout | Denial::Unavailable => INTERNAL_ERROR,
        Denial::ApprovalPending(_) => 202,
        _ => status.as_u16().into(),
    }
}

/// What the protocol says of a name that nothing is offered under.
pub fn unknown(method: &str, name: &str) -> Wrong {
    let uri = (method == RESOURCES_READ).then(|| ("uri", Value::from(name)));
    Wrong { code: INVALID_PARAMS, status: None, data: uri.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::approval::State;
    use bailiwick_domain::denial::Waiting;
    use bailiwick_domain::id::ApprovalId;
    use bailiwick_domain::time::Timestamp;

    use crate::speak::mcp::heard::Call;
    use crate::speak::mcp::revision::Revision;

    fn waiting() -> Denial {
        Denial::ApprovalPending(Box::new(Waiting {
            id: ApprovalId::from_bits(1),
            state: State::Pending,
            url: "https://a.test/approvals/1".to_owned(),
            expires_at: Timestamp::default(),
            waited: None,
        }))
    }

    fn heard(eliciting: Eliciting) -> Heard {
        let call = Call { eliciting, ..Call::new(Revision::V2025_11_25) };
        Heard { id: Some(json!(7)), wrong: None, call: Some(call) }
    }

    fn refused(denial: &Denial, heard: Option<&Heard>) -> (u16, Value) {
        let mut problem = Map::new();
        problem.insert("code".to_owned(), denial.code().into());
        let (status, body) = answer(denial, heard, (StatusCode::FORBIDDEN, problem), Some("state"));
        (status.as_u16(), body)
    }

    #[test]
    fn a_refusal_is_an_error_with_the_problem_in_it() {
        let (status, body) = refused(&Denial::PolicyError, Some(&heard(Eliciting::No)));
        assert_eq!((status, &body["id"], &body["error"]["code"]), (403, &json!(7), &json!(403)));
        assert_eq!(body["error"]["data"]["code"], "policy_error");
        let (_, body) = refused(&Denial::CredentialMissing, None);
        assert!(body.get("id").is_none(), "there is no id before a message was read");
        let wrong = Wrong { code: -1, status: Some(StatusCode::NOT_FOUND), data: Vec::new() };
        let unread = Heard { wrong: Some(wrong), ..Heard::default() };
        let (status, body) = refused(&Denial::OperationUnknown, Some(&unread));
        assert_eq!((status, &body["error"]["code"]), (404, &json!(-1)));
        assert_eq!(body["error"]["data"]["status"], 404);
    }

    #[test]
    fn what_waits_for_people_is_told_as_the_client_can_show_it() {
        let (status, body) = refused(&waiting(), Some(&heard(Eliciting::No)));
        assert_eq!((status, &body["error"]["code"]), (200, &json!(202)));
        let (status, body) = refused(&waiting(), Some(&heard(Eliciting::ByError)));
        assert_eq!((status, &body["error"]["code"]), (200, &json!(-32042)));
        let page = &body["error"]["data"]["elicitations"][0];
        assert_eq!(
            (&page["mode"], &page["url"]),
            (&json!("url"), &json!("https://a.test/approvals/1"))
        );
        let (status, body) = refused(&waiting(), Some(&heard(Eliciting::ByResult)));
        let result = &body["result"];
        assert_eq!((status, &result["resultType"]), (200, &json!("input_required")));
        assert_eq!(result["requestState"], "state");
    }
}
