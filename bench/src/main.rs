//! Measures the gateway beside nginx and Envoy.
//!
//! Knows: how to start each of them, how to sign a request, and how to count what a process costs.
//! Never knows: what the gateway does inside; it measures from outside. Start reading at [`run`].
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark reads its arguments, its environment and the clock"
)]

mod client;
mod fleet;
mod forward;
mod guesses;
mod load;
mod maker;
mod message;
mod outcome;
mod peers;
mod process;
mod results;
mod revoke;
mod rows;
mod run;
mod steps;
mod table;
mod upstream;
mod usage;

use std::process::ExitCode;

const HELP: &str = "\
Usage: bailiwick-bench run [OPTIONS]     measures; `cargo xtask bench --help` explains
       bailiwick-bench run --list        prints the names of the rows
       bailiwick-bench revoke [OPTIONS]  measures how fast a suspension binds everywhere
       bailiwick-bench guesses           measures whether near guesses of secrets take longer
       bailiwick-bench upstream PORT     answers every request with 200
       bailiwick-bench forward FOLDER PORT UPSTREAM-PORT
                                         runs the gateway with a constant permit
       bailiwick-bench load              reads a job from standard input, writes what it measured
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run", rest @ ..] => run::run(rest),
        ["revoke", rest @ ..] => revoke::run(rest),
        ["guesses", rest @ ..] => guesses::run(rest),
        ["upstream", port] => upstream::serve(port),
        ["forward", folder, port, upstream] => forward::serve(folder, port, upstream),
        ["load"] => load::answer(),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault:#}");
            ExitCode::FAILURE
        }
    }
}
