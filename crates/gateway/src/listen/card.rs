//! The card of an agent behind the gateway (A2A 1.0, section 8.2), told before anybody is
//! identified: a client reads in it how to identify itself. It is the one that was accepted, and
//! the agent behind is not asked.

use bailiwick_domain::a2a::CARD_PATH;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::asked::Asked;
use crate::core::Gate;
use crate::speak::a2a::published::Published;
use crate::upstream::answer::Answer;

/// The card that is asked for; nothing when that is not the question, or there is none to be told.
pub(super) fn answer(asked: &Asked, gate: &Gate<'_>) -> Option<Response<Answer>> {
    if asked.parts.method != Method::GET && asked.parts.method != Method::HEAD {
        return None;
    }
    let path = asked.target.path();
    if !path.ends_with(CARD_PATH) {
        return None;
    }
    let routed = gate.world.apis.find(asked.host(), path)?;
    let remote = routed.remote.as_deref().filter(|_| routed.strip(path) == Some(CARD_PATH))?;
    let told = (&routed.api, routed.service.card()?);
    let published = remote.published(told, &gate.core.settings.issuer)?;
    Some(tell(published, asked.headers()))
}

fn tell(published: &Published, asked: &HeaderMap) -> Response<Answer> {
    let unchanged = asked.get(IF_NONE_MATCH).is_some_and(|known| *known == published.etag);
    let mut response = if unchanged {
        let mut response = Response::new(Answer::whole(bytes::Bytes::new()));
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Answer::whole(published.body.clone()))
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    if let Ok(etag) = HeaderValue::from_str(&published.etag) {
        headers.insert(ETAG, etag);
    }
    response
}
