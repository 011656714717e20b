//! What a person or a model reads of a refusal.

use bailiwick_domain::denial::Denial;
use serde_json::{Map, Value};

/// What happened, what exactly, and how to do better, out of the problem that says so.
pub fn message(denial: &Denial, problem: &Map<String, Value>) -> String {
    let texts = ["detail", "hint"].into_iter().filter_map(|name| problem.get(name)?.as_str());
    let url = problem.get("approval").and_then(|it| it.get("url")).and_then(Value::as_str);
    let page = url.map(|url| format!("somebody decides at {url}; then make the same call again"));
    let mut message = denial.title().to_owned();
    for text in texts.map(str::to_owned).chain(page) {
        message.push(' ');
        message.push_str(&text);
        message.push('.');
    }
    message
}
