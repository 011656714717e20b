//! What the gateway answers itself, where no API answers for these paths: `/healthz`, `/readyz` and
//! `/.well-known/erc8128`.

use bailiwick_domain::time::Timestamp;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode};

use crate::asked::Asked;
use crate::check::contact;
use crate::core::Gate;
use crate::upstream::answer::Answer;

/// The answer to a question about the gateway itself, if it is one. `/healthz`: the process serves.
/// `/readyz`: it would also admit somebody: it knows an issuer's keys, without which no token
/// verifies, remembers nonces from long enough ago to accept proofs, and is in touch with its
/// store.
pub(super) fn answer(asked: &Asked, gate: &Gate<'_>) -> Option<Response<Answer>> {
    let world = gate.world;
    let path = asked.target.path();
    let get = asked.parts.method == Method::GET || asked.parts.method == Method::HEAD;
    if !get || world.apis.find(asked.host(), path).is_some() {
        return None;
    }
    let ready = match path {
        "/.well-known/erc8128" if !gate.core.settings.wallets.chains.is_empty() => {
            return Some(describe_wallets(gate));
        }
        "/healthz" => true,
        "/readyz" => is_ready(asked.at(), gate),
        _ => return None,
    };
    let (status, text) = if ready {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    };
    let mut response = Response::new(Answer::whole(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    Some(response)
}

fn is_ready(now: Timestamp, gate: &Gate<'_>) -> bool {
    let (issuer, _) = gate.world.signing().at(now);
    !issuer.keys.is_empty() && gate.core.fast.is_ready(now) && contact::has_touch(gate.core, now)
}

/// Which accounts are taken (ERC-8128, section 7).
fn describe_wallets(gate: &Gate<'_>) -> Response<Answer> {
    let document = gate.core.settings.wallets.document().to_string();
    let mut response = Response::new(Answer::whole(Bytes::from(document)));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
