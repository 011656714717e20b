//! Which labels the fields of an answer had, and which of them were kept back.

use crate::canonical;

/// The most labels that are kept of either kind, and the most bytes of one.
const MAX_LABELS: usize = 32;
const MAX_LABEL_BYTES: usize = 32;

/// The labels of an answer's fields.
#[derive(Debug, Clone, Copy, Default)]
pub struct Labels<'a> {
    /// Those whose values were kept back.
    pub masked: &'a [String],
    /// Those whose values went out.
    pub returned: &'a [String],
}

impl Labels<'_> {
    /// Appends the member, where there is any label, with a comma when something was written since
    /// `begun`.
    pub(super) fn write(&self, begun: usize, out: &mut Vec<u8>) {
        if self.masked.is_empty() && self.returned.is_empty() {
            return;
        }
        if out.len() > begun {
            out.push(b',');
        }
        out.extend_from_slice(b"\"labels\":{\"masked\":");
        list(self.masked, out);
        out.extend_from_slice(b",\"returned\":");
        list(self.returned, out);
        out.push(b'}');
    }
}

fn list(labels: &[String], out: &mut Vec<u8>) {
    out.push(b'[');
    for (place, label) in labels.iter().take(MAX_LABELS).enumerate() {
        if place > 0 {
            out.push(b',');
        }
        canonical::string(canonical::cut(label, MAX_LABEL_BYTES), out);
    }
    out.push(b']');
}
