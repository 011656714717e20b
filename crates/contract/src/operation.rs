//! The operations of a document: everything under `paths` that can be told apart and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_domain::a2a;
use bailiwick_domain::limit::Limit;
use bailiwick_domain::operation::{ApprovalRule, Operation, Routes, Sensitivity};
use serde_json::Value;

use crate::body::{Body, is_json};
use crate::contract::Contract;
use crate::definition::Definition;
use crate::dialect::Dialect;
use crate::extension::{self, OfOperation};
use crate::labels;
use crate::library::{Definitions, Library};
use crate::mask::Mask;
use crate::parameter::{Parameter, Place};
use crate::pointer::{follow, join};
use crate::scopes::{self, Scopes};
use crate::unread::{NotADocument, Unread, shorten};

/// The most operations of one document.
pub(crate) const MAX_OPERATIONS: usize = 5_000;
/// The most bytes of a summary or an id that are kept.
const TEXT_BYTES: usize = 200;
/// The methods of OpenAPI; `trace` is read only to be refused.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An operation as a document describes it.
#[derive(Debug)]
pub struct Described {
    /// `operationId`.
    pub operation_id: Option<String>,
    /// Its summary, or the title or description of a tool; cut to 200 bytes.
    pub summary: Option<String>,
    /// The HTTP method, upper case; of a catalog that of JSON-RPC, as in `tools/call`, and of a
    /// card `SendMessage`.
    pub method: String,
    /// The path template, behind the path of the server; of a catalog the name, the URI or the URI
    /// template, and of a card the id of the skill.
    pub template: String,
    /// What the caller must hold.
    pub scopes: Scopes,
    /// How much harm it can make.
    pub sensitivity: Sensitivity,
    /// Whether a person has to agree.
    pub approval: ApprovalRule,
    /// How many people, where they have to: one or two.
    pub approvers: u8,
    /// How often one agent may call it.
    pub limit: Option<Limit>,
    /// What a person should know of how it was read.
    pub remarks: Vec<String>,
    /// What a request has to fit.
    pub contract: Arc<Contract>,
    /// What of its answers is labelled.
    pub mask: Arc<Mask>,
    /// What of its bodies is labelled.
    pub body_mask: Arc<Mask>,
    /// What a catalog or a card says of it.
    pub(crate) definition: Option<Arc<Definition>>,
}

impl Described {
    /// The operation, as an API of this name has it; its scopes whether stated or not.
    pub fn operation(&self, api: &Arc<str>) -> Operation {
        Operation {
            api: Arc::clone(api),
            method: self.method.clone(),
            template: self.template.clone(),
            scopes: self.scopes.set().clone(),
            limit: self.limit,
            sensitivity: self.sensitivity,
            approval: self.approval,
            approvers: self.approvers,
        }
    }

    /// Method and template, with the names of parameters left out: what makes it the same operation
    /// in another version.
    pub(crate) fn key(&self) -> String {
        key(&self.method, &self.template)
    }
}

/// What makes an operation the same whatever its parameters are called; of a catalog, whose methods
/// have a slash, and of a card it is all of the name.
pub(crate) fn key(method: &str, template: &str) -> String {
    if method.contains('/') || a2a::METHODS.contains(&method) {
        return format!("{method} {template}");
    }
    let segments = template.split('/');
    let plain = segments.map(|it| if it.starts_with('{') { "{}" } else { it });
    format!("{method} {}", plain.collect::<Vec<_>>().join("/"))
}

/// All that was read of `paths`.
pub(crate) struct Read {
    pub(crate) operations: Vec<Described>,
    pub(crate) unread: Vec<Unread>,
    pub(crate) definitions: Definitions,
}

/// Reads every operation of a document.
pub(crate) fn read(root: &Value, dialect: Dialect) -> Result<Read, NotADocument> {
    let mut reading = Reading {
        root,
        schemas: Library::new(root, dialect),
        labelled: labels::any(root),
        parameters: BTreeMap::new(),
        known: BTreeSet::new(),
    };
    let mut read =
        Read { operations: Vec::new(), unread: Vec::new(), definitions: Definitions::new() };
    extension::refuse(root, "").map_err(NotADocument::Extension)?;
    for (path, item) in root.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let at = join("/paths", path);
        if !path.starts_with('/') {
            if !path.starts_with("x-") {
                read.unread.push(Unread::new(&at, "does not begin with a slash"));
            }
            continue;
        }
        match follow(root, item, &at) {
            Ok((item, at)) => reading.item(path, (item, &at), &mut read)?,
            Err(unread) => read.unread.push(unread),
        }
    }
    // In one order, whichever way the document has them.
    read.unread.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    read.operations.sort_by(|a, b| (&a.template, &a.method).cmp(&(&b.template, &b.method)));
    read.definitions = reading.schemas.into_definitions();
    Ok(read)
}

struct Reading<'a> {
    root: &'a Value,
    schemas: Library<'a>,
    labelled: bool,
    /// Parameters by where they stand: most are used many times.
    parameters: BTreeMap<String, Option<Arc<Parameter>>>,
    known: BTreeSet<String>,
}

impl<'a> Reading<'a> {
    fn item(
        &mut self,
        path: &str,
        (item, at): (&'a Value, &str),
        read: &mut Read,
    ) -> Result<(), NotADocument> {
        extension::refuse(item, at).map_err(NotADocument::Extension)?;
        for method in METHODS {
            let Some(given) = item.get(method) else { continue };
            if read.operations.len() == MAX_OPERATIONS {
                return Err(NotADocument::TooMany);
            }
            let at = join(at, method);
            let extension = OfOperation::read(given, &at).map_err(NotADocument::Extension)?;
            let given = Given { method, path, item, operation: given, at: &at };
            match self.operation(&given, extension) {
                Ok(described) => read.operations.push(described),
                Err(unread) => read.unread.push(unread),
            }
        }
        Ok(())
    }

    fn operation(&mut self, given: &Given<'a, '_>, said: OfOperation) -> Result<Described, Unread> {
        let method = given.method.to_ascii_uppercase();
        if method == "TRACE" {
            return Err(Unread::new(given.at, "is a method that is not served"));
        }
        let mut remarks = Vec::new();
        let template = format!("{}{}", self.server_path(given, &mut remarks)?, given.path);
        let scopes = match said.scopes {
            Some(scopes) => Scopes::Stated(scopes),
            None => scopes::read(self.root, given.operation, (&method, &template), &mut remarks),
        };
        let text = |key: &str| {
            given.operation.get(key).and_then(Value::as_str).map(|it| shorten(it, TEXT_BYTES))
        };
        let described = Described {
            operation_id: text("operationId"),
            summary: text("summary"),
            contract: Arc::new(self.contract(given, &template)?),
            mask: Arc::new(self.mask(given, &said.mask)?),
            body_mask: Arc::new(self.body_mask(given)?),
            method,
            template,
            scopes,
            sensitivity: said.sensitivity.unwrap_or_default(),
            approval: said.approval.unwrap_or_default(),
            approvers: said.approvers.unwrap_or(1),
            limit: said.limit,
            remarks,
            definition: None,
        };
        let operation = Arc::new(described.operation(&"".into()));
        Routes::new(&[operation]).map_err(|error| Unread::new(given.at, error))?;
        if !self.known.insert(described.key()) {
            return Err(Unread::new(given.at, "cannot be told from another operation"));
        }
        Ok(described)
    }

    fn contract(&mut self, given: &Given<'a, '_>, template: &str) -> Result<Contract, Unread> {
        let mut parameters: BTreeMap<(String, String), Option<Arc<Parameter>>> = BTreeMap::new();
        let places = [(given.item, given.at.rsplit_once('/').map_or("", |(item, _)| item))];
        for (holder, at) in places.into_iter().chain([(given.operation, given.at)]) {
            let at = join(at, "parameters");
            let listed = holder.get("parameters").and_then(Value::as_array).into_iter().flatten();
            for (number, parameter) in listed.enumerate() {
                let (parameter, at) =
                    follow(self.root, parameter, &join(&at, &number.to_string()))?;
                let text = |key: &str| {
                    parameter.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                parameters.insert((text("in"), text("name")), self.parameter(parameter, at)?);
            }
        }
        let names = template.strip_prefix('/').unwrap_or(template).split('/');
        let names = names.map(|it| Some(it.strip_prefix('{')?.strip_suffix('}')?.to_owned()));
        let body = given.operation.get("requestBody");
        let body = body.map(|body| {
            let (body, at) = follow(self.root, body, &join(given.at, "requestBody"))?;
            Body::read(body, &at, &mut self.schemas)
        });
        let segments: Vec<Option<String>> = names.collect();
        let applies = |it: &Arc<Parameter>| {
            it.place != Place::Path || segments.iter().flatten().any(|name| *name == it.name)
        };
        let parameters = parameters.into_values().flatten().filter(applies).collect();
        Ok(Contract { segments, parameters, body: body.transpose()?, ..Contract::default() })
    }

    fn parameter(&mut self, given: &Value, at: String) -> Result<Option<Arc<Parameter>>, Unread> {
        if let Some(known) = self.parameters.get(&at) {
            return Ok(known.clone());
        }
        let read = Parameter::read(self.root, given, &at, &mut self.schemas)?.map(Arc::new);
        self.parameters.insert(at, read.clone());
        Ok(read)
    }

    /// The labels of every JSON answer, whatever its status.
    fn mask(
        &self,
        given: &Given<'a, '_>,
        fields: &[(String, Vec<String>)],
    ) -> Result<Mask, Unread> {
        if !self.labelled && fields.is_empty() {
            return Ok(Mask::default());
        }
        let mut schemas = Vec::new();
        let at = join(given.at, "responses");
        let responses = given.operation.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let (response, at) = follow(self.root, response, &join(&at, status))?;
            schemas.extend(json_schemas(response, &at));
        }
        let made: Vec<Value> =
            fields.iter().map(|(label, steps)| labels::schema_of(label, steps)).collect();
        let at = join(&join(given.at, extension::KEY), "mask");
        let fields = made.iter().enumerate().map(|(n, it)| (join(&at, &n.to_string()), it));
        labels::read(self.root, schemas.into_iter().chain(fields).collect())
    }

    /// The labels of its JSON bodies.
    fn body_mask(&self, given: &Given<'a, '_>) -> Result<Mask, Unread> {
        let Some(body) = given.operation.get("requestBody").filter(|_| self.labelled) else {
            return Ok(Mask::default());
        };
        let (body, at) = follow(self.root, body, &join(given.at, "requestBody"))?;
        labels::read(self.root, json_schemas(body, &at).collect())
    }

    /// The path of the server that an operation is at (OpenAPI 3.1, section 4.8.5), of the nearest
    /// list of servers. Where they do not agree the first counts, and that is said.
    fn server_path(
        &self,
        given: &Given<'a, '_>,
        remarks: &mut Vec<String>,
    ) -> Result<String, Unread> {
        let servers = [given.operation, given.item, self.root]
            .into_iter()
            .find_map(|holder| holder.get("servers")?.as_array().filter(|it| !it.is_empty()));
        let paths: Vec<Option<String>> =
            servers.into_iter().flatten().map(path_of_server).collect();
        let Some(first) = paths.first() else { return Ok(String::new()) };
        let unreadable = || Unread::new(given.at, "is at a server whose path cannot be read");
        let first = first.clone().ok_or_else(unreadable)?;
        if paths.iter().any(|path| path.as_ref() != Some(&first)) {
            let of_first = if first.is_empty() { "/" } else { &first };
            remarks.push(format!("its servers differ; it is taken to be below `{of_first}`"));
        }
        Ok(first)
    }
}

/// The schemas by which a body may be JSON, and where they stand.
fn json_schemas<'a>(body: &'a Value, at: &str) -> impl Iterator<Item = (String, &'a Value)> {
    let at = join(at, "content");
    let contents = body.get("content").and_then(Value::as_object).into_iter().flatten();
    contents.filter_map(move |(media_type, media)| {
        let essence = crate::body::essence(media_type);
        let may_be_json = is_json(&essence) || essence.ends_with("/*");
        let schema = media.get("schema").filter(|_| may_be_json)?;
        Some((join(&join(&at, media_type), "schema"), schema))
    })
}

/// An operation where it stands.
struct Given<'a, 'b> {
    method: &'b str,
    path: &'b str,
    item: &'a Value,
    operation: &'a Value,
    at: &'b str,
}

/// The path of a server's address, without a slash at its end; variables have their defaults.
fn path_of_server(server: &Value) -> Option<String> {
    let mut url = server.get("url")?.as_str()?.to_owned();
    let variables = server.get("variables").and_then(Value::as_object).into_iter().flatten();
    for (name, variable) in variables {
        url = url.replace(&format!("{{{name}}}"), variable.get("default")?.as_str()?);
    }
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => url.strip_prefix('/')?,
    };
    let path = path.trim_end_matches('/');
    let odd = path.contains(['?', '#', '%', '{', '}', '\\']);
    let dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
    match (path.is_empty(), odd || dots) {
        (true, _) => Some(String::new()),
        (false, true) => None,
        (false, false) => Some(format!("/{path}")),
    }
}

#[cfg(test)]
#[path = "operation/tests.rs"]
mod tests;
