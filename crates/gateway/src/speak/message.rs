//! One message: a request, a notification, or a response to a request of the server's
//! (JSON-RPC 2.0, sections 4 and 5).
//!
//! It is read so that no two readers can read it differently: no member twice, no member by
//! another case of its name (readers in Go match names whatever their case), no nesting that
//! somebody gives up on. A batch is refused in every revision: 2025-03-26 allows a server to take
//! none, and the later ones have none.

use bailiwick_proof::json;
use serde_json::{Map, Value};

/// How deep values may be nested.
pub const MAX_DEPTH: usize = 64;
/// The longest method, and the longest id that is a text, in bytes.
pub const MAX_NAME_BYTES: usize = 256;

/// The members of a message, and those of `params` that decide what is asked for.
const MEMBERS: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];
const PARAMETERS: [&str; 10] = [
    "name",
    "arguments",
    "uri",
    "_meta",
    "ref",
    "cursor",
    "notifications",
    "requestState",
    "inputResponses",
    "capabilities",
];

/// A message that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Something is asked for, and an answer expected.
    Request {
        /// What the answer will carry: a text or a whole number.
        id: Value,
        /// What is asked for.
        call: Calling,
    },
    /// Something is said, and no answer expected.
    Notification(Calling),
    /// An answer to what the server asked for.
    Response,
}

/// A method and its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Calling {
    /// The method.
    pub method: String,
    /// The parameters, by name.
    pub params: Map<String, Value>,
}

/// Why a body is no message.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// The id of the request, where it could be read.
    pub id: Option<Value>,
    /// Which error it is.
    pub error: Error,
    /// Why, in a few words.
    pub reason: &'static str,
}

/// The errors of JSON-RPC 2.0, section 5.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// It is not JSON that has one meaning.
    Parse,
    /// It is not a request.
    InvalidRequest,
    /// Its parameters are not those of its method.
    InvalidParams,
}

impl Error {
    /// The number of the error.
    pub const fn code(self) -> i64 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::InvalidParams => -32602,
        }
    }
}

impl Message {
    /// Reads a body that holds one message and nothing else.
    pub fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let refused = |error, reason| Unreadable { id: None, error, reason };
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(refused(Error::InvalidRequest, "a batch is not taken: send one message"));
        }
        let members = object(body).map_err(|reason| refused(Error::Parse, reason))?;
        read_members(members)
    }

    /// What is asked for or said, if it is not an answer.
    pub fn calling(&self) -> Option<&Calling> {
        match self {
            Self::Request { call, .. } | Self::Notification(call) => Some(call),
            Self::Response => None,
        }
    }

    /// The id of a request.
    pub fn id(&self) -> Option<&Value> {
        match self {
            Self::Request { id, .. } => Some(id),
            Self::Notification(_) | Self::Response => None,
        }
    }
}

impl Calling {
    /// A parameter that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }

    /// What `_meta` says.
    pub fn meta(&self, name: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(name)
    }
}

/// The one object that a body is, in which no reader finds something else than another.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, &'static str> {
    if !is_shallow(body) {
        return Err("the message is nested too deeply");
    }
    json::object(body).ok_or("the body is not one JSON object in which each member is there once")
}

fn read_members(mut members: Map<String, Value>) -> Result<Message, Unreadable> {
    let given = members.remove("id");
    let id = given.clone().filter(is_id);
    let refused = |reason| Unreadable { id: id.clone(), error: Error::InvalidRequest, reason };
    if members.remove("jsonrpc").as_ref().and_then(Value::as_str) != Some("2.0") {
        return Err(refused("`jsonrpc` is not \"2.0\""));
    }
    if given.is_some() && id.is_none() {
        return Err(refused("`id` is neither a whole number nor a text of at most 256 bytes"));
    }
    if members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(refused("it has a member that no message has"));
    }
    let answers = members.contains_key("result") || members.contains_key("error");
    let Some(method) = members.remove("method") else {
        let is_answer = answers && id.is_some() && members.len() == 1;
        return if is_answer { Ok(Message::Response) } else { Err(refused("`method` is missing")) };
    };
    if answers {
        return Err(refused("it is a request and an answer"));
    }
    let Value::String(method) = method else { return Err(refused("`method` is not a text")) };
    if method.is_empty() || method.len() > MAX_NAME_BYTES {
        return Err(refused("`method` is empty or longer than 256 bytes"));
    }
    let params = match members.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(refused("`params` is not an object")),
    };
    if !params.keys().all(|name| has_one_spelling(name)) {
        let reason = "`params` has a member that can be taken for another";
        return Err(Unreadable { id, error: Error::InvalidParams, reason });
    }
    let call = Calling { method, params };
    Ok(match id {
        Some(id) => Message::Request { id, call },
        None => Message::Notification(call),
    })
}

/// Whether nobody takes a parameter for one that decides something: its name is ASCII, and not
/// another case of such a name.
fn has_one_spelling(name: &str) -> bool {
    let is_taken_for = |known: &str| known.eq_ignore_ascii_case(name) && known != name;
    name.is_ascii() && !PARAMETERS.into_iter().any(is_taken_for)
}

/// A text or a whole number (MCP 2025-06-18, Base Protocol, Requests).
fn is_id(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() <= MAX_NAME_BYTES,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        _ => false,
    }
}

/// Whether no value is nested deeper than allowed. Found out before anything is built of it.
fn is_shallow(body: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in body {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(body: &str, expected: Result<Option<&str>, Error>) {
        let read = Message::read(body.as_bytes());
        let found = match &read {
            Ok(message) => Ok(message.calling().map(|call| call.method.as_str())),
            Err(unreadable) => Err(unreadable.error),
        };
        assert_eq!(found, expected, "{body}: {read:?}");
    }

    #[test]
    fn a_message_is_a_request_a_notification_or_an_answer() {
        check(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Ok(Some("ping")));
        check(r#" {"jsonrpc":"2.0","id":"a","method":"ping","params":{}} "#, Ok(Some("ping")));
        check(r#"{"jsonrpc":"2.0","method":"notifications/x"}"#, Ok(Some("notifications/x")));
        check(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Ok(None));
        check(r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#, Ok(None));
    }

    #[test]
    fn what_is_no_message_is_the_protocols_own_error() {
        let invalid = Err(Error::InvalidRequest);
        for (body, expected) in [
            ("", Err(Error::Parse)),
            ("{", Err(Error::Parse)),
            ("\"ping\"", Err(Error::Parse)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"} {}"#, Err(Error::Parse)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#, Err(Error::Parse)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","\u006dethod":"b"}"#, Err(Error::Parse)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"n":1,"n":2}}"#, Err(Error::Parse)),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, invalid),
            (" []", invalid),
            ("{}", invalid),
            (r#"{"id":1,"method":"ping"}"#, invalid),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1}"#, invalid),
            (r#"{"jsonrpc":"2.0","result":{}}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":""}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#, invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","extra":1}"#, invalid),
        ] {
            check(body, expected);
        }
    }

    #[test]
    fn no_parameter_is_taken_for_another_by_readers_that_do_not_mind_case() {
        for name in ["Name", "NAME", "Uri", "argumentſ", "_Meta", "requeſtState", "RequestState"]
        {
            let mut params = Map::new();
            params.insert("name".to_owned(), json!("safe"));
            params.insert(name.to_owned(), json!("other"));
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
            check(&body.to_string(), Err(Error::InvalidParams));
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{{"a":{open}{close}}}}}"#)
        };
        check(&nested(MAX_DEPTH - 2), Ok(Some("a")));
        check(&nested(MAX_DEPTH - 1), Err(Error::Parse));
        check(&nested(1_000_000), Err(Error::Parse));
        let text = format!(r#"{{"jsonrpc":"2.0","id":"{}\"[","method":"a"}}"#, "[".repeat(100));
        check(&text, Ok(Some("a")));
    }

    #[test]
    fn the_id_is_known_where_it_can_be_read() {
        let unreadable = Message::read(br#"{"jsonrpc":"2.0","id":7}"#).unwrap_err();
        assert_eq!(unreadable.id, Some(json!(7)));
        let long = json!({"jsonrpc": "2.0", "id": "x".repeat(300), "method": "ping"});
        assert_eq!(Message::read(long.to_string().as_bytes()).unwrap_err().id, None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body: Vec<u8>, text in "[\\[\\]{}\":,\\\\a0 ]{0,60}") {
            let _ = Message::read(&body);
            let _ = Message::read(text.as_bytes());
        }
    }
}
