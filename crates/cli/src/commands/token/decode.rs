//! `bailiwick token decode`: what a token says, with nothing believed.

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use clap::Args;
use serde_json::{Value, json};

use super::given::{denied, read};
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Take a token apart, without checking its signature.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick token mint … | bailiwick token decode -")]
pub(crate) struct Arguments {
    /// The token, or - for standard input.
    token: String,
}

pub(super) fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let decoded = jws::decode(&read(&arguments.token)?).map_err(|denial| denied(&denial))?;
    let now = invocation.clock.now();
    let expires = decoded.payload.get("exp").and_then(Value::as_i64).map(Timestamp::from_seconds);
    let value = json!({
        "header": decoded.header,
        "payload": decoded.payload,
        "is_expired": expires.is_some_and(|at| at <= now),
        "expires_at": expires.map(|at| at.to_string()),
        "expires_in_seconds": expires.map(|at| at.millis_since(now) / 1_000),
    });
    invocation.output.say(&value, || {
        let header = pretty(&decoded.header);
        let payload = pretty(&decoded.payload);
        let time = match expires {
            None => "it never expires".to_owned(),
            Some(at) if at <= now => format!("it expired at {at}"),
            Some(at) => format!("it expires at {at}, in {} s", at.millis_since(now) / 1_000),
        };
        format!("header {header}\npayload {payload}\n{time}; its signature was not checked")
    });
    Ok(())
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
