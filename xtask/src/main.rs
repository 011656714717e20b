//! The project's chores: `cargo xtask check`, `test`, `gen`, `bench`, `fuzz`.
//!
//! Knows: cargo, the tools around it, and the servers that tests talk to. Never knows: the product.
//! Start reading at [`test`], which runs everything that has to hold.
#![allow(
    clippy::disallowed_methods,
    reason = "a chore reads its arguments, its environment and the clock"
)]

mod bench;
mod check;
mod fuzz;
mod generate;
mod report;
mod run;
mod sdk;
mod services;
mod test;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
Chores of the project.

Usage: cargo xtask <COMMAND> [--help]

Commands:
  check   What to run before every commit: format, lints, house rules, licenses, quick tests
  test    Everything that has to hold, with the servers it needs
  gen     Write the generated files: api/, pages of the reference, what SDKs know of both
  bench   Measure the gateway beside nginx and Envoy, and write bench/results.md
  fuzz    Run the fuzz targets for a while each
";

/// Whether all it looked at is as it should be; an error when it could not look.
type Chore = fn(&[String]) -> anyhow::Result<bool>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("xtask: {fault:#}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(arguments: &[String]) -> anyhow::Result<bool> {
    let Some((command, rest)) = arguments.split_first() else {
        eprint!("{HELP}");
        return Ok(false);
    };
    let (help, work): (&str, Chore) = match command.as_str() {
        "check" => (check::HELP, check::run),
        "test" => (test::HELP, test::run),
        "gen" => (generate::HELP, generate::run),
        "bench" => (bench::HELP, bench::run),
        "fuzz" => (fuzz::HELP, fuzz::run),
        "help" | "-h" | "--help" => {
            print!("{HELP}");
            return Ok(true);
        }
        unknown => anyhow::bail!("no chore is called `{unknown}`; `cargo xtask --help` lists them"),
    };
    if rest.iter().any(|it| it == "--help" || it == "-h") {
        print!("{help}");
        return Ok(true);
    }
    work(rest)
}
