//! `bailiwick audit`: what happened, and whether the record of it is whole.

mod line;
mod place;
mod propose;
mod prove;
mod search;
mod show;
mod tail;
mod verify;

use clap::Subcommand;

use crate::failure::Failure;
use crate::invocation::Invocation;

/// Search, follow, show, verify and prove the record of every request.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Search(search::Arguments),
    Tail(tail::Arguments),
    Show(show::Arguments),
    Propose(propose::Arguments),
    Verify(verify::Arguments),
    Prove(prove::Arguments),
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Search(arguments) => search::run(arguments, invocation).await,
        Command::Tail(arguments) => tail::run(arguments, invocation).await,
        Command::Show(arguments) => show::run(arguments, invocation).await,
        Command::Propose(arguments) => propose::run(arguments, invocation).await,
        Command::Verify(arguments) => verify::run(arguments, invocation).await,
        Command::Prove(arguments) => prove::run(arguments, invocation).await,
    }
}
