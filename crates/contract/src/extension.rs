//! `x-bailiwick`: what a document says that OpenAPI has no words for. What is not understood is an
//! error, since it may be what keeps something out.

use bailiwick_domain::approval::MOST_APPROVERS;
use bailiwick_domain::limit::Limit;
use bailiwick_domain::operation::{ApprovalRule, Sensitivity};
use bailiwick_domain::scope::ScopeSet;
use serde_json::{Map, Value};

use crate::pointer::join;
use crate::unread::Unread;

/// The key of the extension.
pub(crate) const KEY: &str = "x-bailiwick";
/// The keys of an operation's.
const KNOWN: &str = "scopes, sensitivity, approval, approvers, limit, mask";
/// The longest label, in bytes.
const LABEL_BYTES: usize = 32;
/// The most fields one operation masks by their place.
const MAX_FIELDS: usize = 256;

/// What an operation says of itself.
#[derive(Debug, Default)]
pub(crate) struct OfOperation {
    pub(crate) scopes: Option<ScopeSet>,
    pub(crate) sensitivity: Option<Sensitivity>,
    pub(crate) approval: Option<ApprovalRule>,
    pub(crate) approvers: Option<u8>,
    pub(crate) limit: Option<Limit>,
    /// Fields of the answer, each a label and the steps to it; `*` is any member or element.
    pub(crate) mask: Vec<(String, Vec<String>)>,
}

impl OfOperation {
    /// Reads the extension of an operation.
    pub(crate) fn read(operation: &Value, at: &str) -> Result<Self, Unread> {
        Self::of(operation.get(KEY), &join(at, KEY))
    }

    /// Reads an extension, if there is one.
    pub(crate) fn of(extension: Option<&Value>, at: &str) -> Result<Self, Unread> {
        let mut read = Self::default();
        for (key, value) in members(extension, at)? {
            let place = join(at, key);
            let wrong = |expected: &str| Unread::new(&place, format!("has to be {expected}"));
            let text = value.as_str().unwrap_or_default();
            match key.as_str() {
                "scopes" => read.scopes = Some(scopes(value, &place)?),
                "sensitivity" => {
                    let words = "`public`, `internal`, `confidential` or `restricted`";
                    read.sensitivity = Some(text.parse().map_err(|_| wrong(words))?);
                }
                "approval" => {
                    let words = "`never`, `always` or `policy`";
                    read.approval = Some(text.parse().map_err(|_| wrong(words))?);
                }
                "approvers" => {
                    let count = value.as_u64().and_then(|count| u8::try_from(count).ok());
                    let fine = count.filter(|count| (1..=MOST_APPROVERS).contains(count));
                    read.approvers = Some(fine.ok_or_else(|| wrong("1 or 2"))?);
                }
                "limit" => {
                    let words = "a count and a period, as in `30/min`";
                    read.limit = Some(text.parse().map_err(|_| wrong(words))?);
                }
                "mask" => read.mask = mask(value, &place)?,
                _ => return Err(unknown(&place, KNOWN)),
            }
        }
        Ok(read)
    }
}

/// The label of a schema, if it has one.
pub(crate) fn label(schema: &Value, at: &str) -> Result<Option<String>, Unread> {
    let at = join(at, KEY);
    let mut label = None;
    for (key, value) in members(schema.get(KEY), &at)? {
        let place = join(&at, key);
        if key != "label" {
            return Err(unknown(&place, "label"));
        }
        label = Some(read_label(value.as_str().unwrap_or_default(), &place)?);
    }
    Ok(label)
}

/// Refuses an extension where it would mean nothing.
pub(crate) fn refuse(value: &Value, at: &str) -> Result<(), Unread> {
    match value.get(KEY) {
        None => Ok(()),
        Some(_) => Err(Unread::new(&join(at, KEY), "means nothing here: write it at an operation")),
    }
}

fn members<'a>(
    extension: Option<&'a Value>,
    at: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, Unread> {
    let members: Option<&Map<String, Value>> = match extension {
        None => None,
        Some(Value::Object(members)) => Some(members),
        Some(_) => return Err(Unread::new(at, "is not an object")),
    };
    Ok(members.into_iter().flatten())
}

fn scopes(value: &Value, at: &str) -> Result<ScopeSet, Unread> {
    let texts = value.as_array().and_then(|all| all.iter().map(Value::as_str).collect());
    let texts: Vec<&str> = texts.ok_or_else(|| Unread::new(at, "has to be a list of scopes"))?;
    let scopes = ScopeSet::from_texts(texts).map_err(|error| Unread::new(at, error))?;
    match scopes.iter().find(|scope| scope.is_broad()) {
        Some(broad) => Err(Unread::new(at, format!("has `{broad}`, which is broad"))),
        None => Ok(scopes),
    }
}

fn mask(value: &Value, at: &str) -> Result<Vec<(String, Vec<String>)>, Unread> {
    let wrong = |at: &str| {
        let form = "has to name fields by label, as in `{\"pii\": [\"/by\", \"/notes/*/by\"]}`";
        Unread::new(at, form)
    };
    let mut fields = Vec::new();
    for (label, pointers) in value.as_object().ok_or_else(|| wrong(at))? {
        let place = join(at, label);
        let label = read_label(label, &place)?;
        for pointer in pointers.as_array().ok_or_else(|| wrong(&place))? {
            let steps = pointer.as_str().and_then(|it| it.strip_prefix('/'));
            let steps = steps.ok_or_else(|| wrong(&place))?.split('/');
            let steps = steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
            fields.push((label.clone(), steps));
        }
    }
    if fields.len() > MAX_FIELDS {
        return Err(Unread::new(at, "names more fields than are read"));
    }
    Ok(fields)
}

/// A label is one segment of a scope, because `<label>:unmask` clears it.
fn read_label(text: &str, at: &str) -> Result<String, Unread> {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    let fine = !text.is_empty() && text.len() <= LABEL_BYTES && text.bytes().all(plain);
    let form = "has to be a label: at most 32 of a-z, 0-9, `_`, `.` and `-`";
    if fine { Ok(text.to_owned()) } else { Err(Unread::new(at, form)) }
}

fn unknown(at: &str, known: &str) -> Unread {
    Unread::new(at, format!("is not a key here; there are {known}"))
}
