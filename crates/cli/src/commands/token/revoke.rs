//! `bailiwick token revoke`: a token of the agent's own, taken back (RFC 7009).

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::given::read;
use crate::commands::asking::Asking;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Take a token back, and with it everything that was exchanged from it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick token revoke \"$TOKEN\" --key k.jwk")]
pub(crate) struct Arguments {
    /// The token, or - for standard input.
    token: String,
    /// The file with the private key of the agent that it was issued to.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let form = [("token", read(&arguments.token)?)];
    Asking::with(&arguments.key, invocation)?.form("/oauth/revoke", &form).await?;
    let told = "the token is good for nothing from the next request on";
    invocation.output.say(&json!({ "revoked": true }), || told.to_owned());
    Ok(())
}
