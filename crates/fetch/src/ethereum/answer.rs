//! An answer of JSON-RPC 2.0.

use bailiwick_proof::json;
use serde_json::Value;

use super::Unanswered;

/// The code of a call that a contract reverted (Ethereum execution API, errors of `eth_call`).
const REVERTED: i64 = 3;

/// The text that answers question 1: exactly one of `result` and `error` is there (JSON-RPC 2.0,
/// section 5).
pub(super) fn read(document: &[u8]) -> Result<String, Unanswered> {
    let members = json::object(document).ok_or(Unanswered::Malformed)?;
    let is_answer = members.get("jsonrpc").and_then(Value::as_str) == Some("2.0")
        && members.get("id").and_then(Value::as_i64) == Some(1);
    match (members.get("result"), members.get("error")) {
        (Some(Value::String(result)), None) if is_answer => Ok(result.clone()),
        (None, Some(error)) if is_answer => Err(refusal(error)),
        _ => Err(Unanswered::Malformed),
    }
}

fn refusal(error: &Value) -> Unanswered {
    match error.get("code").and_then(Value::as_i64) {
        Some(REVERTED) => Unanswered::Reverted,
        Some(code) => Unanswered::Refused(code),
        None => Unanswered::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: Result<&str, Unanswered>) {
        let read = read(document.as_bytes());
        assert_eq!(read.as_deref().map_err(|it| *it), expected, "{document}");
    }

    #[test]
    fn an_answer_has_a_result_or_an_error() {
        check(r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#, Ok("0x1"));
        let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":CODE,"message":"m"}}"#;
        check(&error.replace("CODE", "3"), Err(Unanswered::Reverted));
        check(&error.replace("CODE", "-32005"), Err(Unanswered::Refused(-32_005)));
        check(&error.replace("CODE", "null"), Err(Unanswered::Malformed));
        for document in [
            "",
            "[]",
            "{}",
            r#"{"jsonrpc":"1.0","id":1,"result":"0x1"}"#,
            r#"{"jsonrpc":"2.0","id":2,"result":"0x1"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":"0x1","error":{"code":3}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":"0x1","result":"0x2"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
        ] {
            check(document, Err(Unanswered::Malformed));
        }
    }
}
