//! How the demonstration reads: sections, one line a request, color on a terminal.

use serde_json::{Value, json};

use super::agent::Agent;
use super::stage::Stage;
use super::verdict::{Expected, Verdict};
use crate::output::{self, Output, table};

const CALLER: usize = 17;
const METHOD: usize = 6;
const TARGET: usize = 24;
const CODE: usize = 18;

/// Where it is said.
pub(super) struct Page {
    output: Output,
}

/// Select Graphic Rendition, ECMA-48 section 8.3.117.
#[derive(Debug, Clone, Copy)]
enum Style {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

impl Page {
    pub(super) fn new(output: Output) -> Self {
        Self { output }
    }

    pub(super) fn opening(&self, stage: &Stage) {
        let value = json!({
            "event": "started", "gateway": format!("http://{}", stage.gateway()),
            "authority": stage.issuer(), "api": format!("http://{}", stage.sample.address),
        });
        self.value(&value, || {
            let title = self.styled(Style::Bold, "Bailiwick: every agent stays in its own.");
            format!(
                "{title}\n\n  agents → gateway http://{} → API http://{}\n  \
                 operator → authority {}",
                stage.gateway(),
                stage.sample.address,
                stage.issuer()
            )
        });
    }

    /// Begins a section.
    pub(super) fn section(&self, title: &str, about: &str) {
        if self.output.json {
            return;
        }
        let about = if about.is_empty() { String::new() } else { format!("  {about}") };
        let title = self.styled(Style::Bold, title);
        output::line(format!("\n{title}{}", self.styled(Style::Dim, &about)));
    }

    /// A value for programs, or text for people.
    pub(super) fn value(&self, value: &Value, text: impl FnOnce() -> String) {
        self.output.say(value, text);
    }

    pub(super) fn cast(&self, agents: [&Agent; 3]) {
        if self.output.json {
            for agent in agents {
                output::line(introduce(agent).to_string());
            }
            return;
        }
        let row = |agent: &&Agent| {
            let thumbprint: String = agent.key.thumbprint().chars().take(10).collect();
            vec![
                agent.name.to_owned(),
                agent.owner.to_owned(),
                format!("{thumbprint}…"),
                agent.scopes.join(" "),
                agent.purpose.to_owned(),
            ]
        };
        let rows: Vec<Vec<String>> = agents.iter().map(row).collect();
        let table = table(&["agent", "answers for it", "key", "may", "so that it"], &rows);
        for (place, line) in table.lines().enumerate() {
            let line = format!("  {line}");
            output::line(if place == 0 { self.styled(Style::Dim, &line) } else { line });
        }
    }

    /// What an operator did.
    pub(super) fn operator(&self, did: &str) {
        let value = json!({ "event": "operator", "did": did });
        self.value(&value, || self.styled(Style::Dim, &format!("  · an operator {did}")));
    }

    /// A check that held or did not.
    pub(super) fn check(&self, held: bool, text: &str) -> String {
        format!("  {} {text}", self.mark(held))
    }

    /// How one request ended.
    pub(super) fn verdict(&self, verdict: &Verdict) {
        self.value(&as_json(verdict), || self.verdict_line(verdict));
    }

    fn verdict_line(&self, verdict: &Verdict) -> String {
        let allowed = verdict.is_allowed();
        let mark = self.mark(allowed);
        let code = verdict.code.as_deref().unwrap_or("allowed");
        let style = if allowed { Style::Green } else { Style::Red };
        let code = self.styled(style, &format!("{code:<CODE$}"));
        let reason = match &verdict.reason {
            Some(reason) => format!("{} — {}", verdict.story, lower_first(reason)),
            None => verdict.story.clone(),
        };
        let Verdict { caller, method, target, status, .. } = verdict;
        let asked = format!("{caller:<CALLER$}  {method:<METHOD$} {target:<TARGET$}");
        let line = format!("  {mark} {asked} {status}  {code}  {reason}");
        if verdict.is_expected() {
            return line;
        }
        let wanted = match verdict.expected {
            Expected::Allowed(status) => format!("{status} allowed"),
            Expected::Refused(status, code) => format!("{status} {code}"),
        };
        format!(
            "{line}\n    {}",
            self.styled(Style::Yellow, &format!("UNEXPECTED: wanted {wanted}"))
        )
    }

    fn mark(&self, held: bool) -> String {
        if held { self.styled(Style::Green, "✔") } else { self.styled(Style::Red, "✘") }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if !self.output.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match style {
            Style::Bold => 1,
            Style::Dim => 2,
            Style::Red => 31,
            Style::Green => 32,
            Style::Yellow => 33,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

fn introduce(agent: &Agent) -> Value {
    json!({
        "event": "agent", "name": agent.name, "agent_id": agent.id, "owner": agent.owner,
        "purpose": agent.purpose, "scopes": agent.scopes, "key_id": agent.key_id,
        "thumbprint": agent.key.thumbprint(),
    })
}

fn as_json(verdict: &Verdict) -> Value {
    let (status, code) = match verdict.expected {
        Expected::Allowed(status) => (status, None),
        Expected::Refused(status, code) => (status, Some(code)),
    };
    json!({
        "event": "request", "caller": verdict.caller, "story": verdict.story,
        "method": verdict.method, "target": verdict.target, "allowed": verdict.is_allowed(),
        "status": verdict.status, "code": verdict.code, "reason": verdict.reason,
        "expected": { "status": status, "code": code }, "as_expected": verdict.is_expected(),
    })
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
