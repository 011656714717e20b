//! One policy: its name, and what its annotations say it does.

use std::sync::Arc;

use cedar_policy::Effect;

use crate::reads::Reads;

/// The most bytes of an `@id`.
pub const MAX_ID_BYTES: usize = 64;
/// The most bytes of a `@reason`.
pub const MAX_REASON_BYTES: usize = 512;
/// The most labels of a `@mask`, and the most bytes of each.
const MAX_LABELS: usize = 16;
const MAX_LABEL_BYTES: usize = 32;

/// A policy, as answers and explanations name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `@id`: its name, unique in its set.
    pub id: Arc<str>,
    /// Whether it permits; otherwise it forbids.
    pub permits: bool,
    /// `@reason`: what a caller is told that it refuses.
    pub reason: Option<Arc<str>>,
    /// `@approval`: it forbids only until so many people have agreed.
    pub approvers: Option<u8>,
    /// `@mask`: it forbids nothing, and masks the fields of the answer that are labelled so.
    pub masks: Vec<Arc<str>>,
    /// `@shadow`: it is only reported on.
    pub is_shadow: bool,
    /// What it looks at.
    pub reads: Reads,
}

impl Policy {
    /// What the annotations of a policy say, or why they say nothing that there is.
    pub(crate) fn of(policy: &cedar_policy::Policy, reads: Reads) -> Result<Self, String> {
        let permits = policy.effect() == Effect::Permit;
        let mut id = None;
        let mut marked = Self {
            id: "".into(),
            permits,
            reason: None,
            approvers: None,
            masks: Vec::new(),
            is_shadow: false,
            reads,
        };
        for (name, value) in policy.annotations() {
            match name {
                "id" => id = Some(name_of(value)?),
                "reason" => marked.reason = Some(reason_of(value)?),
                "approval" => marked.approvers = Some(approvers_of(value, permits)?),
                "mask" => marked.masks = labels_of(value, permits)?,
                "shadow" if value.is_empty() => marked.is_shadow = true,
                "shadow" => return Err("`@shadow` has no value".to_owned()),
                unknown => {
                    return Err(format!(
                        "`@{unknown}` is not known: there are @id, @reason, @approval, @mask and \
                         @shadow"
                    ));
                }
            }
        }
        if !marked.masks.is_empty() && (marked.approvers.is_some() || marked.is_shadow) {
            return Err("`@mask` stands neither with `@approval` nor with `@shadow`".to_owned());
        }
        marked.id = id.ok_or("the policy has no name: write @id(\"…\") before it")?;
        Ok(marked)
    }
}

fn name_of(value: &str) -> Result<Arc<str>, String> {
    let plain =
        |byte: u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    if value.is_empty() || value.len() > MAX_ID_BYTES || !value.bytes().all(plain) {
        return Err(format!(
            "`@id` is 1 to {MAX_ID_BYTES} of the letters a-z and A-Z, digits, `_`, `.` and `-`"
        ));
    }
    Ok(value.into())
}

fn reason_of(value: &str) -> Result<Arc<str>, String> {
    if value.is_empty() || value.len() > MAX_REASON_BYTES || value.contains(char::is_control) {
        return Err(format!("`@reason` is one line of 1 to {MAX_REASON_BYTES} bytes"));
    }
    Ok(value.into())
}

fn approvers_of(value: &str, permits: bool) -> Result<u8, String> {
    match value {
        _ if permits => Err("`@approval` is for policies that forbid".to_owned()),
        "one" => Ok(1),
        "two" => Ok(2),
        _ => Err("`@approval` is \"one\" or \"two\"".to_owned()),
    }
}

fn labels_of(value: &str, permits: bool) -> Result<Vec<Arc<str>>, String> {
    if permits {
        return Err("`@mask` is for policies that forbid".to_owned());
    }
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
    let is_label =
        |label: &&str| (1..=MAX_LABEL_BYTES).contains(&label.len()) && label.bytes().all(plain);
    let labels: Vec<&str> = value.split(' ').collect();
    if labels.len() > MAX_LABELS || !labels.iter().all(is_label) {
        return Err(format!(
            "`@mask` is 1 to {MAX_LABELS} labels of a-z, 0-9, `_`, `.` and `-`, a space between"
        ));
    }
    Ok(labels.into_iter().map(Into::into).collect())
}
