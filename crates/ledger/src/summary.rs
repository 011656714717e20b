//! What of a record it is found by, and what of it goes to the log line.

use std::borrow::Cow;

use serde::Deserialize;

/// The searched members of a record, borrowed from its text. A member that is absent there is
/// absent here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Summary<'a> {
    /// The record's id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// When the request arrived, RFC 3339.
    #[serde(borrow)]
    pub time: Cow<'a, str>,
    /// The proven agent.
    #[serde(borrow)]
    pub agent: Option<Agent<'a>>,
    /// The key that proved it.
    #[serde(borrow)]
    pub credential: Option<Cow<'a, str>>,
    /// The API that was asked.
    #[serde(borrow)]
    pub api: Option<Cow<'a, str>>,
    /// The operation that was named.
    #[serde(borrow)]
    pub operation: Option<Cow<'a, str>>,
    /// How the request ended.
    #[serde(borrow)]
    pub decision: Decision<'a>,
    /// What was answered.
    pub response: Option<Response>,
    /// How long it took.
    pub duration_us: Option<u64>,
}

/// The agent of a record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Agent<'a> {
    /// Its identifier.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
}

/// The decision of a record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Decision<'a> {
    /// How it ended.
    #[serde(borrow)]
    pub outcome: Cow<'a, str>,
    /// Why, when it was not allowed.
    #[serde(borrow)]
    pub code: Option<Cow<'a, str>>,
}

/// The response of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Response {
    /// The status, when one was sent.
    pub status: Option<u16>,
}

/// Why a text is not a record.
#[derive(Debug, thiserror::Error)]
#[error("the text is not a record")]
pub struct NotARecord(#[from] serde_json::Error);

impl<'a> Summary<'a> {
    /// Reads the summary of a record.
    pub fn read(record: &'a [u8]) -> Result<Self, NotARecord> {
        Ok(serde_json::from_slice(record)?)
    }
}
