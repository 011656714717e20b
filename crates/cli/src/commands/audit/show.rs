//! `bailiwick audit show`: everything that was written down about one request.

use clap::Args;

use crate::commands::shown::segment;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Show a record.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick audit show rec_01jd8m3q5r7t9v1x3z5b7d9f1h")]
pub(crate) struct Arguments {
    /// Its id, rec_…: what the upstream got as X-Request-ID.
    record: String,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/ledger/{}", segment(&arguments.record));
    let found = invocation.client()?.get(&path, &[]).await?;
    invocation.output.say(&found, || serde_json::to_string_pretty(&found).unwrap_or_default());
    Ok(())
}
