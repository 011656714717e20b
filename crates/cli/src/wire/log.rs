//! Log lines: JSON on standard error.

use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::request_lines::{self, RequestLines};
use crate::ambient;
use crate::failure::Failure;

/// What is logged when `BAILIWICK_LOG` does not say.
const USUAL: &str = "info,sqlx=warn";

/// Begins logging as `BAILIWICK_LOG` asks: a level, or levels by module.
pub(crate) fn begin() -> Result<(), Failure> {
    let wanted = ambient::variable("BAILIWICK_LOG").unwrap_or_else(|| USUAL.to_owned());
    let filter = EnvFilter::builder().parse(&wanted).map_err(|error| {
        Failure::usage(format!("BAILIWICK_LOG: {error}"))
            .hint("write error, warn, info, debug or trace")
    })?;
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_filter(filter_fn(|it| it.target() != request_lines::TARGET));
    let requests = RequestLines::new(ambient::clock(), std::io::stderr());
    // A subscriber that is there already belongs to whoever runs this in process, and stays.
    let _ = tracing_subscriber::registry().with(filter).with(lines).with(requests).try_init();
    Ok(())
}
