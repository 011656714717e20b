//! `[[api.operation]]`: one thing an API can be asked to do, and what it takes.

use std::str::FromStr;
use std::sync::Arc;

use bailiwick_domain::a2a;
use bailiwick_domain::api::Kind;
use bailiwick_domain::approval::MOST_APPROVERS;
use bailiwick_domain::limit::Limit;
use bailiwick_domain::mcp::{PROMPTS_GET, RESOURCES_READ, TOOLS_CALL};
use bailiwick_domain::operation::{ApprovalRule, Operation, Sensitivity, UnknownWord};
use bailiwick_domain::scope::ScopeSet;

use super::section::Section;

const METHOD: &str = "a method in capitals, as in \"GET\"";
const PATH: &str = "a path below the prefix, as in \"/tickets/{id}\"";
const TOOL: &str = "the name of a tool, as in \"search\"";
const RESOURCE: &str = "the URI or URI template of a resource, as in \"file:///docs/{name}\"";
const PROMPT: &str = "the name of a prompt, as in \"greet\"";
const SKILL: &str = "the id of a skill, as in \"route\"";
const OTHER: &str = "a method that is on no skill, as in \"GetTask\"";
const SCOPES: &str = "scopes, as in [\"tickets:read\"]; [] asks for none";
const SENSITIVITY: &str = "\"public\", \"internal\", \"confidential\" or \"restricted\"";
const APPROVAL: &str = "\"never\", \"always\" or \"policy\"";
const APPROVERS: &str = "1 or 2";
const LIMIT: &str = "a count and a period, as in \"30/min\" (s, min, h, d)";

pub(super) fn read(
    section: &mut Section<'_>,
    api: &Arc<str>,
    kind: Kind,
) -> Option<Arc<Operation>> {
    let (method, template) = match kind {
        Kind::Http => (read_method(section), section.required("path", PATH)),
        Kind::Mcp => read_offer(section).unzip(),
        Kind::A2a => read_skill(section).unzip(),
    };
    let scopes = read_scopes(section);
    let limited = section.has("limit");
    let limit: Option<Limit> = section.parse("limit", LIMIT);
    if limited && limit.is_none() {
        return None;
    }
    let sensitivity: Option<Sensitivity> = read_word(section, "sensitivity", SENSITIVITY);
    let approval: Option<ApprovalRule> = read_word(section, "approval", APPROVAL);
    let approvers = read_approvers(section);
    Some(Arc::new(Operation {
        api: Arc::clone(api),
        method: method?,
        template: template?,
        scopes: scopes?,
        limit,
        sensitivity: sensitivity?,
        approval: approval?,
        approvers: approvers?,
    }))
}

/// How many different people have to approve, where any has: one, unless two are asked for.
fn read_approvers(section: &mut Section<'_>) -> Option<u8> {
    if !section.has("approvers") {
        return Some(1);
    }
    let approvers: u8 = section.find("approvers", APPROVERS)?;
    if (1..=MOST_APPROVERS).contains(&approvers) {
        return Some(approvers);
    }
    let reason = format!("{approvers} people cannot be asked");
    section.refuse("approvers", reason, format!("write {APPROVERS}"));
    None
}

/// A word, or what stands for none; a problem was noted when it is neither.
fn read_word<T>(section: &mut Section<'_>, key: &'static str, expected: &str) -> Option<T>
where
    T: FromStr<Err = UnknownWord> + Default,
{
    if section.has(key) { section.parse(key, expected) } else { Some(T::default()) }
}

/// One of a tool, a resource and a prompt, by its name; and the method that it is used with.
fn read_offer(section: &mut Section<'_>) -> Option<(String, String)> {
    let mut found = None;
    let offers = [
        ("tool", TOOL, TOOLS_CALL),
        ("resource", RESOURCE, RESOURCES_READ),
        ("prompt", PROMPT, PROMPTS_GET),
    ];
    for (key, expected, method) in offers {
        if !section.has(key) {
            continue;
        }
        let name: String = section.find(key, expected)?;
        if found.replace((method.to_owned(), name)).is_some() {
            let reason = "names a second thing in one entry";
            section.refuse(key, reason, "write an [[api.operation]] for each");
            return None;
        }
    }
    if found.is_none() {
        section.refuse(
            "tool",
            "is missing",
            format!("write tool = {TOOL}, `resource` or `prompt`"),
        );
    }
    found
}

/// A skill, by its id, or a method that is on none.
fn read_skill(section: &mut Section<'_>) -> Option<(String, String)> {
    match (section.has("skill"), section.has("method")) {
        (true, false) => Some((a2a::SEND.to_owned(), section.find("skill", SKILL)?)),
        (false, true) => Some((section.find("method", OTHER)?, String::new())),
        (true, true) => {
            let reason = "names a second thing in one entry";
            section.refuse("method", reason, "write an [[api.operation]] for each");
            None
        }
        (false, false) => {
            section.refuse("skill", "is missing", format!("write skill = {SKILL}, or `method`"));
            None
        }
    }
}

fn read_method(section: &mut Section<'_>) -> Option<String> {
    let method = section.required("method", METHOD)?;
    let capitals = method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    let forwarded = !matches!(method.as_str(), "CONNECT" | "TRACE");
    if capitals && forwarded && (1..=20).contains(&method.len()) {
        return Some(method);
    }
    let reason = format!("`{method}` is not a method the gateway forwards");
    section.refuse("method", reason, format!("write {METHOD}"));
    None
}

fn read_scopes(section: &mut Section<'_>) -> Option<ScopeSet> {
    if !section.has("scopes") {
        section.refuse("scopes", "is missing", format!("write {SCOPES}"));
        return None;
    }
    let texts: Vec<String> = section.find("scopes", SCOPES)?;
    let scopes = match ScopeSet::from_texts(texts.iter().map(String::as_str)) {
        Ok(scopes) => scopes,
        Err(error) => {
            section.refuse("scopes", error.to_string(), format!("write {SCOPES}"));
            return None;
        }
    };
    if let Some(broad) = scopes.iter().find(|scope| scope.is_broad()) {
        let reason = format!("`{broad}` is broad: it reaches further than one action");
        section.refuse("scopes", reason, "name the one resource and the one action");
        return None;
    }
    Some(scopes)
}
