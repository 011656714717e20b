//! What a signature says it covers, and how: an inner list with parameters (RFC 9421, section
//! 2.3), and its strict text as it goes into the base.

use std::ops::Range;

use bailiwick_domain::denial::Denial;
use sfv::{BareItemFromInput, ItemSerializer, KeyRef};

use super::component::Component;

/// The most components.
pub(super) const MAX_COMPONENTS: usize = 32;
/// The most components that are one part of something larger: each is looked for in all of it.
const MAX_PARTS: usize = 8;

/// What is signed: components and parameters, with their text.
#[derive(Debug, Clone, Default)]
pub(super) struct Input {
    /// The value of `@signature-params`: the inner list, strictly serialized in received order.
    pub(super) text: String,
    pub(super) components: Vec<Covered>,
    pub(super) parameters: Parameters,
}

/// A component, and where in the text its identifier stands.
#[derive(Debug, Clone)]
pub(super) struct Covered {
    pub(super) component: Component,
    pub(super) identifier: Range<usize>,
}

/// The parameters this product reads; all others count only by being signed.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters {
    pub(super) created: Option<i64>,
    pub(super) expires: Option<i64>,
    pub(super) nonce: Option<Box<str>>,
    pub(super) alg: Option<Box<str>>,
    pub(super) keyid: Option<Box<str>>,
    pub(super) tag: Option<Box<str>>,
}

/// An input while it is read.
#[derive(Default)]
pub(super) struct Reading<'de> {
    pub(super) label: Option<&'de str>,
    pub(super) input: Input,
    pub(super) refused: Option<Denial>,
    parts: usize,
}

/// Ends the parse; why is in the reading.
#[derive(Debug, thiserror::Error)]
#[error("refused")]
pub(super) struct Refused;

impl Reading<'_> {
    pub(super) fn refuse(&mut self, denial: Denial) -> Refused {
        self.refused = Some(denial);
        Refused
    }

    pub(super) fn malformed(&mut self, detail: &'static str) -> Refused {
        self.refuse(Denial::CredentialMalformed(detail))
    }

    pub(super) fn write_item(&mut self, item: &BareItemFromInput<'_>) {
        let _ = ItemSerializer::with_buffer(&mut self.input.text).bare_item(item).finish();
    }

    pub(super) fn write_parameter(&mut self, key: &KeyRef, value: &BareItemFromInput<'_>) {
        self.input.text.push(';');
        self.input.text.push_str(key.as_str());
        if value.as_boolean() != Some(true) {
            self.input.text.push('=');
            self.write_item(value);
        }
    }

    /// Adds the component whose identifier was written from `start` on.
    pub(super) fn cover(&mut self, component: Component, start: usize) -> Result<(), Refused> {
        if component.is_part() {
            self.parts = self.parts.saturating_add(1);
            if self.parts > MAX_PARTS {
                return Err(self.malformed("more than 8 components that are parts of another"));
            }
        }
        if self.input.components.iter().any(|covered| covered.component == component) {
            return Err(self.malformed("a component is covered twice"));
        }
        let identifier = start..self.input.text.len();
        self.input.components.push(Covered { component, identifier });
        Ok(())
    }
}
