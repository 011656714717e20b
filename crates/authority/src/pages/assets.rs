//! `GET /assets/…`: what pages are styled with, under names that change with what they hold.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bailiwick_proof::opaque::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::refusal::Refusal;

/// A file that pages use.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Its path.
    pub(crate) path: String,
    kind: &'static str,
    text: &'static str,
}

/// How every page looks.
pub(crate) static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("bailiwick", "css", "text/css; charset=utf-8", include_str!("../../assets/page.css"))
});

/// What asks the browser for a passkey; on the pages that need it only.
pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let kind = "text/javascript; charset=utf-8";
    Asset::new("passkey", "js", kind, include_str!("../../assets/passkey.js"))
});

/// The sign that stands beside the name.
pub(crate) static MARK: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("mark", "svg", "image/svg+xml", include_str!("../../assets/mark.svg"))
});

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, text: &'static str) -> Self {
        let digest = URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()));
        let short = digest.get(..12).unwrap_or_default();
        Self { path: format!("/assets/{name}-{short}.{ending}"), kind, text }
    }
}

/// A file that pages use; its name never means another.
pub(crate) async fn show_asset(Path(name): Path<String>) -> Result<Response, Refusal> {
    let wanted = format!("/assets/{name}");
    let every: [&Asset; 3] = [&STYLESHEET, &MARK, &SCRIPT];
    let asset = every.into_iter().find(|asset| asset.path == wanted);
    let asset = asset.ok_or(Refusal::NotFound("file"))?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, asset.text).into_response())
}
