//! `bailiwick demo`: the whole product at work, with nothing installed.

use clap::Args;

use crate::demo;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Watch three agents at work, and attacks on them fail.
///
/// A sample API, the authority and the gateway run in this process on a throw-away directory; every
/// request is real HTTP over loopback. Exit code 0 only if every verdict was the expected one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bailiwick demo\n  bailiwick demo --keep\n  \
    bailiwick demo --json | jq 'select(.event == \"request\")'")]
pub(crate) struct Arguments {
    /// Leave everything running afterwards, and print how to go on by hand.
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    // It holds a whole installation while it runs.
    Box::pin(demo::run(arguments.keep, invocation)).await
}
