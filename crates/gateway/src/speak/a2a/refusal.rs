//! A refusal as an error of the binding's own, with the problem that an HTTP API would answer with:
//! beside it over HTTP with JSON (A2A 1.0, section 11.6), in its `data` by JSON-RPC (section 9.5).

use bailiwick_contract::card::Binding;
use bailiwick_domain::denial::Denial;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::heard::{Heard, Wrong};
use crate::speak::told;

const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";
const STRUCT: &str = "type.googleapis.com/google.protobuf.Struct";
/// Whose word the reason of an error is: the protocol's (section 11.6), or the gateway's.
const PROTOCOL: &str = "a2a-protocol.org";
const OURS: &str = "bailiwick";

/// How a client does better that named no skill, and was taken to ask for all of them.
const NAME_ONE: &str = "name the skill that the message is for: its `metadata` has the id under \
                        `urn:bailiwick:a2a:skill`";

/// The answer to a refused request: its HTTP status, its body and the type of that.
pub fn answer(
    denial: &Denial,
    heard: Option<&Heard>,
    (status, mut problem): (StatusCode, Map<String, Value>),
) -> (StatusCode, Value, &'static str) {
    let wrong = heard.and_then(|heard| heard.wrong);
    if matches!(denial, Denial::ScopeMissing { .. }) && heard.is_some_and(Heard::names_no_skill) {
        problem.insert("hint".to_owned(), NAME_ONE.into());
    }
    let message = told::message(denial, &problem);
    let info = info(denial, wrong);
    if heard.and_then(|heard| heard.binding) == Some(Binding::JsonRpc) {
        let status = by_json_rpc(status);
        problem.insert("status".to_owned(), status.as_u16().into());
        let number = wrong.map_or_else(|| code(denial, status), Wrong::code);
        let data = json!([info, {"@type": STRUCT, "value": problem}]);
        let error = json!({"code": number, "message": message, "data": data});
        let id = heard.and_then(|heard| heard.id.as_ref());
        return (status, json!({"jsonrpc": "2.0", "id": id, "error": error}), "application/json");
    }
    let status = over_http(status, wrong);
    problem.insert("status".to_owned(), status.as_u16().into());
    let name = name(denial, wrong, status);
    let error = json!({
        "code": status.as_u16(), "status": name, "message": message, "details": [info],
    });
    problem.insert("error".to_owned(), error);
    (status, Value::Object(problem), "application/problem+json")
}

/// What waits for people is answered like any other: clients take 202 for the end of it.
fn by_json_rpc(status: StatusCode) -> StatusCode {
    if status == StatusCode::ACCEPTED { StatusCode::OK } else { status }
}

/// What waits for people is no answer to the request, and whatever the protocol has a word for is
/// 400 (section 5.4).
fn over_http(status: StatusCode, wrong: Option<Wrong>) -> StatusCode {
    let has_word = wrong.and_then(Wrong::reason).is_some();
    if status == StatusCode::ACCEPTED || has_word { StatusCode::BAD_REQUEST } else { status }
}

/// The number of the error: the protocol's where it has one, and else the HTTP status, which lies
/// outside of what JSON-RPC reserves.
fn code(denial: &Denial, status: StatusCode) -> i64 {
    match denial {
        Denial::RequestMalformed(_) | Denial::BodyTooLarge { .. } => Wrong::InvalidRequest.code(),
        Denial::ContractViolated { .. } | Denial::OperationUnknown => Wrong::InvalidParams.code(),
        Denial::UpstreamFailed | Denial::UpstreamTimeout | Denial::Unavailable => -32603,
        Denial::ApprovalPending(_) => 202,
        _ => status.as_u16().into(),
    }
}

/// The name of the status (google.rpc.Code).
fn name(denial: &Denial, wrong: Option<Wrong>, status: StatusCode) -> &'static str {
    let is_pending = matches!(denial, Denial::ApprovalPending(_));
    let of_state = [Wrong::PushNotificationNotSupported, Wrong::VersionNotSupported];
    if is_pending || wrong.is_some_and(|wrong| of_state.contains(&wrong)) {
        return "FAILED_PRECONDITION";
    }
    match status.as_u16() {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        502 | 503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500..=599 => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

fn info(denial: &Denial, wrong: Option<Wrong>) -> Value {
    let (reason, domain) = match wrong.and_then(Wrong::reason) {
        Some(reason) => (reason.to_owned(), PROTOCOL),
        None => (denial.code().to_ascii_uppercase(), OURS),
    };
    json!({"@type": ERROR_INFO, "reason": reason, "domain": domain})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(denial: &Denial, heard: &Heard, status: u16) -> (u16, Value, &'static str) {
        let mut problem = Map::new();
        problem.insert("code".to_owned(), denial.code().into());
        let status = StatusCode::from_u16(status).unwrap();
        let (status, body, media_type) = answer(denial, Some(heard), (status, problem));
        (status.as_u16(), body, media_type)
    }

    #[test]
    fn by_json_rpc_a_refusal_is_an_error_of_it() {
        let heard =
            Heard { binding: Some(Binding::JsonRpc), id: Some(json!("a")), ..Heard::default() };
        let (status, body, media_type) = refused(&Denial::PolicyError, &heard, 403);
        assert_eq!((status, media_type), (403, "application/json"));
        assert_eq!((&body["id"], &body["error"]["code"]), (&json!("a"), &json!(403)));
        assert_eq!(body["error"]["data"][0]["reason"], "POLICY_ERROR");
        assert_eq!(body["error"]["data"][1]["value"]["code"], "policy_error");
        let wrong = Some(Wrong::VersionNotSupported);
        let heard = Heard { wrong, ..heard };
        let (_, body, _) = refused(&Denial::RequestMalformed("x"), &heard, 400);
        assert_eq!(body["error"]["code"], -32009);
        assert_eq!(body["error"]["data"][0]["reason"], "VERSION_NOT_SUPPORTED");
        assert_eq!(body["error"]["data"][0]["domain"], "a2a-protocol.org");
    }

    #[test]
    fn over_http_it_is_a_problem_and_a_status_at_once() {
        let heard = Heard::default();
        let (status, body, media_type) = refused(&Denial::PolicyError, &heard, 403);
        assert_eq!((status, media_type), (403, "application/problem+json"));
        assert_eq!((&body["code"], &body["error"]["code"]), (&json!("policy_error"), &json!(403)));
        assert_eq!(body["error"]["status"], "PERMISSION_DENIED");
        assert_eq!(body["error"]["details"][0]["domain"], "bailiwick");
        let wrong = Some(Wrong::PushNotificationNotSupported);
        let heard = Heard { wrong, ..Heard::default() };
        let (status, body, _) = refused(&Denial::OperationUnknown, &heard, 403);
        assert_eq!((status, &body["error"]["status"]), (400, &json!("FAILED_PRECONDITION")));
        assert_eq!(body["status"], 400);
    }
}
