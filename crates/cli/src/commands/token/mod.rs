//! `bailiwick token`: access tokens asked for, taken apart and checked.

mod decode;
mod exchange;
mod given;
mod mint;
mod revoke;
mod verify;

use clap::Subcommand;

use crate::failure::Failure;
use crate::invocation::Invocation;

/// Mint, exchange, decode, verify and revoke access tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Mint(mint::Arguments),
    Decode(decode::Arguments),
    Verify(verify::Arguments),
    Exchange(exchange::Arguments),
    Revoke(revoke::Arguments),
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Mint(arguments) => mint::run(arguments, invocation).await,
        Command::Decode(arguments) => decode::run(arguments, invocation),
        Command::Verify(arguments) => verify::run(arguments, invocation).await,
        Command::Exchange(arguments) => exchange::run(arguments, invocation).await,
        Command::Revoke(arguments) => revoke::run(arguments, invocation).await,
    }
}
