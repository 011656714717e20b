//! `bailiwick audit verify`: every record, every hash, every signature; nothing believed but a key.

use std::path::{Path, PathBuf};

use bailiwick_ledger::checkpoint::VerifierKey;
use bailiwick_ledger::proof;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::{Value, json};

use super::place::Place;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger_files::{apart, parse_key};
use crate::output::facts;

/// Verify a whole ledger, or a single proof, with nothing but files and a public key.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bailiwick audit verify                                  # this installation, server on or off
  bailiwick audit verify --dir backup/ledger --key 'acme.example/ledger+1a2b3c4d+AQ…'
  bailiwick audit verify --url http://127.0.0.1:8701 --from yesterday.checkpoint
  bailiwick audit verify --proof receipt.proof --key key.pub

Exit code 1 names the first record that is not what was logged.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// An earlier checkpoint that the ledger has to continue.
    #[arg(long, value_name = "CHECKPOINT")]
    from: Option<PathBuf>,
    /// The ledger's public key, or a file with it; the one beside the ledger when left out.
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// Verify only this proof, as `audit prove` printed it.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    proof: Option<PathBuf>,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    if let Some(path) = &arguments.proof {
        return verify_proof(path, arguments, invocation).await;
    }
    let files = arguments.place.open(invocation)?;
    let key = arguments.named_key()?;
    let from = arguments.from.as_deref().map(read).transpose()?;
    let pinned = key.is_some();
    let place = files.place();
    let verified = apart(move || {
        let key = key.map_or_else(|| files.published_key(), Ok)?;
        files.verify(&key, from.as_deref()).map(|report| (report, key))
    });
    let (report, key) = verified.await?;
    let root = STANDARD.encode(report.root);
    let value = json!({
        "verified": true, "origin": key.name(), "records": report.size, "root": root,
        "key": key.to_string(), "key_pinned": pinned,
    });
    invocation.output.say(&value, || {
        let pairs = [
            ("ledger", place),
            ("verified", format!("all {} records, from the first to the last", report.size)),
            ("root", root.clone()),
            ("key", key.to_string()),
        ];
        facts(&pairs)
    });
    if !pinned {
        invocation.output.aside(
            "the key was found beside the ledger; name one that came another way with --key",
        );
    }
    Ok(())
}

async fn verify_proof(
    path: &Path,
    arguments: &Arguments,
    invocation: &Invocation,
) -> Result<(), Failure> {
    let text = read(path)?;
    let key = if let Some(key) = arguments.named_key()? {
        key
    } else {
        let files = arguments.place.open(invocation)?;
        apart(move || files.published_key()).await?
    };
    let verified = proof::verify(&text, &key).map_err(|error| {
        Failure::refused(format!("the proof proves nothing: {error}")).code("proof_invalid")
    })?;
    let record: Value = serde_json::from_slice(&verified.record).unwrap_or_default();
    let value = json!({
        "verified": true, "index": verified.index, "records": verified.checkpoint.size,
        "origin": verified.checkpoint.origin, "record": record,
    });
    invocation.output.say(&value, || {
        let pretty = serde_json::to_string_pretty(&record).unwrap_or_default();
        format!(
            "verified: record {} of {} in {}\n{pretty}",
            verified.index, verified.checkpoint.size, verified.checkpoint.origin
        )
    });
    Ok(())
}

impl Arguments {
    fn named_key(&self) -> Result<Option<VerifierKey>, Failure> {
        let Some(text) = &self.key else { return Ok(None) };
        if text.contains('+') && !Path::new(text).exists() {
            return parse_key(text).map(Some);
        }
        parse_key(&read(Path::new(text))?).map(Some)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))
}
