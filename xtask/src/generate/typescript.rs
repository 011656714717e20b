//! The TypeScript SDK's share of the interface.

use std::fmt::Write;

use anyhow::Result;

use super::interface::{Denial, Field, Model, Shape};
use super::lines::{quoted, wrap};

const HEAD: &str = "\
// Made by `cargo xtask gen` from api/denials.json and api/openapi.json; changes here are lost.

/** What is known of a denial before it happens. */
export interface DenialEntry {
  /** The HTTP status. */
  readonly status: number;
  /** What happened, in one sentence. */
  readonly title: string;
  /** How to do better, where the caller can. */
  readonly hint: string | null;
  /** Whether the same request, signed again, may succeed later. */
  readonly retryable: boolean;
}
";

const WIDTH: usize = 90;

/// The whole file.
pub(crate) fn file(denials: &[Denial], models: &[Model]) -> Result<String> {
    let mut out = String::from(HEAD);
    table(denials, &mut out)?;
    for model in models {
        interface(model, &mut out)?;
    }
    Ok(out)
}

fn table(denials: &[Denial], out: &mut String) -> Result<()> {
    out.push_str("\n/** Every way in which the gateway refuses a request, by its code. */\n");
    out.push_str("export const DENIALS = {\n");
    for Denial { code, status, title, hint, retryable } in denials {
        writeln!(out, "  {code}: {{")?;
        writeln!(out, "    status: {status},\n    title: {},", quoted(title)?)?;
        match hint.as_ref().map(|it| wrap(it, WIDTH - 10)) {
            None => out.push_str("    hint: null,\n"),
            Some(lines) => writeln!(out, "    hint:\n{},", joined(&lines)?)?,
        }
        writeln!(out, "    retryable: {retryable},\n  }},")?;
    }
    out.push_str("} as const satisfies Record<string, DenialEntry>;\n\n");
    out.push_str("/** The code of a denial. */\nexport type DenialCode = keyof typeof DENIALS;\n");
    Ok(())
}

/// One string, in as many literals as it takes.
fn joined(lines: &[String]) -> Result<String> {
    let last = lines.len().saturating_sub(1);
    let lines = lines.iter().enumerate().map(|(place, line)| {
        let text = if place == last { line.clone() } else { format!("{line} ") };
        Ok(format!("      {}", quoted(&text)?))
    });
    Ok(lines.collect::<Result<Vec<_>>>()?.join(" +\n"))
}

fn interface(model: &Model, out: &mut String) -> Result<()> {
    out.push('\n');
    comment("", &model.about, out)?;
    let bases = model.bases.join(", ");
    let extends = if bases.is_empty() { String::new() } else { format!(" extends {bases}") };
    writeln!(out, "export interface {}{extends} {{", model.name)?;
    for field in &model.fields {
        comment("  ", &field.about, out)?;
        writeln!(out, "  {}", member(field))?;
    }
    out.push_str("}\n");
    Ok(())
}

fn member(field: &Field) -> String {
    let optional = if field.is_required { "" } else { "?" };
    let null = if field.is_nullable { " | null" } else { "" };
    format!("{}{optional}: {}{null};", field.name, kind(&field.shape))
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Text => "string".to_owned(),
        Shape::Integer => "number".to_owned(),
        Shape::Truth => "boolean".to_owned(),
        Shape::Object => "Record<string, unknown>".to_owned(),
        Shape::List(of) => format!("{}[]", kind(of)),
        Shape::Model(name) => name.clone(),
    }
}

fn comment(indent: &str, about: &str, out: &mut String) -> Result<()> {
    let lines = wrap(about, WIDTH - indent.len());
    match lines.as_slice() {
        [] => {}
        [one] => writeln!(out, "{indent}/** {one} */")?,
        several => {
            writeln!(out, "{indent}/**")?;
            for line in several {
                writeln!(out, "{indent} * {line}")?;
            }
            writeln!(out, "{indent} */")?;
        }
    }
    Ok(())
}
