//! `bailiwick policy`: what agents may do beyond their scopes.

mod check;
mod explain;
mod record;
mod request;
mod sources;
mod test;
mod versions;

use clap::Subcommand;

use crate::failure::Failure;
use crate::invocation::Invocation;

/// Check, try, explain and put in force what agents may do beyond their scopes.
///
/// Policies are Cedar (<https://docs.cedarpolicy.com>). `bailiwick policy show 0` prints the
/// shipped ones, which are in force until others are, and `bailiwick policy check --schema` what
/// policies may speak of.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::Arguments),
    Test(test::Arguments),
    Explain(explain::Arguments),
    Apply(versions::Applying),
    List(versions::Listing),
    Show(versions::Showing),
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Check(arguments) => check::run(arguments, invocation),
        Command::Test(arguments) => test::run(arguments, invocation),
        Command::Explain(arguments) => explain::run(arguments, invocation).await,
        Command::Apply(arguments) => versions::apply(arguments, invocation).await,
        Command::List(versions::Listing {}) => versions::list(invocation).await,
        Command::Show(arguments) => versions::show(arguments, invocation).await,
    }
}
