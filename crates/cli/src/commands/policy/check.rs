//! `bailiwick policy check`: whether policies hold against the schema.

use std::path::PathBuf;

use bailiwick_policy::shipped::SCHEMA;
use bailiwick_policy::source::{Problem, Problems};
use clap::Args;
use serde_json::{Value, json};

use super::sources::{Texts, wrong};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output;

/// Check policies, strictly: a warning is a problem too. Asks no server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bailiwick policy check refunds.cedar tickets.cedar\n  \
    bailiwick policy check --schema    # what policies may speak of\n\n\
    Exits 1 when something is wrong, and says where.")]
pub(crate) struct Arguments {
    /// The files, which make up one set.
    #[arg(required_unless_present = "schema")]
    files: Vec<PathBuf>,
    /// Print the schema.
    #[arg(long, conflicts_with = "files")]
    schema: bool,
}

pub(super) fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    if arguments.schema {
        output::line(SCHEMA.trim_end());
        return Ok(());
    }
    match Texts::read(&arguments.files)?.engine() {
        Ok(engine) => {
            let names: Vec<&str> = engine.policies().map(|policy| &*policy.id).collect();
            let count = names.len();
            let what = if count == 1 { "policy" } else { "policies" };
            let found = json!({ "policies": names, "problems": [] });
            invocation.output.say(&found, || format!("{count} {what}, nothing wrong"));
            Ok(())
        }
        Err(problems) => {
            if invocation.output.json {
                output::line(json!({ "problems": listed(&problems) }).to_string());
            }
            Err(wrong(&problems))
        }
    }
}

fn listed(Problems(problems): &Problems) -> Vec<Value> {
    problems.iter().map(object).collect()
}

fn object(problem: &Problem) -> Value {
    let Problem { source, line, column, message, hint } = problem;
    json!({
        "file": source,
        "line": line,
        "column": column,
        "message": message,
        "hint": hint,
    })
}
