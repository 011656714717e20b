//! What a refusal says.

use std::fmt;
use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::date;

/// The longest that a server can ask to wait, in seconds; whatever is longer is this long.
const MAX_SECONDS: u64 = 999_999_999;

/// A refusal of the gateway or the authority (RFC 9457; RFC 6749, section 5.2).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Denial {
    /// The HTTP status.
    pub status: StatusCode,
    /// What programs go by; it never changes its meaning.
    pub code: String,
    /// What was refused, in a sentence without a full stop.
    pub title: String,
    /// What exactly was wrong, where more is known.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// The scopes that the agent would need besides.
    pub missing_scopes: Vec<String>,
    /// Whether the same request, signed again, may succeed later.
    pub retryable: bool,
    /// How long to wait before the next try.
    pub retry_after: Option<Duration>,
    /// The approval that it waits for.
    pub approval: Option<PendingApproval>,
    /// The request, as the ledger and the server's log name it.
    pub request_id: Option<String>,
    /// All fields of the answer.
    pub headers: HeaderMap,
}

/// A request that waits for people.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PendingApproval {
    /// `apr_…`
    pub id: String,
    /// `pending`, or `approved` where the request only has to be sent again.
    pub status: String,
    /// Where people see it and decide.
    pub url: String,
    /// Until when (RFC 3339).
    pub expires_at: String,
}

impl Denial {
    /// Reads a refusal; `problem` is the answer's one JSON object.
    pub(crate) fn read(
        problem: &Map<String, Value>,
        status: StatusCode,
        headers: HeaderMap,
    ) -> Option<Self> {
        let say = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
        let code = say("code").or_else(|| say("error"))?;
        let detail = say("detail").or_else(|| say("error_description"));
        let title = say("title").map(|title| title.trim_end_matches('.').to_owned());
        let missing = problem.get("missing_scopes").and_then(Value::as_array);
        let missing = missing.into_iter().flatten().filter_map(Value::as_str);
        let approval = problem.get("approval").cloned();
        let told = problem.get("retry_after_seconds").and_then(Value::as_u64);
        Some(Self {
            status,
            title: title.unwrap_or_else(|| format!("refused with {code}")),
            code,
            detail,
            hint: say("hint"),
            missing_scopes: missing.map(str::to_owned).collect(),
            retryable: problem.get("retryable").and_then(Value::as_bool).unwrap_or_default(),
            retry_after: retry_after(&headers).or(told.map(seconds)),
            approval: approval.and_then(|it| serde_json::from_value(it).ok()),
            request_id: say("request_id"),
            headers,
        })
    }

    /// Whether it is the refusal with this code.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

/// The code, what was refused, and exactly what was wrong. What to do is in `hint`.
impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.title)?;
        match &self.detail {
            Some(detail) if *detail != self.title => write!(f, ": {detail}"),
            _ => Ok(()),
        }
    }
}

/// `Retry-After`, as seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let given = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if !given.is_empty() && given.bytes().all(|it| it.is_ascii_digit()) {
        return Some(seconds(given.parse().unwrap_or(MAX_SECONDS)));
    }
    let now = date::read(headers.get(DATE)?.to_str().ok()?)?;
    let wait = date::read(given)?.millis_since(now);
    Some(Duration::from_millis(u64::try_from(wait).unwrap_or_default()))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(MAX_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use serde_json::json;

    fn read(problem: &Value, headers: HeaderMap) -> Option<Denial> {
        Denial::read(problem.as_object().unwrap(), StatusCode::FORBIDDEN, headers)
    }

    #[test]
    fn a_refusal_is_read_in_both_of_its_forms() {
        let problem = json!({
            "code": "scope_missing", "title": "A scope is missing.", "hint": "ask for it",
            "detail": "not held: a:b", "missing_scopes": ["a:b", 7], "request_id": "rec_1",
            "retryable": false, "retry_after_seconds": 3,
            "approval": {"id": "apr_1", "status": "pending", "url": "u", "expires_at": "e"},
        });
        let denial = read(&problem, HeaderMap::new()).unwrap();
        assert_eq!(denial.to_string(), "scope_missing: A scope is missing: not held: a:b");
        assert_eq!(denial.missing_scopes, ["a:b"]);
        assert_eq!(denial.retry_after, Some(Duration::from_secs(3)));
        assert_eq!(denial.approval.unwrap().id, "apr_1");
        let oauth = json!({"error": "invalid_scope", "error_description": "not held"});
        let denial = read(&oauth, HeaderMap::new()).unwrap();
        assert_eq!(denial.to_string(), "invalid_scope: refused with invalid_scope: not held");
        assert!(read(&json!({"title": "?"}), HeaderMap::new()).is_none());
    }

    #[test]
    fn when_to_come_back_is_said_in_seconds_or_as_a_date() {
        for (given, expected) in [
            ("7", Some(7)),
            ("", None),
            ("-1", None),
            ("99999999999999999999999", Some(MAX_SECONDS)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
            ("tomorrow", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
            headers.insert(RETRY_AFTER, HeaderValue::from_static(given));
            assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{given}");
        }
    }
}
