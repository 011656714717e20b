//! What a request over HTTP with JSON asks for (A2A 1.0, section 11.3).

use bailiwick_domain::a2a::{
    CANCEL_TASK, CREATE_PUSH, DELETE_PUSH, GET_EXTENDED_CARD, GET_PUSH, GET_TASK, LIST_PUSH,
    LIST_TASKS, SEND, SEND_STREAMING, SUBSCRIBE,
};
use http::Method;

/// What may stand in the query of a request that has no body (section 11.5).
const PARAMETERS: [&str; 8] = [
    "contextId",
    "status",
    "pageSize",
    "pageToken",
    "historyLength",
    "includeArtifacts",
    "statusTimestampAfter",
    "A2A-Version",
];

/// The method that HTTP method and path mean, the path below its interface and without a tenant;
/// the task that the path names, where it names one.
pub fn method<'a>(http: &Method, path: &'a str) -> Option<(&'static str, Option<&'a str>)> {
    // A colon that is encoded is one to whoever decodes it.
    if path.contains('%') {
        return None;
    }
    let (get, post, delete) =
        (*http == Method::GET, *http == Method::POST, *http == Method::DELETE);
    let mut segments = path.split('/');
    let first = segments.next().unwrap_or_default();
    let rest = [segments.next(), segments.next(), segments.next()];
    if segments.next().is_some() {
        return None;
    }
    match (first, rest) {
        ("message:send", [None, ..]) if post => Some((SEND, None)),
        ("message:stream", [None, ..]) if post => Some((SEND_STREAMING, None)),
        ("extendedAgentCard", [None, ..]) if get => Some((GET_EXTENDED_CARD, None)),
        ("tasks", [None, ..]) if get => Some((LIST_TASKS, None)),
        ("tasks", [Some(task), None, _]) => of_task(http, task),
        ("tasks", [Some(task), Some("pushNotificationConfigs"), config]) if is_id(task) => {
            let method = match config {
                None if post => CREATE_PUSH,
                None if get => LIST_PUSH,
                Some(id) if get && is_id(id) => GET_PUSH,
                Some(id) if delete && is_id(id) => DELETE_PUSH,
                None | Some(_) => return None,
            };
            Some((method, Some(task)))
        }
        _ => None,
    }
}

fn of_task<'a>(http: &Method, segment: &'a str) -> Option<(&'static str, Option<&'a str>)> {
    let (task, method) = match segment.rsplit_once(':') {
        None if *http == Method::GET => (segment, GET_TASK),
        Some((task, "cancel")) if *http == Method::POST => (task, CANCEL_TASK),
        // The text of the specification says POST, its schema GET.
        Some((task, "subscribe")) if [Method::POST, Method::GET].contains(http) => {
            (task, SUBSCRIBE)
        }
        _ => return None,
    };
    is_id(task).then_some((method, Some(task)))
}

/// Whether a segment can be an id: what means something in a path means nothing else in it.
fn is_id(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !segment.is_empty() && segment.bytes().all(plain)
}

/// Whether a query has only parameters that are known, each once: whatever else it says, nobody can
/// tell what is made of it.
pub fn is_query(query: &str, has_body: bool) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    query.split('&').filter(|pair| !pair.is_empty()).all(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        let known = PARAMETERS.contains(&name) && (!has_body || name == "A2A-Version");
        let first = !seen.contains(&name);
        seen.push(name);
        known && first
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_and_path_mean_one_thing_or_nothing() {
        let check = |asked: &str, expected: Option<(&str, Option<&str>)>| {
            let (http, path) = asked.split_once(' ').unwrap();
            let http = http.parse().unwrap();
            assert_eq!(method(&http, path), expected, "{asked}");
        };
        check("POST message:send", Some((SEND, None)));
        check("POST message:stream", Some((SEND_STREAMING, None)));
        check("GET tasks", Some((LIST_TASKS, None)));
        check("GET tasks/7", Some((GET_TASK, Some("7"))));
        check("POST tasks/7:cancel", Some((CANCEL_TASK, Some("7"))));
        check("POST tasks/7:subscribe", Some((SUBSCRIBE, Some("7"))));
        check("GET tasks/7:subscribe", Some((SUBSCRIBE, Some("7"))));
        check("POST tasks/7/pushNotificationConfigs", Some((CREATE_PUSH, Some("7"))));
        check("GET tasks/7/pushNotificationConfigs", Some((LIST_PUSH, Some("7"))));
        check("GET tasks/7/pushNotificationConfigs/c", Some((GET_PUSH, Some("7"))));
        check("DELETE tasks/7/pushNotificationConfigs/c", Some((DELETE_PUSH, Some("7"))));
        check("GET extendedAgentCard", Some((GET_EXTENDED_CARD, None)));
        for unknown in [
            "GET message:send",
            "POST message%3Asend",
            "POST message:send/",
            "GET tasks/7%3Asubscribe",
            "GET tasks/7%3acancel",
            "GET tasks/7:cancel",
            "GET tasks/:cancel",
            "POST tasks/7:other",
            "GET tasks/",
            "DELETE tasks/7",
            "POST tasks/7:a:cancel",
            "GET tasks/7/other",
            "GET tasks/7/pushNotificationConfigs/",
            "GET tasks/7/pushNotificationConfigs/c/d",
            "GET tenant/tasks",
            "POST ",
        ] {
            check(unknown, None);
        }
    }

    #[test]
    fn a_query_says_what_is_known_and_once() {
        assert!(is_query("contextId=a&pageSize=5&A2A-Version=1.0", false));
        assert!(is_query("A2A-Version=1.0", true));
        assert!(is_query("", true));
        assert!(!is_query("pageSize=5", true));
        assert!(!is_query("pageSize=5&pageSize=6", false));
        assert!(!is_query("tenant=other", false));
        assert!(!is_query("context%49d=a", false));
        assert!(!is_query("message.taskId=a", false));
    }
}
