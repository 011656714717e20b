//! What of a record it is found by, and what of it goes to the log line.

use std::borrow::Cow;

use crate::members::{Malformed, Members, Value};

/// The searched members of a record, borrowed from its text. A member that is absent there is
/// absent here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary<'a> {
    /// The record's id.
    pub id: Cow<'a, str>,
    /// When the request arrived, RFC 3339.
    pub time: Cow<'a, str>,
    /// The proven agent.
    pub agent: Option<Agent<'a>>,
    /// The key that proved it.
    pub credential: Option<Cow<'a, str>>,
    /// The API that was asked.
    pub api: Option<Cow<'a, str>>,
    /// The operation that was named.
    pub operation: Option<Cow<'a, str>>,
    /// The grant that its token was issued out of.
    pub grant: Option<Cow<'a, str>>,
    /// For whom the agent acted.
    pub on_behalf_of: Option<Cow<'a, str>>,
    /// The task that it was for.
    pub task: Option<Cow<'a, str>>,
    /// How the request ended.
    pub decision: Decision<'a>,
    /// What was answered.
    pub response: Option<Response>,
    /// How long it took.
    pub duration_us: Option<u64>,
}

/// The agent of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent<'a> {
    /// Its identifier.
    pub id: Cow<'a, str>,
    /// Its name.
    pub name: Cow<'a, str>,
}

/// The decision of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// How it ended.
    pub outcome: Cow<'a, str>,
    /// Why, when it was not allowed.
    pub code: Option<Cow<'a, str>>,
    /// What it would have been, where it was only observed.
    pub would_be: Option<WouldBe<'a>>,
    /// The policies that led to it, and the shadows by which it would have been another.
    pub policies: Vec<Cow<'a, str>>,
}

/// A decision that was not enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WouldBe<'a> {
    /// How the request would have ended.
    pub outcome: Cow<'a, str>,
    /// The denial's code.
    pub code: Cow<'a, str>,
}

/// The response of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// The status, when one was sent.
    pub status: Option<u16>,
}

/// Why a text is not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a record")]
pub struct NotARecord;

impl From<Malformed> for NotARecord {
    fn from(_: Malformed) -> Self {
        Self
    }
}

impl<'a> Summary<'a> {
    /// Reads the summary of a record. Members that it does not have are stepped over.
    pub fn read(record: &'a [u8]) -> Result<Self, NotARecord> {
        std::str::from_utf8(record).map_err(|_| NotARecord)?;
        let mut read = Members::of(record)?;
        let (mut id, mut time, mut decision, mut agent) = (None, None, None, None);
        let (mut credential, mut api, mut operation) = (None, None, None);
        let (mut response, mut duration_us) = (None, None);
        let (mut grant, mut on_behalf_of, mut task) = (None, None, None);
        while let Some((name, value)) = read.next()? {
            match name {
                b"agent" => agent = Some(Agent::read(value)?),
                b"api" => api = Some(value.string()?),
                b"credential" => credential = Some(value.string()?),
                b"decision" => decision = Some(Decision::read(value)?),
                b"duration_us" => duration_us = Some(value.integer()?),
                b"grant" => grant = Some(value.string()?),
                b"id" => id = Some(value.string()?),
                b"on_behalf_of" => on_behalf_of = Some(value.string()?),
                b"operation" => operation = Some(value.string()?),
                b"response" => response = Some(Response::read(value)?),
                b"task" => task = Some(value.string()?),
                b"time" => time = Some(value.string()?),
                _ => {}
            }
        }
        let (Some(id), Some(time), Some(decision)) = (id, time, decision) else {
            return Err(NotARecord);
        };
        Ok(Self {
            id,
            time,
            agent,
            credential,
            api,
            operation,
            grant,
            on_behalf_of,
            task,
            decision,
            response,
            duration_us,
        })
    }
}

impl<'a> Agent<'a> {
    fn read(value: Value<'a>) -> Result<Self, NotARecord> {
        let mut read = value.members()?;
        let (mut id, mut agent) = (None, None);
        while let Some((name, value)) = read.next()? {
            match name {
                b"id" => id = Some(value.string()?),
                b"name" => agent = Some(value.string()?),
                _ => {}
            }
        }
        let (Some(id), Some(name)) = (id, agent) else { return Err(NotARecord) };
        Ok(Self { id, name })
    }
}

impl<'a> Decision<'a> {
    fn read(value: Value<'a>) -> Result<Self, NotARecord> {
        let mut read = value.members()?;
        let (mut outcome, mut code, mut would_be) = (None, None, None);
        let mut policies = Vec::new();
        while let Some((name, value)) = read.next()? {
            match name {
                b"outcome" => outcome = Some(value.string()?),
                b"code" => code = Some(value.string()?),
                b"policies" | b"shadow" => policies.extend(value.strings()?),
                b"would_be" => would_be = Some(WouldBe::read(value)?),
                _ => {}
            }
        }
        Ok(Self { outcome: outcome.ok_or(NotARecord)?, code, would_be, policies })
    }
}

impl<'a> WouldBe<'a> {
    fn read(value: Value<'a>) -> Result<Self, NotARecord> {
        let mut read = value.members()?;
        let (mut outcome, mut code) = (None, None);
        while let Some((name, value)) = read.next()? {
            match name {
                b"outcome" => outcome = Some(value.string()?),
                b"code" => code = Some(value.string()?),
                _ => {}
            }
        }
        let (Some(outcome), Some(code)) = (outcome, code) else { return Err(NotARecord) };
        Ok(Self { outcome, code })
    }
}

impl Response {
    fn read(value: Value<'_>) -> Result<Self, NotARecord> {
        let mut read = value.members()?;
        let mut status = None;
        while let Some((name, value)) = read.next()? {
            if name == b"status" {
                status = Some(u16::try_from(value.integer()?).map_err(|_| NotARecord)?);
            }
        }
        Ok(Self { status })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lacks_a_member_that_every_record_has_is_not_a_record() {
        let whole = concat!(
            r#"{"agent":{"id":"a","name":"n"},"decision":{"outcome":"o"},"id":"i","#,
            r#""response":{"status":200},"time":"t"}"#
        );
        Summary::read(whole.as_bytes()).unwrap();
        for gone in
            [r#""id":"a","#, r#","name":"n""#, r#""outcome":"o""#, r#","id":"i""#, r#","time":"t""#]
        {
            let text = whole.replace(gone, "");
            assert_eq!(Summary::read(text.as_bytes()), Err(NotARecord), "{text}");
        }
        let text = whole.replace("200", "70000");
        assert_eq!(Summary::read(text.as_bytes()), Err(NotARecord));
        assert_eq!(Summary::read(b"{\"id\":\"\xff\"}"), Err(NotARecord));
    }
}
