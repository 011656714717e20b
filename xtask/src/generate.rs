//! `cargo xtask gen`: files that are made from the code and committed.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::run::{command, output, root};

pub(crate) const HELP: &str = "\
Writes the files that are made from the code: api/openapi.json, docs/src/reference/denials.md and
docs/src/reference/roles.md.

Usage: cargo xtask gen [--check]

Options:
  --check  Write nothing; fail when a file is not what the code says
";

/// Where each file lies, and the example that prints it.
const FILES: &[(&str, &str)] = &[
    ("api/openapi.json", "-p bailiwick-authority --example openapi"),
    ("docs/src/reference/denials.md", "-p bailiwick-testkit --example denials"),
    ("docs/src/reference/roles.md", "-p bailiwick-authority --example roles"),
];

pub(crate) fn run(arguments: &[String]) -> Result<bool> {
    match arguments {
        [] => write(),
        [flag] if flag == "--check" => is_fresh(),
        _ => bail!("`cargo xtask gen` takes --check or nothing"),
    }
}

fn write() -> Result<bool> {
    for (path, example) in FILES {
        let whole = root().join(path);
        if let Some(folder) = whole.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&whole, print(example)?).with_context(|| format!("{path} cannot be written"))?;
        println!("wrote {path}");
    }
    Ok(true)
}

/// Whether each file is what the code says; names the ones that are not.
fn is_fresh() -> Result<bool> {
    let mut fresh = true;
    for (path, example) in FILES {
        let committed = fs::read_to_string(root().join(path)).unwrap_or_default();
        if committed != print(example)? {
            eprintln!("{path} is not what the code says; run `cargo xtask gen` and commit it");
            fresh = false;
        }
    }
    Ok(fresh)
}

fn print(example: &str) -> Result<String> {
    let text = output(&mut command(&format!("cargo run --quiet {example}")))?;
    Ok(format!("{}\n", text.trim_end()))
}
