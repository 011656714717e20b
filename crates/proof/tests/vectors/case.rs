//! Reading cases: one file each, `expect` first.

use std::fs;
use std::path::PathBuf;

use bailiwick_domain::denial::Denial;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;

/// Runs all cases of a topic, and fails with the list of those that came out differently.
pub(crate) fn run_all<C: DeserializeOwned>(
    topic: &str,
    expect: fn(&C) -> &str,
    run: fn(&C) -> Verdict,
) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(topic);
    let mut failures = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("{\n  \"expect\": \""), "{name}: expect comes first");
        let case: C = serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let (expected, verdict) = (expect(&case), run(&case));
        let count = if expected == "ok" { &mut accepted } else { &mut refused };
        *count += 1;
        if verdict.code != expected {
            failures.push(format!("{name}: {expected} expected, {} {}", verdict.code, verdict.why));
        }
    }
    assert_eq!(failures, Vec::<String>::new());
    assert!(accepted > 0 && refused >= 3 * accepted, "{accepted} accepted, {refused} refused");
}

/// How a case came out: `ok` or a code, and why.
pub(crate) struct Verdict {
    code: &'static str,
    why: String,
}

impl Verdict {
    pub(crate) fn of<T>(outcome: Result<T, Denial>) -> Self {
        match outcome {
            Ok(_) => Self { code: "ok", why: String::new() },
            Err(denial) => Self { code: denial.code(), why: format!("{denial:?}") },
        }
    }

    pub(crate) fn ok() -> Self {
        Self { code: "ok", why: String::new() }
    }

    pub(crate) fn because(code: &'static str, why: &impl ToString) -> Self {
        Self { code, why: why.to_string() }
    }

    pub(crate) fn refused(why: &impl ToString) -> Self {
        Self { code: "refused", why: why.to_string() }
    }
}

/// The fields of a case.
pub(crate) fn headers(listed: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in listed {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// The body of a case, given as text or as base64.
pub(crate) fn body(text: Option<&str>, encoded: Option<&str>) -> Vec<u8> {
    use base64::Engine as _;
    match (text, encoded) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(encoded)) => base64::engine::general_purpose::STANDARD.decode(encoded).unwrap(),
        _ => Vec::new(),
    }
}

/// Bytes as the base64 of a byte sequence.
pub(crate) fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
