//! `bailiwick token`: access tokens asked for, taken apart and checked.

mod decode;
mod given;
mod mint;
mod verify;

use clap::Subcommand;

use crate::failure::Failure;
use crate::invocation::Invocation;

/// Mint, decode and verify access tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Mint(mint::Arguments),
    Decode(decode::Arguments),
    Verify(verify::Arguments),
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Mint(arguments) => mint::run(arguments, invocation).await,
        Command::Decode(arguments) => decode::run(arguments, invocation),
        Command::Verify(arguments) => verify::run(arguments, invocation).await,
    }
}
