//! Masking of what a tool answers, or a resource has: labelled fields go out as `"***"` unless
//! their labels are cleared, as fields of any other API do.
//!
//! The labels are of what a tool answers structured (MCP 2025-06-18, Tools, Structured Content). A
//! server says the same once more as text, or in words of its own, and nobody can tell what of the
//! words is labelled. So of an answer that is masked nothing goes on but what was read: the masked
//! structure, and it again as the text that stands for it. Refusing such answers would leave a
//! client of an earlier revision, which knows the text alone, with nothing; passing the text would
//! leave the mask without a meaning. A failed call without a structure says only that it failed.
//! Of a resource, each text has to be JSON.

use std::collections::BTreeSet;
use std::sync::Arc;

use bailiwick_contract::mask::Mask;
use bailiwick_contract::masker::{Masker, Seen};
use bailiwick_domain::mcp::TOOLS_CALL;
use bailiwick_proof::json;
use serde_json::{Map, Value, json};

use super::answered;
use crate::speak::events::Unreadable;
use crate::speak::verbatim;

/// What stands for what cannot be told apart.
const MASKED: &str = "***";
/// What an answer has that may be labelled.
const LABELLED: [&str; 3] = ["content", "structuredContent", "contents"];

/// Masks the answers to one call.
pub struct Masking {
    mask: Arc<Mask>,
    kept_back: BTreeSet<String>,
    of_tool: bool,
    seen: Seen,
}

impl Masking {
    /// For the call of a tool, or the reading of a resource, whose answer has these labels.
    pub fn new(mask: &Arc<Mask>, method: &str, clears: impl Fn(&str) -> bool) -> Self {
        let kept_back = mask.labels().filter(|label| !clears(label)).map(str::to_owned).collect();
        let (mask, of_tool) = (Arc::clone(mask), method == TOOLS_CALL);
        Self { mask, kept_back, of_tool, seen: Seen::default() }
    }

    /// Whether nothing is kept back: the answer is then only looked at, for its record.
    pub fn only_looks(&self) -> bool {
        self.kept_back.is_empty()
    }

    /// The labels that came by.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The message as it may go on, if that is not as it came.
    pub fn mask(&mut self, message: &str) -> Result<Option<String>, Unreadable> {
        let mut members = json::object(message.as_bytes()).ok_or(Unreadable)?;
        let Some(result) = answered::result(&mut members)? else { return Ok(None) };
        let result = result.as_object().ok_or(Unreadable)?;
        if asks_for_input(result) {
            return Ok(None);
        }
        let masked = if self.of_tool {
            let text = verbatim::member(message, "result").ok_or(Unreadable)?;
            self.called(result, text)?
        } else {
            self.read(result)?
        };
        if self.only_looks() {
            return Ok(None);
        }
        let id = verbatim::member(message, "id").ok_or(Unreadable)?;
        Ok(Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{masked}}}"#)))
    }

    /// What a tool answers, of which `text` is the text.
    fn called(&mut self, result: &Map<String, Value>, text: &str) -> Result<String, Unreadable> {
        let failed = result.get("isError") == Some(&Value::Bool(true));
        let structured = verbatim::member(text, "structuredContent");
        let structured = structured.map(|it| self.value(it)).transpose()?;
        if structured.is_none() && !failed {
            return Err(Unreadable);
        }
        let shown = structured.as_deref().unwrap_or(MASKED);
        let mut masked = around(result);
        masked.insert("isError".to_owned(), failed.into());
        masked.insert("content".to_owned(), json!([{"type": "text", "text": shown}]));
        let masked = Value::Object(masked).to_string();
        let structured = structured.map(|it| format!(r#","structuredContent":{it}}}"#));
        // As it was sent, with every digit of its numbers.
        Ok(match (structured, masked.strip_suffix('}')) {
            (Some(structured), Some(open)) => format!("{open}{structured}"),
            _ => masked,
        })
    }

    /// What a resource has.
    fn read(&mut self, result: &Map<String, Value>) -> Result<String, Unreadable> {
        let contents = result.get("contents").and_then(Value::as_array).ok_or(Unreadable)?;
        let mut masked = around(result);
        if masked.contains_key("cacheScope") {
            masked.insert("cacheScope".to_owned(), "private".into());
        }
        let contents: Result<Vec<Value>, Unreadable> =
            contents.iter().map(|content| self.content(content)).collect();
        masked.insert("contents".to_owned(), contents?.into());
        Ok(Value::Object(masked).to_string())
    }

    fn content(&mut self, content: &Value) -> Result<Value, Unreadable> {
        let said = |name: &str| content.get(name).and_then(Value::as_str);
        let text = said("text").filter(|_| content.get("blob").is_none()).ok_or(Unreadable)?;
        let uri = said("uri").ok_or(Unreadable)?;
        let mut masked = json!({"uri": uri, "text": self.value(text)?});
        if let (Some(kind), Some(members)) = (said("mimeType"), masked.as_object_mut()) {
            members.insert("mimeType".to_owned(), kind.into());
        }
        Ok(masked)
    }

    /// A value in JSON, masked.
    fn value(&mut self, text: &str) -> Result<String, Unreadable> {
        let mut masker = Masker::new(&self.mask, |label| !self.kept_back.contains(label));
        let mut masked = Vec::with_capacity(text.len());
        let fed = masker.feed(text.as_bytes(), &mut masked).and_then(|()| masker.finish());
        fed.map_err(|_| Unreadable)?;
        let Seen { returned, masked: kept } = masker.seen();
        self.seen.returned.extend(returned);
        self.seen.masked.extend(kept);
        String::from_utf8(masked).map_err(|_| Unreadable)
    }
}

/// Whether the answer to a call that is not known may have what is labelled; some readers do not
/// mind the case of a name.
pub fn may_be_labelled(result: &Map<String, Value>) -> bool {
    let is_it = |name: &String| LABELLED.iter().any(|known| known.eq_ignore_ascii_case(name));
    result.keys().any(is_it)
}

/// Whether the server asks for something before it answers (MCP 2026-07-28, Multi Round-Trip
/// Requests).
fn asks_for_input(result: &Map<String, Value>) -> bool {
    let kind = result.get("resultType").and_then(Value::as_str);
    kind == Some("input_required") && !may_be_labelled(result)
}

/// What is around an answer and none of it, where it is what it should be.
fn around(result: &Map<String, Value>) -> Map<String, Value> {
    let is_it = |name: &str, value: &Value| match name {
        "resultType" => value == "complete",
        "cacheScope" => value.is_string(),
        "ttlMs" => value.is_number(),
        _ => false,
    };
    let kept = result.iter().filter(|(name, value)| is_it(name, value));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_contract::document::Document;

    const CARD: &str = "4111111111111111";

    /// Masks what a tool answers, of which `/card` and `/customer/*` are labelled.
    fn masked(
        method: &str,
        result: &str,
        clears: &[&str],
    ) -> (Result<Option<Value>, Unreadable>, Seen) {
        let labels = json!({"pci": ["/card"], "pii": ["/customer/*"]});
        let meta = json!({"bailiwick": {"mask": labels, "scopes": []}});
        let catalog = json!({"mcp": "2025-11-25",
            "tools": [{"name": "a", "inputSchema": {}, "_meta": meta}]});
        let document = Document::read(catalog.to_string().as_bytes()).unwrap();
        let mask = &document.operations[0].mask;
        let mut masking = Masking::new(mask, method, |label| clears.contains(&label));
        let message = format!(r#"{{"jsonrpc":"2.0","id":7,"result":{result}}}"#);
        let told = masking.mask(&message);
        let told = told.map(|it| it.map(|it| serde_json::from_str::<Value>(&it).unwrap()));
        (told.map(|it| it.map(|it| it["result"].clone())), masking.seen().clone())
    }

    fn called(result: &str) -> Result<Option<Value>, Unreadable> {
        masked(TOOLS_CALL, result, &["pii"]).0
    }

    fn text(result: &Value) -> &str {
        assert_eq!(result["content"].as_array().unwrap().len(), 1);
        result["content"][0]["text"].as_str().unwrap()
    }

    #[test]
    fn what_a_tool_answers_is_masked_and_its_text_is_the_masked() {
        let answer = format!(
            r#"{{"content":[{{"type":"text","text":"{CARD}"}},{{"type":"image","data":"{CARD}"}}],
            "structuredContent":{{"card":"{CARD}","sum":1.50,"customer":{{"name":"Anna"}}}},
            "_meta":{{"widget":"{CARD}"}},"StructuredContent":"{CARD}","resultType":"complete"}}"#
        );
        let (told, seen) = masked(TOOLS_CALL, &answer, &["pii"]);
        let told = told.unwrap().unwrap();
        assert!(!told.to_string().contains("4111"), "{told}");
        assert_eq!(text(&told), r#"{"card":"***","sum":1.50,"customer":{"name":"Anna"}}"#);
        assert_eq!(told["structuredContent"]["card"], "***");
        assert_eq!((&told["resultType"], &told["isError"]), (&json!("complete"), &json!(false)));
        assert!(seen.masked.contains("pci") && seen.returned.contains("pii"));
        let (told, seen) = masked(TOOLS_CALL, &answer, &["pii", "pci"]);
        assert_eq!((told, seen.masked.len(), seen.returned.len()), (Ok(None), 0, 2));
    }

    #[test]
    fn what_cannot_be_read_is_kept_back() {
        for answer in [
            r#"{"content":[{"type":"text","text":"4111"}]}"#,
            r#"{"content":[],"structuredcontent":{"card":"4111"}}"#,
            r#"{"task":{"taskId":"1"}}"#,
            r#"{"resultType":"input_required","content":[{"type":"text","text":"4111"}]}"#,
            r#"{"resultType":"input_required","Content":[{"type":"text","text":"4111"}]}"#,
            r#"{"structuredContent":{"card":1},"structuredContent":{"card":2}}"#,
            "[]",
            "7",
        ] {
            assert_eq!(called(answer), Err(Unreadable), "{answer}");
        }
        let failed = called(r#"{"isError":true,"content":[{"type":"text","text":"no 4111"}]}"#);
        let failed = failed.unwrap().unwrap();
        assert_eq!((text(&failed), &failed["isError"]), ("***", &json!(true)));
        let asks = r#"{"resultType":"input_required","inputRequests":{},"requestState":"x"}"#;
        assert_eq!(called(asks), Ok(None));
    }

    #[test]
    fn the_text_of_a_resource_is_masked_where_it_is_json() {
        let read = |contents: &str| {
            let result = format!(r#"{{"contents":[{contents}],"ttlMs":5,"cacheScope":"public"}}"#);
            masked("resources/read", &result, &[]).0
        };
        let told = read(
            r#"{"uri":"x:1","mimeType":"application/json","_meta":{"a":"4111"},
            "text":"{\"card\": \"4111\", \"sum\": 1.50}"}"#,
        );
        let told = told.unwrap().unwrap();
        let content = json!({"uri": "x:1", "mimeType": "application/json",
            "text": "{\"card\": \"***\", \"sum\": 1.50}"});
        let expected = json!({"contents": [content], "ttlMs": 5, "cacheScope": "private"});
        assert_eq!(told, expected);
        for contents in [
            r#"{"uri":"x:1","blob":"NDExMQ=="}"#,
            r#"{"uri":"x:1","text":"{}","blob":"NDExMQ=="}"#,
            r#"{"uri":"x:1","text":"card 4111"}"#,
            r#"{"uri":"x:1","text":"{\"card\":"}"#,
            r#"{"text":"{}"}"#,
            "7",
        ] {
            assert_eq!(read(contents), Err(Unreadable), "{contents}");
        }
    }
}
