//! The log lines of requests: as many as there are requests, so they are written without detours,
//! and to the output many at a time.
//!
//! The sequencer says them batch by batch, each batch in a span. What is said in one waits for its
//! end, or until it is much.

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use bailiwick_domain::time::Clock;
use bailiwick_ledger::canonical;
use tracing::field::{Field, Visit};
use tracing::span::Id;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The target of these lines and of the spans around them.
pub(super) const TARGET: &str = "request";

/// How many bytes may wait.
const MOST: usize = 64 << 10;

/// Writes them to some output.
pub(super) struct RequestLines<W> {
    clock: Clock,
    waiting: Mutex<Waiting<W>>,
}

struct Waiting<W> {
    lines: Vec<u8>,
    output: W,
}

impl<W: Write> RequestLines<W> {
    /// Writes them here.
    pub(super) fn new(clock: Clock, output: W) -> Self {
        Self { clock, waiting: Mutex::new(Waiting { lines: Vec::new(), output }) }
    }

    fn change(&self, change: impl FnOnce(&mut Waiting<W>)) {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<W: Write> Waiting<W> {
    /// Like any log line, one that cannot be written is lost.
    fn flush(&mut self) {
        let _ = self.output.write_all(&self.lines);
        self.lines.clear();
    }
}

impl<S, W> Layer<S> for RequestLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + 'static,
{
    fn on_event(&self, event: &Event<'_>, within: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() != TARGET {
            return;
        }
        let in_batch = within.event_span(event).is_some_and(|it| it.metadata().target() == TARGET);
        let now = self.clock.now();
        self.change(|waiting| {
            let out = &mut waiting.lines;
            out.extend_from_slice(b"{\"timestamp\":");
            canonical::instant(now, out);
            out.extend_from_slice(b",\"level\":");
            canonical::string(metadata.level().as_str(), out);
            event.record(&mut Members(out));
            out.extend_from_slice(b",\"target\":");
            canonical::string(TARGET, out);
            out.extend_from_slice(b"}\n");
            if !in_batch || out.len() >= MOST {
                waiting.flush();
            }
        });
    }

    fn on_exit(&self, span: &Id, within: Context<'_, S>) {
        if within.metadata(span).is_some_and(|it| it.target() == TARGET) {
            self.change(Waiting::flush);
        }
    }
}

/// Writes fields as members of an object.
struct Members<'a>(&'a mut Vec<u8>);

impl Members<'_> {
    fn name(&mut self, field: &Field) {
        self.0.push(b',');
        canonical::string(field.name(), self.0);
        self.0.push(b':');
    }
}

impl Visit for Members<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        canonical::string(value, self.0);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.name(field);
        // Writing to a vector cannot fail.
        let _ = write!(self.0, "{value}");
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        canonical::integer(value, self.0);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.name(field);
        let _ =
            if value.is_finite() { write!(self.0, "{value:?}") } else { write!(self.0, "null") };
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bailiwick_domain::time::Timestamp;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// What has been written, in pieces.
    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<String>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(say: impl FnOnce()) -> Vec<String> {
        let output = Output::default();
        let clock = Clock::new(|| Timestamp::from_seconds(1_700_000_000));
        let lines = RequestLines::new(clock, output.clone());
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::with_default(subscriber, say);
        output.0.lock().unwrap().clone()
    }

    #[test]
    fn a_line_is_one_object() {
        let operation: Option<&str> = None;
        let written = written(|| {
            tracing::info!(target: "request", agent = "a\"b", operation, status = 200_u16,
                duration_ms = 1.0);
        });
        let expected = concat!(
            r#"{"timestamp":"2023-11-14T22:13:20.000Z","level":"INFO","agent":"a\"b","#,
            r#""status":200,"duration_ms":1.0,"target":"request"}"#,
            "\n"
        );
        assert_eq!(written, [expected]);
    }

    #[test]
    fn the_lines_of_a_batch_are_written_together_and_others_left_alone() {
        let written = written(|| {
            let _span = tracing::info_span!(target: "request", "batch").entered();
            tracing::info!(target: "request", status = 200);
            tracing::info!("something else");
            tracing::info!(target: "request", status = 403);
        });
        let statuses: Vec<Vec<serde_json::Value>> = written
            .iter()
            .map(|piece| piece.lines().map(|it| serde_json::from_str(it).unwrap()).collect())
            .collect();
        let [batch] = &*statuses else { panic!("{written:?}") };
        let statuses: Vec<_> = batch.iter().map(|line| line["status"].as_i64()).collect();
        assert_eq!(statuses, [Some(200), Some(403)]);
    }
}
