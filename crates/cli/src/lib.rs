//! The one binary: reads its arguments, its environment and its configuration, and wires the rest.
//!
//! Knows: where time, randomness and the environment come from; how the parts fit together; how
//! things are said to a person and to a script. Never knows: rules. A command that needs an `if`
//! about permission has it in the wrong place.
//!
//! Start reading at [`wire`], the composition root; [`config`] is what can be written in
//! `bailiwick.toml`, and `commands` has one command a file.

mod ambient;
mod arguments;
mod client;
mod commands;
pub mod config;
mod demo;
mod destination;
mod failure;
mod form;
mod invocation;
mod keyfile;
mod ledger_files;
mod mcp;
mod output;
mod sample;
mod signed;
mod span;
mod stop;
pub mod wire;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Does what the process was called for, and says how it ended.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse_from(ambient::arguments());
    let invocation = Invocation::new(arguments.json, arguments.config.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(arguments.run(&invocation)),
        Err(error) => Err(Failure::refused(format!("no threads to run on: {error}"))),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            invocation.output.fail(&failure);
            ExitCode::from(failure.exit.code())
        }
    }
}
