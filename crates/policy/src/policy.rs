//! One policy: its name, and what its annotations say it does.

use std::sync::Arc;

use cedar_policy::Effect;

use crate::reads::Reads;

/// The most bytes of an `@id`.
pub const MAX_ID_BYTES: usize = 64;
/// The most bytes of a `@reason`.
pub const MAX_REASON_BYTES: usize = 512;

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
        let mut marked =
            Self { id: "".into(), permits, reason: None, approvers: None, is_shadow: false, reads };
        for (name, value) in policy.annotations() {
            match name {
                "id" => id = Some(name_of(value)?),
                "reason" => marked.reason = Some(reason_of(value)?),
                "approval" => marked.approvers = Some(approvers_of(value, permits)?),
                "shadow" if value.is_empty() => marked.is_shadow = true,
                "shadow" => return Err("`@shadow` has no value".to_owned()),
                unknown => {
                    return Err(format!(
                        "`@{unknown}` is not known: there are @id, @reason, @approval and @shadow"
                    ));
                }
            }
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
