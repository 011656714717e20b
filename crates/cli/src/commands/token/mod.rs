//! `bailiwick token`: access tokens asked for, taken apart and checked.

mod decode;
mod mint;
mod verify;

use std::io::Read;

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

/// The token itself, or with `-` what standard input holds.
fn read(token: &str) -> Result<String, Failure> {
    if token != "-" {
        return Ok(token.to_owned());
    }
    let mut text = String::new();
    let read = std::io::stdin().take(65_536).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
    Ok(text.trim().to_owned())
}

/// A denial of the product's own checks, as a failure of the command.
fn denied(denial: &bailiwick_domain::denial::Denial) -> Failure {
    let title = denial.title().trim_end_matches('.');
    let failure = match denial.detail() {
        Some(detail) => Failure::refused(format!("{title}: {detail}")),
        None => Failure::refused(title),
    };
    failure.code(denial.code())
}
