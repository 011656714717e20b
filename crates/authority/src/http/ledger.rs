//! `/ledger/…`: the ledger as anyone may read and verify it (C2SP tlog-tiles).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_ledger::checkpoint;
use bailiwick_store::sequencer::KEY_PATH;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::http::error::Problem;
use crate::http::read::Named;
use crate::refusal::Refusal;

const TEXT: &str = "text/plain; charset=utf-8";
const BINARY: &str = "application/octet-stream";
/// A tile never changes: a wider one has another name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const NEVER: &str = "no-cache";

/// The latest checkpoint: a signed note.
#[utoipa::path(
    get,
    path = "/ledger/checkpoint",
    tag = "ledger",
    responses(
        (status = 200, description = "A signed note", content_type = "text/plain"),
        (status = 404, description = "Nothing was recorded yet", body = Problem),
    ),
    security(())
)]
pub(crate) async fn show_checkpoint(
    State(authority): State<Authority>,
) -> Result<Response, Refusal> {
    serve(&authority, checkpoint::PATH.to_owned(), [TEXT, NEVER]).await
}

/// The key that checkpoints verify with. Compare it with one that came another way.
#[utoipa::path(
    get,
    path = "/ledger/key.pub",
    tag = "ledger",
    responses(
        (status = 200, description = "A verifier key", content_type = "text/plain"),
        (status = 404, description = "Nothing was recorded yet", body = Problem),
    ),
    security(())
)]
pub(crate) async fn show_key(State(authority): State<Authority>) -> Result<Response, Refusal> {
    serve(&authority, KEY_PATH.to_owned(), [TEXT, NEVER]).await
}

/// A tile of hashes, `<L>/<N>[.p/<W>]`, or a bundle of records, `entries/<N>[.p/<W>]`.
#[utoipa::path(
    get,
    path = "/ledger/tile/{*tile}",
    tag = "ledger",
    params(("tile" = String, Path, description = "Its path (C2SP tlog-tiles)")),
    responses(
        (status = 200, description = "The tile", content_type = "application/octet-stream"),
        (status = 404, description = "No such tile", body = Problem),
    ),
    security(())
)]
pub(crate) async fn show_tile(
    State(authority): State<Authority>,
    Named(tile): Named,
) -> Result<Response, Refusal> {
    serve(&authority, format!("tile/{tile}"), [BINARY, FOR_EVER]).await
}

async fn serve(
    authority: &Authority,
    name: String,
    [content_type, cache]: [&'static str; 2],
) -> Result<Response, Refusal> {
    let published = authority.published().clone();
    let read = tokio::task::spawn_blocking(move || published.file(&name)).await;
    let read = read.map_err(|_| Fault::Corrupt("a read of the ledger broke off"))?;
    let contents = read.map_err(Fault::File)?.ok_or(Refusal::NotFound("file of the ledger"))?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    Ok((headers, contents).into_response())
}
