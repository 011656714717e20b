//! An OpenAPI document, a catalog of what a server of MCP offers, or the card of an agent of A2A,
//! read once: its operations, and what of it could not be read.
//!
//! What cannot be read is not served. An operation any part of whose request cannot be understood
//! is among [`Document::unread`] and not among [`Document::operations`], since a check that leaves
//! out what it does not understand is none.

use std::sync::Arc;

use bailiwick_domain::api::Kind;
use serde_json::Value;

use crate::card::{self, Card, skills};
use crate::dialect::Dialect;
use crate::library::Definitions;
use crate::offer;
use crate::operation;
pub use crate::operation::Described;
pub use crate::scopes::Scopes;
use crate::source;
use crate::unread::shorten;
pub use crate::unread::{NotADocument, Unread};

/// The longest document, in bytes.
pub const MAX_BYTES: usize = source::MAX_BYTES;
/// The most operations of one document.
pub const MAX_OPERATIONS: usize = operation::MAX_OPERATIONS;
/// The most bytes of a title or version that are kept.
const TEXT_BYTES: usize = 120;

/// A document that was read.
#[derive(Debug)]
pub struct Document {
    /// What an API has to speak for this to describe it.
    pub kind: Kind,
    /// Its title, cut to 120 bytes.
    pub title: String,
    /// The version of the API it describes, as its author wrote it; cut to 120 bytes.
    pub version: String,
    /// What can be asked for.
    pub operations: Vec<Described>,
    /// What a server of MCP tells a model of how it is used.
    pub instructions: Option<String>,
    /// The card of an agent of A2A.
    pub card: Option<Arc<Card>>,
    /// What is not served because it could not be read.
    pub unread: Vec<Unread>,
    /// The schemas that those of operations refer to.
    pub(crate) definitions: Definitions,
}

impl Document {
    /// Reads OpenAPI 3.0 or 3.1, or a catalog of MCP, JSON or YAML, at most [`MAX_BYTES`]; or a
    /// card as [`Card::read`] does.
    ///
    /// Only references of the document to itself are followed. Extensions that are not understood
    /// are an error of the whole document.
    pub fn read(bytes: &[u8]) -> Result<Self, NotADocument> {
        let root = source::read(bytes)?;
        if root.get(offer::KEY).is_some() {
            return Self::read_catalog(&root);
        }
        if card::is_card(&root) {
            return Self::read_card(bytes, &root);
        }
        let openapi = root.get("openapi").and_then(Value::as_str).unwrap_or_default();
        let dialect = match openapi.split('.').take(2).collect::<Vec<_>>()[..] {
            ["3", "0"] => Dialect::OpenApi30,
            ["3", "1"] => Dialect::OpenApi31,
            _ => return Err(NotADocument::Version),
        };
        let of_info = |key: &str| {
            let text = root.get("info").and_then(|info| info.get(key)).and_then(Value::as_str);
            shorten(text.unwrap_or_default(), TEXT_BYTES)
        };
        let (title, version) = (of_info("title"), of_info("version"));
        let read = operation::read(&root, dialect)?;
        Ok(Self::new(Kind::Http, (title, version), read))
    }

    fn read_catalog(root: &Value) -> Result<Self, NotADocument> {
        let (title, version) = offer::server(root);
        let (title, version) = (shorten(title, TEXT_BYTES), shorten(version, TEXT_BYTES));
        let instructions = offer::instructions(root).map(str::to_owned);
        Ok(Self { instructions, ..Self::new(Kind::Mcp, (title, version), offer::read(root)?) })
    }

    fn read_card(bytes: &[u8], root: &Value) -> Result<Self, NotADocument> {
        let card = Some(Arc::new(Card::read(bytes).map_err(NotADocument::Card)?));
        let text = |key: &str| {
            shorten(root.get(key).and_then(Value::as_str).unwrap_or_default(), TEXT_BYTES)
        };
        let titled = (text("name"), text("version"));
        Ok(Self { card, ..Self::new(Kind::A2a, titled, skills::read(root)?) })
    }

    fn new(kind: Kind, (title, version): (String, String), read: operation::Read) -> Self {
        let operation::Read { operations, unread, definitions } = read;
        let (instructions, card) = (None, None);
        Self { kind, title, version, operations, instructions, card, unread, definitions }
    }
}
