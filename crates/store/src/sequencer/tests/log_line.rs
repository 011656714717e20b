//! What one request leaves in the log.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use bailiwick_domain::agent::Kind;
use bailiwick_domain::id::AgentId;
use bailiwick_ledger::entry::{AgentEntry, Decided};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::*;
use crate::sequencer::batch::Batch;
use crate::sequencer::bundle::Bundle;

/// Keeps the fields of every event as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Fields(Vec<String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push(format!("{field}={value:?}"));
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "request"
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0.join(" "));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn check(opening: &Opening<'_>, closing: &Closing<'_>, expected: &str) {
    let mut record = Vec::new();
    opening.write_whole(id(1), closing, &mut record);
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let mut batch = Batch::at(0, Bundle::default());
        batch.add(id(1), &record);
        batch.log();
    });
    assert_eq!(*lines.0.lock().unwrap(), [expected]);
}

#[test]
fn a_line_says_who_asked_for_what_and_how_it_ended() {
    let agent = AgentEntry {
        id: AgentId::from_bits(1),
        name: "summarizer",
        project: "default",
        owner: "support",
        kind: Kind::Copilot,
    };
    let opening = Opening { agent: Some(agent), operation: Some("GET /tickets/{id}"), ..opening() };
    let denied = Closing {
        code: Some("scope_missing"),
        decided: Decided::default(),
        status: Some(403),
        duration_us: 1_250,
        ..closing(Outcome::Denied)
    };
    let expected = "request_id=\"rec_00000000000000000000000001\" agent=\"summarizer\" \
                    operation=\"GET /tickets/{id}\" outcome=\"denied\" code=\"scope_missing\" \
                    status=403 duration_ms=1.25";
    check(&opening, &denied, expected);
}

#[test]
fn a_line_leaves_out_what_is_not_known() {
    let expected =
        "request_id=\"rec_00000000000000000000000001\" outcome=\"allowed\" duration_ms=0.009";
    check(&opening(), &closing(Outcome::Allowed), expected);
}
