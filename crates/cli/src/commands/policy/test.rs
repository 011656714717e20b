//! `bailiwick policy test`: cases with the decision that they should get.

use std::path::{Path, PathBuf};

use bailiwick_policy::cases::{Case, Expected, Outcome};
use bailiwick_policy::decision::Answer;
use bailiwick_policy::engine::Engine;
use bailiwick_policy::question::Question;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::request::RawRequest;
use super::sources::{self, Texts, wrong};
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Try policies on cases: requests with the decision that they should get. Asks no server.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick policy test refunds.toml\n\n\
    with, in refunds.toml:\n\n  \
    policies = [\"refunds.cedar\"]      # beside this file; the shipped ones when left out\n\n  \
    [[case]]\n  \
    name = \"a large refund needs a person\"\n  \
    expect = \"approval\"               # allow, approval, deny or error\n  \
    approvers = 1\n  \
    by = [\"large-refunds\"]            # the policies that lead to it, all of them\n  \
    [case.request]\n  \
    operation = \"acme POST /refunds\"\n  \
    requires = [\"refunds:write\"]\n  \
    fields = { \"body/amount\" = 900 }\n\n\
    A request also takes agent, project, owner, kind, sensitivity, approval, person, chain, task,\n\
    purpose, proof, scopes, time and address.\n\n\
    Exits 1 when a case comes out otherwise.")]
pub(crate) struct Arguments {
    /// The cases.
    file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCases {
    policies: Option<Vec<PathBuf>>,
    #[serde(default)]
    case: Vec<RawCase>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: String,
    expect: String,
    approvers: Option<u8>,
    by: Option<Vec<String>>,
    masks: Option<Vec<String>>,
    request: RawRequest,
}

pub(super) fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let RawCases { policies, case: cases } = read(&arguments.file)?;
    let engine = engine(&arguments.file, policies.as_deref())?;
    if cases.is_empty() {
        return Err(Failure::usage("there is no [[case]] in the file"));
    }
    let (count, mut results) = (cases.len(), Vec::new());
    for raw in cases {
        results.push(try_case(raw, &engine)?);
    }
    let failed = results.iter().filter(|(_, wrong)| wrong.is_some()).count();
    let objects: Vec<&Value> = results.iter().map(|(object, _)| object).collect();
    invocation.output.say(&json!({ "cases": objects, "failed": failed }), || {
        let line = |(object, wrong): &(Value, Option<String>)| {
            let name = object.get("name").and_then(Value::as_str).unwrap_or_default();
            match wrong {
                None => format!("ok    {name}"),
                Some(wrong) => format!("FAIL  {name}: {wrong}"),
            }
        };
        results.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    match failed {
        0 => Ok(()),
        _ => Err(Failure::refused(format!("{failed} of {count} cases came out otherwise"))),
    }
}

fn read(file: &Path) -> Result<RawCases, Failure> {
    toml::from_str(&sources::text(file)?)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))
}

fn engine(cases: &Path, policies: Option<&[PathBuf]>) -> Result<Engine, Failure> {
    let read = match policies {
        None => Engine::shipped(),
        Some(files) => {
            let beside = cases.parent().unwrap_or(Path::new(""));
            let files: Vec<PathBuf> = files.iter().map(|file| beside.join(file)).collect();
            Texts::read(&files)?.engine()
        }
    };
    read.map_err(|problems| wrong(&problems))
}

fn try_case(raw: RawCase, engine: &Engine) -> Result<(Value, Option<String>), Failure> {
    let name = raw.name;
    let misread = |message: String| Failure::usage(format!("case \"{name}\": {message}"));
    let expected = expected(&raw.expect, raw.approvers).map_err(misread)?;
    let question: Question = raw.request.read().map_err(misread)?;
    let case = Case { name: name.clone(), question, expected, masks: raw.masks };
    let Outcome { answer, wrong } =
        case.run(engine, raw.by.as_deref()).map_err(Failure::refused)?;
    let by: Vec<&str> = answer.policies.iter().map(|policy| &*policy.id).collect();
    let object = json!({
        "name": name,
        "decision": answer.decision.as_str(),
        "by": by,
        "masks": labels(&answer),
        "errors": answer.errors,
        "wrong": wrong,
    });
    Ok((object, wrong))
}

fn labels(answer: &Answer) -> Vec<String> {
    answer.masks().iter().map(ToString::to_string).collect()
}

fn expected(word: &str, approvers: Option<u8>) -> Result<Expected, String> {
    match (word, approvers) {
        ("approval", approvers) => Ok(Expected::Approval(approvers)),
        (_, Some(_)) => Err("`approvers` goes with `expect = \"approval\"`".to_owned()),
        ("allow", None) => Ok(Expected::Allow),
        ("deny", None) => Ok(Expected::Deny),
        ("error", None) => Ok(Expected::Error),
        _ => Err("`expect` is \"allow\", \"approval\", \"deny\" or \"error\"".to_owned()),
    }
}
