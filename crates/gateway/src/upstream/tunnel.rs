//! Upgrades (RFC 9110, section 7.8), WebSocket above all: admitted like any request, then bytes in
//! both directions until either side ends. The record is closed when the tunnel is.

use bailiwick_domain::decision::Outcome;
use bailiwick_ledger::entry::Body as Recorded;
use bytes::Bytes;
use http::header::{CONNECTION, UPGRADE};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;

use super::answer::Answer;
use super::fields::rewrite_for_caller;
use super::pool::Answered;
use crate::check::record::{Ended, Receipt};
use crate::observed::Leave;

/// The protocol that an HTTP/1.1 request asks to change to.
pub(super) fn wanted(parts: &Parts) -> Option<HeaderValue> {
    let names_upgrade = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        text.split(',').any(|name| name.trim().eq_ignore_ascii_case("upgrade"))
    };
    let asks = parts.version == Version::HTTP_11
        && parts.headers.get_all(CONNECTION).iter().any(names_upgrade);
    parts.headers.get(UPGRADE).filter(|_| asks).cloned()
}

/// Asks the upstream for the same.
pub(super) fn ask(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

/// Joins the two connections. `caller` holds the caller's side, which is there to be had once the
/// answer returned here has been sent.
pub(super) fn open(leave: Leave, answered: Answered, caller: Extensions) -> Response<Answer> {
    let mut upstream = answered.response;
    let id = leave.receipt().id().to_string();
    let mut response = Response::new(Answer::whole(Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let mut headers = upstream.headers().clone();
    let protocol = headers.get(UPGRADE).cloned();
    rewrite_for_caller(&mut headers, &leave, &id);
    if let Some(protocol) = protocol {
        ask(&mut headers, protocol);
    }
    *response.headers_mut() = headers;
    let mut request = Request::new(());
    *request.extensions_mut() = caller;
    let receipt = leave.into_receipt();
    let (near, far) = (hyper::upgrade::on(request), hyper::upgrade::on(&mut upstream));
    tokio::task::spawn_local(async move {
        let (Ok(near), Ok(far)) = tokio::join!(near, far) else { return };
        let (mut near, mut far) = (TokioIo::new(near), TokioIo::new(far));
        let passed = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        close(receipt, passed.ok());
        drop(answered.connection);
    });
    response
}

fn close(mut receipt: Receipt, passed: Option<(u64, u64)>) {
    let outcome = if passed.is_some() { Outcome::Allowed } else { Outcome::Failed };
    let response = passed.map(|(_, bytes)| Recorded { bytes, digest: None });
    let status = Some(StatusCode::SWITCHING_PROTOCOLS.as_u16());
    receipt.close(Ended { outcome, code: None, status, request: None, response });
}
