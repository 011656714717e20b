//! The operations of a catalog: what a server of MCP lists, as far as it can be told apart and
//! checked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_domain::mcp::{MAX_NAME, MAX_TEMPLATES, REVISIONS, is_name};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::uri_template::{UriTemplate, is_uri};
use serde_json::Value;

use crate::arguments::{Arguments, of_prompt};
use crate::contract::Contract;
use crate::definition::{Definition, META, OF_GATEWAY};
use crate::extension::{self, OfOperation};
use crate::labels;
use crate::library::Definitions;
use crate::list::List;
use crate::mask::Mask;
use crate::mirrored;
use crate::operation::{Described, MAX_OPERATIONS, Read};
use crate::pointer::join;
use crate::scopes::{Scopes, propose_named};
use crate::unread::{NotADocument, Unread, shorten};
use crate::unseen;

/// The member that makes a document a catalog: the revision of the protocol it was listed in.
pub(crate) const KEY: &str = "mcp";
/// The member with what the server says of itself.
const SERVER: &str = "server";
/// The member with what the server tells a model of how it is used.
const INSTRUCTIONS: &str = "instructions";
/// The most bytes of a title, a description or a name that are kept or shown.
const TEXT_BYTES: usize = 200;

/// The title and the version of the server.
pub(crate) fn server(root: &Value) -> (&str, &str) {
    let text = |key: &str| root.get(SERVER)?.get(key)?.as_str();
    (text("title").or(text("name")).unwrap_or_default(), text("version").unwrap_or_default())
}

/// What the server tells a model of how it is used.
pub(crate) fn instructions(root: &Value) -> Option<&str> {
    root.get(INSTRUCTIONS)?.as_str()
}

/// Reads all that a catalog lists.
pub(crate) fn read(root: &Value) -> Result<Read, NotADocument> {
    check_members(root)?;
    let mut read =
        Read { operations: Vec::new(), unread: Vec::new(), definitions: Definitions::new() };
    let mut total = 0_usize;
    for list in List::ALL {
        let Some(entries) = root.get(list.member()) else { continue };
        let at = join("", list.member());
        let malformed = |reason: &str| NotADocument::Catalog(Unread::new(&at, reason));
        let entries = entries.as_array().ok_or_else(|| malformed("is not a list"))?;
        total = total.saturating_add(entries.len());
        if total > MAX_OPERATIONS {
            return Err(NotADocument::TooMany);
        }
        if list == List::Templates && entries.len() > MAX_TEMPLATES {
            return Err(malformed(&format!("has more than {MAX_TEMPLATES} templates")));
        }
        let unclear = unclear(list, entries);
        for (number, entry) in entries.iter().enumerate() {
            let given = Given { list, entry, at: &join(&at, &number.to_string()) };
            let said = given.said().map_err(NotADocument::Extension)?;
            match given.describe(said, &unclear, &mut read.definitions) {
                Ok(described) => read.operations.push(described),
                Err(unread) => read.unread.push(unread),
            }
        }
    }
    // In one order, whichever way the catalog has them.
    read.unread.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    read.operations.sort_by(|a, b| (&a.method, &a.template).cmp(&(&b.method, &b.template)));
    Ok(read)
}

/// A catalog has these members and no others: one that is misspelled would be left out unseen.
fn check_members(root: &Value) -> Result<(), NotADocument> {
    let revision = root.get(KEY).and_then(Value::as_str).unwrap_or_default();
    if !REVISIONS.contains(&revision) {
        return Err(NotADocument::Version);
    }
    let malformed = |at: &str, reason: &str| NotADocument::Catalog(Unread::new(at, reason));
    if root.get(SERVER).is_some_and(|server| !server.is_object()) {
        return Err(malformed("/server", "is not an object"));
    }
    if root.get(INSTRUCTIONS).is_some_and(|text| !text.is_string()) {
        return Err(malformed("/instructions", "is not a text"));
    }
    let known = |name: &str| {
        [KEY, SERVER, INSTRUCTIONS].contains(&name)
            || List::ALL.iter().any(|list| list.member() == name)
    };
    let mut members = root.as_object().into_iter().flat_map(|members| members.keys());
    match members.find(|name| !known(name)) {
        Some(name) => Err(malformed(&join("", name), "is not a member of a catalog")),
        None => Ok(()),
    }
}

/// What of a list cannot be told from another of it, and from which.
fn unclear<'a>(list: List, entries: &'a [Value]) -> BTreeMap<&'a str, &'a str> {
    let names = entries.iter().filter_map(|entry| entry.get(list.identifier())?.as_str());
    let mut seen = BTreeSet::new();
    let mut unclear: BTreeMap<&str, &str> =
        names.clone().filter(|name| !seen.insert(*name)).map(|name| (name, name)).collect();
    if list == List::Templates {
        let read = |text: &'a str| Some((text, UriTemplate::parse(text).ok()?));
        let templates: Vec<_> = seen.into_iter().filter_map(read).collect();
        for (place, (text, template)) in templates.iter().enumerate() {
            for (other_text, other) in templates.iter().skip(place + 1) {
                if template.overlaps(other) {
                    unclear.insert(text, other_text);
                    unclear.insert(other_text, text);
                }
            }
        }
    }
    unclear
}

/// An entry where it stands.
struct Given<'a, 'b> {
    list: List,
    entry: &'a Value,
    at: &'b str,
}

impl Given<'_, '_> {
    /// What the entry says to the gateway.
    fn said(&self) -> Result<OfOperation, Unread> {
        extension::refuse(self.entry, self.at)?;
        let at = join(&join(self.at, META), OF_GATEWAY);
        let said = self.entry.get(META).and_then(|meta| meta.get(OF_GATEWAY));
        let said = OfOperation::of(said, &at)?;
        if said.mask.is_empty() || self.list != List::Prompts {
            return Ok(said);
        }
        Err(Unread::new(&join(&at, "mask"), "means nothing here: what a prompt says has no fields"))
    }

    fn describe(
        &self,
        said: OfOperation,
        unclear: &BTreeMap<&str, &str>,
        definitions: &mut Definitions,
    ) -> Result<Described, Unread> {
        let name = self.name()?;
        match unclear.get(name) {
            Some(other) if *other == name => {
                return Err(Unread::new(self.at, "is listed more than once"));
            }
            Some(other) => {
                let other = shorten(other, TEXT_BYTES / 2);
                let reason = format!("may be the same resource as `{other}`");
                return Err(Unread::new(self.at, reason));
            }
            None => {}
        }
        let mut remarks = Vec::new();
        if let Some(unseen) = unseen::find(self.entry) {
            let code = u32::from(unseen);
            remarks.push(format!("has characters that nobody sees, as U+{code:04X}"));
        }
        let scopes = said
            .scopes
            .map_or_else(|| Scopes::Proposed(self.propose(name, &mut remarks)), Scopes::Stated);
        let (arguments, mask) = (self.arguments(definitions)?, self.mask(&said.mask)?);
        let mirrored = match self.entry.get("inputSchema") {
            Some(schema) => mirrored::read(schema, &join(self.at, "inputSchema"))?,
            None => Vec::new(),
        };
        Ok(Described {
            operation_id: None,
            summary: self.summary(),
            method: self.list.operation().to_owned(),
            template: name.to_owned(),
            scopes,
            sensitivity: said.sensitivity.unwrap_or_default(),
            approval: said.approval.unwrap_or_default(),
            approvers: said.approvers.unwrap_or(1),
            limit: said.limit,
            remarks,
            contract: Arc::new(Contract { arguments, mirrored, ..Contract::default() }),
            mask: Arc::new(mask),
            body_mask: Arc::new(Mask::default()),
            definition: Some(Arc::new(Definition::of(self.entry))),
        })
    }

    /// What it is called with.
    fn name(&self) -> Result<&str, Unread> {
        let key = self.list.identifier();
        let name = self.entry.get(key).and_then(Value::as_str);
        let name = name.ok_or_else(|| Unread::new(self.at, format!("has no `{key}`")))?;
        let refused = |reason: String| Err(Unread::new(&join(self.at, key), reason));
        match self.list {
            List::Tools | List::Prompts if !is_name(name) => {
                let form = "of A-Z, a-z, 0-9, `_`, `.`, `/` and `-`";
                refused(format!("is not a name: 1 to {MAX_NAME} {form}"))
            }
            List::Resources if !is_uri(name) => refused("is not a URI".to_owned()),
            List::Templates => match UriTemplate::parse(name) {
                Ok(_) => Ok(name),
                Err(error) => refused(error.to_string()),
            },
            _ => Ok(name),
        }
    }

    fn summary(&self) -> Option<String> {
        let text = |key: &str| self.entry.get(key).and_then(Value::as_str);
        let said = text("title").or_else(|| text("description"));
        said.map(|it| shorten(&unseen::shown(it), TEXT_BYTES))
    }

    fn propose(&self, name: &str, remarks: &mut Vec<String>) -> ScopeSet {
        let hint = || self.entry.get("annotations")?.get("readOnlyHint")?.as_bool();
        match self.list {
            List::Tools if hint() == Some(true) => {
                remarks.push("that it only reads is what its server says of it".to_owned());
                propose_named("tools", name, "read")
            }
            List::Tools => propose_named("tools", name, "call"),
            List::Resources | List::Templates => propose_named("resources", name, "read"),
            List::Prompts => propose_named("prompts", name, "get"),
        }
    }

    /// What of its answers is labelled: fields of what a tool answers structured, and of the text
    /// of a resource, where that is JSON.
    fn mask(&self, fields: &[(String, Vec<String>)]) -> Result<Mask, Unread> {
        let schema = self.entry.get("outputSchema").filter(|it| labels::any(it));
        if schema.is_none() && fields.is_empty() {
            return Ok(Mask::default());
        }
        let made: Vec<Value> =
            fields.iter().map(|(label, steps)| labels::schema_of(label, steps)).collect();
        let made = made.iter().enumerate().map(|(n, it)| (format!("mask/{n}"), it));
        // What it refers to is within itself.
        let own = schema.map(|it| (String::new(), it));
        let read =
            labels::read(schema.unwrap_or(&Value::Null), own.into_iter().chain(made).collect());
        let at = join(self.at, "outputSchema");
        read.map_err(|unread| Unread { pointer: format!("{at}{}", unread.pointer), ..unread })
    }

    fn arguments(&self, definitions: &mut Definitions) -> Result<Option<Arguments>, Unread> {
        let (key, schema) = match self.list {
            List::Tools => {
                let schema = self.entry.get("inputSchema");
                let missing = || Unread::new(self.at, "has no `inputSchema`");
                ("inputSchema", schema.ok_or_else(missing)?.clone())
            }
            List::Prompts => {
                let at = join(self.at, "arguments");
                ("arguments", of_prompt(self.entry.get("arguments"), &at)?)
            }
            List::Resources | List::Templates => return Ok(None),
        };
        // Of each entry its own: `/tools/7` has `tools7d0` and so on.
        let prefix = self.at.replace('/', "");
        Arguments::read(&schema, &join(self.at, key), prefix, definitions).map(Some)
    }
}

#[cfg(test)]
#[path = "offer/tests.rs"]
mod tests;
