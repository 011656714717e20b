//! `bailiwick completions`: what a shell needs to complete commands and options.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::output;

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick completions bash > \
    ~/.local/share/bash-completion/completions/bailiwick")]
pub(crate) struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, mut command: Command) {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "bailiwick", &mut script);
    output::bytes(&script);
}
