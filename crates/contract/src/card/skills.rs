//! The operations of a card: a message to each of its skills.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_domain::a2a::{MAX_ID, SEND, is_skill_id};
use serde_json::Value;

use crate::contract::Contract;
use crate::definition::Definition;
use crate::extension::{self, OfOperation};
use crate::library::Definitions;
use crate::mask::Mask;
use crate::operation::{Described, MAX_OPERATIONS, Read};
use crate::pointer::join;
use crate::scopes::{self, Scopes, propose_named};
use crate::unread::{NotADocument, Unread, shorten};
use crate::unseen;

/// The extension by which a card says what its skills are to the gateway.
const OF_GATEWAY: &str = "urn:bailiwick:a2a:operations";
/// The most bytes of a summary that are kept.
const TEXT_BYTES: usize = 200;

/// Reads all skills of a card whose members are of their kinds.
pub(crate) fn read(card: &Value) -> Result<Read, NotADocument> {
    let mut read =
        Read { operations: Vec::new(), unread: Vec::new(), definitions: Definitions::new() };
    let skills = card.get("skills").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if skills.len() > MAX_OPERATIONS {
        return Err(NotADocument::TooMany);
    }
    extension::refuse(card, "").map_err(NotADocument::Extension)?;
    let mut said = said(card).map_err(NotADocument::Extension)?;
    let mut seen = BTreeSet::new();
    let ids = skills.iter().filter_map(|skill| skill.get("id")?.as_str());
    let twice: BTreeSet<&str> = ids.filter(|id| !seen.insert(*id)).collect();
    for (number, skill) in skills.iter().enumerate() {
        let at = join("/skills", &number.to_string());
        extension::refuse(skill, &at).map_err(NotADocument::Extension)?;
        match describe((card, skill), &at, &twice, &mut said) {
            Ok(described) => read.operations.push(described),
            Err(unread) => read.unread.push(unread),
        }
    }
    if let Some((id, (at, _))) = said.iter().find(|(id, _)| !seen.contains(&***id)) {
        let reason = format!("is of `{}`, which is no skill", shorten(id, TEXT_BYTES / 2));
        return Err(NotADocument::Extension(Unread::new(at, reason)));
    }
    // In one order, whichever way the card has them.
    read.operations.sort_by(|a, b| a.template.cmp(&b.template));
    Ok(read)
}

/// What a card says to the gateway of its skills, by their ids, and where.
type Said = BTreeMap<String, (String, OfOperation)>;

fn said(card: &Value) -> Result<Said, Unread> {
    let mut said = Said::new();
    let listed = card.get("capabilities").and_then(|it| it.get("extensions")?.as_array());
    let ours = listed.into_iter().flatten().enumerate().filter(|(_, it)| is_of_gateway(it));
    for (place, (number, extension)) in ours.enumerate() {
        let at = join("/capabilities/extensions", &number.to_string());
        if place > 0 {
            return Err(Unread::new(&at, "is there more than once"));
        }
        let at = join(&at, "params");
        for (name, value) in
            extension.get("params").and_then(Value::as_object).into_iter().flatten()
        {
            let at = join(&at, name);
            let skills = value.as_object().filter(|_| name == "skills");
            let skills = skills.ok_or_else(|| {
                Unread::new(&at, "has to be `skills`, and what each of them is by its id")
            })?;
            for (id, value) in skills {
                let at = join(&at, id);
                let of_skill = OfOperation::of(Some(value), &at)?;
                if !of_skill.mask.is_empty() {
                    let reason = "means nothing here: answers of agents are not masked";
                    return Err(Unread::new(&join(&at, "mask"), reason));
                }
                said.insert(id.clone(), (at, of_skill));
            }
        }
    }
    Ok(said)
}

/// Whether an extension is what the card says to the gateway.
pub fn is_of_gateway(extension: &Value) -> bool {
    extension.get("uri").and_then(Value::as_str) == Some(OF_GATEWAY)
}

fn describe(
    (card, skill): (&Value, &Value),
    at: &str,
    twice: &BTreeSet<&str>,
    said: &mut Said,
) -> Result<Described, Unread> {
    let id = skill.get("id").and_then(Value::as_str);
    let id = id.ok_or_else(|| Unread::new(at, "has no `id`"))?;
    if !is_skill_id(id) {
        let form = "of ASCII without spaces, and not `*`";
        let reason = format!("is not an id here: 1 to {MAX_ID} characters {form}");
        return Err(Unread::new(&join(at, "id"), reason));
    }
    if twice.contains(id) {
        return Err(Unread::new(at, "is listed more than once"));
    }
    let said = said.get_mut(id).map(|(_, said)| std::mem::take(said)).unwrap_or_default();
    let mut remarks = Vec::new();
    if let Some(unseen) = unseen::find(skill) {
        let code = u32::from(unseen);
        remarks.push(format!("has characters that nobody sees, as U+{code:04X}"));
    }
    let proposed = || propose_named("skills", id, "call");
    let required = || required(card, skill);
    let scopes = said.scopes.map(Scopes::Stated);
    let scopes = scopes.unwrap_or_else(|| scopes::settle(required(), proposed, &mut remarks));
    let text = |key: &str| skill.get(key).and_then(Value::as_str).filter(|it| !it.is_empty());
    let summary = text("name").or_else(|| text("description"));
    Ok(Described {
        operation_id: None,
        summary: summary.map(|it| shorten(&unseen::shown(it), TEXT_BYTES)),
        method: SEND.to_owned(),
        template: id.to_owned(),
        scopes,
        sensitivity: said.sensitivity.unwrap_or_default(),
        approval: said.approval.unwrap_or_default(),
        approvers: said.approvers.unwrap_or(1),
        limit: said.limit,
        remarks,
        contract: Arc::new(Contract::default()),
        mask: Arc::new(Mask::default()),
        body_mask: Arc::new(Mask::default()),
        definition: Some(Arc::new(Definition::of_skill(skill))),
    })
}

/// The alternatives that a skill requires, or else all of the agent, each the scopes of the schemes
/// that have scopes (sections 4.4.5 and 4.5).
fn required<'a>(card: &'a Value, skill: &'a Value) -> Vec<BTreeSet<&'a str>> {
    let listed = |holder: &'a Value| {
        let listed = holder.get("securityRequirements").and_then(Value::as_array);
        listed.filter(|it| !it.is_empty())
    };
    let alternatives = listed(skill).or_else(|| listed(card)).into_iter().flatten();
    let has_scopes = |scheme: &str| {
        let scheme = card.get("securitySchemes").and_then(|schemes| schemes.get(scheme));
        ["oauth2SecurityScheme", "openIdConnectSecurityScheme"]
            .into_iter()
            .any(|kind| scheme.and_then(|scheme| scheme.get(kind)).is_some_and(Value::is_object))
    };
    let scopes = |alternative: &'a Value| {
        let schemes = alternative.get("schemes").and_then(Value::as_object).into_iter().flatten();
        let lists = schemes.filter(|(name, _)| has_scopes(name));
        let lists = lists.filter_map(|(_, scopes)| scopes.get("list")?.as_array());
        lists.flatten().filter_map(Value::as_str).collect()
    };
    alternatives.map(scopes).collect()
}

#[cfg(test)]
#[path = "skills/tests.rs"]
mod tests;
