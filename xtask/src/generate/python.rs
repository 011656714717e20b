//! The Python SDK's share of the interface.

use std::fmt::Write;

use anyhow::{Result, ensure};

use super::interface::{Denial, Field, Model, Shape};
use super::lines::{quoted, wrap};

const HEAD: &str = r#""""Made by `cargo xtask gen` from api/denials.json and api/openapi.json.

Changes here are lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypedDict

"#;

const DENIAL: &str = r#"

@dataclass(frozen=True)
class Denial:
    """What is known of a denial before it happens."""

    status: int
    """The HTTP status."""
    title: str
    """What happened, in one sentence."""
    hint: str | None
    """How to do better, where the caller can."""
    retryable: bool
    """Whether the same request, signed again, may succeed later."""


"#;

/// Words that cannot name a member of a class.
const KEYWORDS: &[&str] = &["as", "class", "def", "from", "global", "import", "in", "is", "with"];
const WIDTH: usize = 80;

/// The whole file.
pub(crate) fn file(denials: &[Denial], models: &[Model]) -> Result<String> {
    let mut out = String::from(HEAD);
    names(denials, models, &mut out)?;
    codes(denials, &mut out)?;
    out.push_str(DENIAL);
    table(denials, &mut out)?;
    for model in models {
        typed(model, &mut out)?;
    }
    Ok(out)
}

fn names(denials: &[Denial], models: &[Model], out: &mut String) -> Result<()> {
    ensure!(!denials.is_empty(), "no denials");
    let mut names = vec!["DENIALS", "Denial", "DenialCode"];
    names.extend(models.iter().map(|model| model.name.as_str()));
    names.sort_unstable();
    out.push_str("__all__ = [\n");
    for name in names {
        writeln!(out, "    \"{name}\",")?;
    }
    out.push_str("]\n\n");
    Ok(())
}

fn codes(denials: &[Denial], out: &mut String) -> Result<()> {
    out.push_str("DenialCode = Literal[\n");
    for denial in denials {
        writeln!(out, "    \"{}\",", denial.code)?;
    }
    out.push_str("]\n\"\"\"The code of a denial.\"\"\"\n");
    Ok(())
}

fn table(denials: &[Denial], out: &mut String) -> Result<()> {
    out.push_str("DENIALS: Final[Mapping[str, Denial]] = MappingProxyType(\n    {\n");
    for Denial { code, status, title, hint, retryable } in denials {
        let retryable = if *retryable { "True" } else { "False" };
        writeln!(out, "        \"{code}\": Denial(")?;
        writeln!(out, "            status={status},\n            title={},", quoted(title)?)?;
        match hint.as_ref().map(|it| wrap(it, WIDTH - 20)) {
            None => out.push_str("            hint=None,\n"),
            Some(lines) => writeln!(out, "            hint={},", joined(&lines)?)?,
        }
        writeln!(out, "            retryable={retryable},\n        ),")?;
    }
    out.push_str("    }\n)\n");
    out.push_str("\"\"\"Every way in which the gateway refuses a request, by its code.\"\"\"\n");
    Ok(())
}

/// One string, in as many literals as it takes.
fn joined(lines: &[String]) -> Result<String> {
    if let [one] = lines {
        return quoted(one);
    }
    let last = lines.len().saturating_sub(1);
    let lines = lines.iter().enumerate().map(|(place, line)| {
        let text = if place == last { line.clone() } else { format!("{line} ") };
        Ok(format!("                {}\n", quoted(&text)?))
    });
    Ok(format!("(\n{}            )", lines.collect::<Result<String>>()?))
}

/// A `TypedDict`; what it must have and what it may have are two classes, as `NotRequired` is not
/// in Python 3.10.
fn typed(model: &Model, out: &mut String) -> Result<()> {
    let (must, may): (Vec<_>, Vec<_>) = model.fields.iter().partition(|it| it.is_required);
    let mut bases = model.bases.clone();
    if !must.is_empty() && !may.is_empty() {
        let name = format!("_{}Required", model.name);
        class(&name, &bases, "What it always has.", out)?;
        members(&must, out)?;
        bases = vec![name];
    }
    if may.is_empty() {
        class(&model.name, &bases, &model.about, out)?;
        return members(&must, out);
    }
    if bases.is_empty() {
        bases.push("TypedDict".to_owned());
    }
    bases.push("total=False".to_owned());
    class(&model.name, &bases, &model.about, out)?;
    members(&may, out)
}

fn class(name: &str, bases: &[String], about: &str, out: &mut String) -> Result<()> {
    let bases = if bases.is_empty() { "TypedDict".to_owned() } else { bases.join(", ") };
    writeln!(out, "\n\nclass {name}({bases}):")?;
    documentation(about, out)?;
    Ok(())
}

fn members(fields: &[&Field], out: &mut String) -> Result<()> {
    if !fields.is_empty() {
        out.push('\n');
    }
    for field in fields {
        ensure!(!KEYWORDS.contains(&field.name.as_str()), "`{}` is a word of Python", field.name);
        let null = if field.is_nullable { " | None" } else { "" };
        writeln!(out, "    {}: {}{null}", field.name, kind(&field.shape))?;
        documentation(&field.about, out)?;
    }
    Ok(())
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Text => "str".to_owned(),
        Shape::Integer => "int".to_owned(),
        Shape::Truth => "bool".to_owned(),
        Shape::Object => "dict[str, Any]".to_owned(),
        Shape::List(of) => format!("list[{}]", kind(of)),
        Shape::Model(name) => name.clone(),
    }
}

fn documentation(about: &str, out: &mut String) -> Result<()> {
    let lines = wrap(about, WIDTH - 6);
    match lines.as_slice() {
        [] => {}
        [one] => writeln!(out, "    \"\"\"{one}\"\"\"")?,
        several => {
            writeln!(out, "    \"\"\"{}\n    \"\"\"", several.join("\n    "))?;
        }
    }
    Ok(())
}
