//! `cargo xtask gen`: files that are made from the code and committed.

mod interface;
mod lines;
mod python;
mod sdk;
mod typescript;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::run::{command, output, root};

pub(crate) const HELP: &str = "\
Writes the files that are made from the code: api/openapi.json, api/denials.json,
docs/src/reference/denials.md and docs/src/reference/roles.md; and from the first two what the SDKs
know of the interface: sdk/typescript/src/generated.ts and sdk/python/src/bailiwick/_generated.py.

Usage: cargo xtask gen [--check | --sdk]

Options:
  --check  Write nothing; fail when a file is not what the code says
  --sdk    Write those of the SDKs only; the product need not be built for it
";

/// Where each file lies, and the example that prints it.
const FILES: &[(&str, &str)] = &[
    ("api/openapi.json", "-p bailiwick-authority --example openapi"),
    ("api/denials.json", "-p bailiwick-testkit --example denial_table"),
    ("docs/src/reference/denials.md", "-p bailiwick-testkit --example denials"),
    ("docs/src/reference/roles.md", "-p bailiwick-authority --example roles"),
];

pub(crate) fn run(arguments: &[String]) -> Result<bool> {
    match arguments {
        [] => Ok(write_printed()? && write_sdks()?),
        [flag] if flag == "--check" => is_fresh(),
        [flag] if flag == "--sdk" => write_sdks(),
        _ => bail!("`cargo xtask gen` takes --check, --sdk or nothing"),
    }
}

fn write_printed() -> Result<bool> {
    for (path, example) in FILES {
        write(path, &print(example)?)?;
    }
    Ok(true)
}

fn write_sdks() -> Result<bool> {
    for (path, text) in sdk::files()? {
        write(path, &text)?;
    }
    Ok(true)
}

fn write(path: &str, text: &str) -> Result<()> {
    let whole = root().join(path);
    if let Some(folder) = whole.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&whole, text).with_context(|| format!("{path} cannot be written"))?;
    println!("wrote {path}");
    Ok(())
}

/// Whether each file is what the code says; names the ones that are not.
fn is_fresh() -> Result<bool> {
    let mut fresh = true;
    for (path, example) in FILES {
        fresh &= is_as_committed(path, &print(example)?);
    }
    for (path, text) in sdk::files()? {
        fresh &= is_as_committed(path, &text);
    }
    Ok(fresh)
}

fn is_as_committed(path: &str, text: &str) -> bool {
    let is_same = fs::read_to_string(root().join(path)).unwrap_or_default() == text;
    if !is_same {
        eprintln!("{path} is not what the code says; run `cargo xtask gen` and commit it");
    }
    is_same
}

fn print(example: &str) -> Result<String> {
    let text = output(&mut command(&format!("cargo run --quiet {example}")))?;
    Ok(format!("{}\n", text.trim_end()))
}
